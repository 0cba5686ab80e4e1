"""The county follows the published tables to five points. Shares in per cent, rates per 100 households."""

import pytest

from backend.app.demo.marginals import (
    AGE,
    AT_HOME,
    FLAT_OWNERS,
    HOMES,
    HOUSEHOLD_SIZE,
    INCOME,
    INCOME_PER_HEAD_FEN,
    RURAL_60_PLUS,
    VEHICLES,
)
from tests.backend.demo.conftest import LoadedCounty
from tests.backend.demo.county import DAY, rows, value

pytestmark = pytest.mark.slow

POINTS = 5.0

HOUSEHOLDS_WITH_ASSETS = (
    "SELECT DISTINCT customer_id AS id FROM file_record JOIN customer c ON c.id = customer_id"
    " WHERE c.kind = 'household'"
)


def shares(county: LoadedCounty, query: str) -> dict[str, float]:
    """Per cent by label, of a query that gives labels and counts."""
    found = {row[0]: float(row[1]) for row in rows(county.urls, query)}
    return {label: 100 * count / sum(found.values()) for label, count in found.items()}


def near(figures: dict[str, float]) -> object:
    return pytest.approx(figures, abs=POINTS)


def test_the_tables_are_whole() -> None:
    for table in (HOUSEHOLD_SIZE, AGE, INCOME, HOMES):
        assert sum(table.figures.values()) == pytest.approx(100, abs=0.05)


def test_household_sizes(county: LoadedCounty) -> None:
    found = shares(
        county,
        "SELECT CASE WHEN n >= 6 THEN '6+' ELSE n::text END, count(*) FROM (SELECT count(*) AS n"
        " FROM membership"
        " WHERE in_household AND until_on IS NULL GROUP BY customer_id) AS sizes GROUP BY 1",
    )
    assert found == near(HOUSEHOLD_SIZE.figures)


def test_ages(county: LoadedCounty) -> None:
    found = shares(
        county,
        f"SELECT CASE WHEN a < 15 THEN '0-14' WHEN a < 60 THEN '15-59' ELSE '60+' END, count(*) FROM"
        f" (SELECT extract(year FROM age('{DAY}', birth_on)) AS a FROM person) AS ages GROUP BY 1",
    )
    assert found == near(AGE.figures)
    assert found["60+"] == pytest.approx(RURAL_60_PLUS, abs=POINTS)


def test_members_at_home(county: LoadedCounty) -> None:
    found = shares(
        county,
        "SELECT whereabouts, count(*) FROM membership"
        " WHERE in_household AND whereabouts IS NOT NULL GROUP BY 1",
    )
    assert set(found) == {"home", "away_work", "studying"}
    assert found["home"] == pytest.approx(AT_HOME, abs=POINTS)


def test_income_by_type(county: LoadedCounty) -> None:
    found = shares(
        county,
        "SELECT CASE WHEN field IN ('income_wages_fen', 'income_migrant_fen') THEN 'wages'"
        " WHEN field = 'income_transfers_fen' THEN 'transfers_and_property' ELSE 'business' END, sum(amount)"
        " FROM customer_value WHERE source = 'collected' AND field LIKE 'income%'"
        " AND field NOT LIKE '%expected%' GROUP BY 1",
    )
    assert found == near(INCOME.figures)


def test_income_per_head(county: LoadedCounty) -> None:
    found = value(
        county.urls,
        "WITH h AS (SELECT customer_id AS id, sum(amount) AS fen FROM customer_value"
        " WHERE source = 'collected' AND field LIKE 'income%' AND field NOT LIKE '%expected%'"
        " GROUP BY 1)"
        " SELECT sum(fen) / sum(member_count) FROM h JOIN customer c USING (id)",
    )
    assert float(found) == pytest.approx(INCOME_PER_HEAD_FEN, rel=0.1)


def test_homes(county: LoadedCounty) -> None:
    found = shares(
        county,
        "SELECT CASE WHEN n >= 3 THEN '3+' ELSE n::text END, count(*) FROM (SELECT h.id, count(a.id)"
        " AS n FROM"
        f" ({HOUSEHOLDS_WITH_ASSETS}) AS h LEFT JOIN file_record a ON a.customer_id = h.id"
        " AND a.kind = 'real_estate' GROUP BY 1) AS homes GROUP BY 1",
    )
    assert {"0": 0.0, "3+": 0.0} | found == near(HOMES.figures)
    flats = value(
        county.urls,
        "SELECT 100.0 * count(DISTINCT customer_id) FILTER (WHERE label = '商品房') / count(DISTINCT h.id)"
        f" FROM ({HOUSEHOLDS_WITH_ASSETS}) AS h LEFT JOIN file_record a ON a.customer_id = h.id",
    )
    assert float(flats) == pytest.approx(FLAT_OWNERS, abs=POINTS)


def test_vehicles(county: LoadedCounty) -> None:
    found = {
        row["kind"]: float(row["rate"])
        for row in rows(
            county.urls,
            "SELECT CASE WHEN label ~ '^(电动车|摩托车)' THEN 'two_wheeler' ELSE 'car' END AS kind, 100.0"
            " * sum(quantity)"
            f" / (SELECT count(*) FROM ({HOUSEHOLDS_WITH_ASSETS}) AS h) AS rate"
            " FROM file_record WHERE kind = 'vehicle' GROUP BY 1",
        )
    }
    assert found == near(VEHICLES.figures)


def test_one_business_to_twelve_households(county: LoadedCounty) -> None:
    found = {row[0]: row[1] for row in rows(county.urls, "SELECT kind, count(*) FROM customer GROUP BY 1")}
    assert sum(found.values()) == 2_500
    assert found["household"] / found["business"] == pytest.approx(12, abs=0.1)
