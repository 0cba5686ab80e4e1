"""What the loader refuses of a figure over many customers, with file and line; and what it makes of one."""

import pytest

from backend.strategy.definitions import LEVELS
from backend.strategy.documents import CatalogueError, Problem, shipped_files
from backend.strategy.language.sql import POSTGRES
from backend.strategy.loader import load
from backend.strategy.population import statement

FILE = "frozen/test.yaml"
SOUND = """frozen:
  - name: place_test_fen
    zh: 测试
    en: Test
    explain: {zh: 测试。, en: A test.}
    unit: fen
    over: household
    where: deposits_fen > 0
    mean: deposits_fen
    by: [village, township]
    otherwise: usual_takings_fen
"""


def problems_of(files: dict[str, str]) -> list[Problem]:
    with pytest.raises(CatalogueError) as refused:
        load(files)
    return refused.value.problems


def test_a_sound_one_gives_the_figure_its_place_and_the_day() -> None:
    catalogue = load({**shipped_files(), FILE: SOUND})
    one = catalogue.frozen["place_test_fen"]
    assert one.levels == ("village", "township")
    assert set(one.reads) == {"deposits_fen", "kind"}
    assert catalogue.features["place_test_fen_level"].column.choices == {"village", "township"}
    assert "frozen_on" in catalogue.features


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (
            "mean: deposits_fen",
            "mean: place_takings_fen",
            "it reads place_takings_fen, which is frozen itself",
        ),
        ("mean: deposits_fen", "mean: beside_fen", "it reads beside_fen, and behind that place_takings_fen"),
        ("where: deposits_fen > 0", "where: frozen_on < as_of", "it reads frozen_on, which is frozen itself"),
        ("mean: deposits_fen", "mean: deposit_fen", "deposit_fen is not known here"),
        ("mean: deposits_fen", "mean: limit_fen", "limit_fen is not known here"),
        ("mean: deposits_fen", "mean: AVG(deposits_fen)", "is a frozen feature"),
        ("mean: deposits_fen", "mean: SUM(deposits_fen)", "stands only in a feature that reads a source"),
        ("where: deposits_fen > 0", "where: deposits_fen", "boolean is wanted here"),
        ("by: [village, township]", "by: [township, village]", "places stand narrowest first"),
        ("by: [village, township]", "by: [hamlet]", "hamlet is none of"),
        ("otherwise: usual_takings_fen", "otherwise: deposits_fen", "deposits_fen is not known here"),
        ("unit: fen", "unit: ratio", "so its name must end in _ratio"),
        ("over: household", "over: person", "person is none of"),
        ("mean: deposits_fen", "quantile: deposits_fen", "percent"),
        (
            "name: place_test_fen",
            "name: deposits_fen",
            "the name deposits_fen is taken",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(before: str, after: str, what: str) -> None:
    assert before in SOUND
    beside = "features:\n  - {name: beside_fen, zh: 旁, en: B, explain: {zh: 测试。, en: A test.}, unit: fen,"
    files = {**shipped_files(), FILE: SOUND.replace(before, after)}
    files["features/beside.yaml"] = f"{beside} value: place_takings_fen - 1}}\n"
    line = SOUND[: SOUND.index(before)].count("\n") + 1
    found = problems_of(files)
    told = [one for one in found if what in one.what]
    assert told, [str(one) for one in found]
    assert told[0].file == FILE
    assert told[0].line in (line, 2)


@pytest.mark.parametrize(
    "value",
    [
        "AVG(balance_fen)",
        "SUM(SUM(balance_fen)) OVER ()",
        "MAX(balance_fen) OVER (PARTITION BY account_kind)",
        "(SELECT MAX(balance_fen) FROM facts.account)",
        "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY balance_fen)",
    ],
)
def test_an_own_feature_reads_nobody_elses_rows(value: str) -> None:
    files = shipped_files()
    before = "value: SUM(balance_fen)"
    text = files["features/bank.yaml"]
    files["features/bank.yaml"] = text.replace(before, f'value: "{value}"', 1)
    line = text[: text.index(before)].count("\n") + 1
    (found,) = [one for one in problems_of(files) if one.file == "features/bank.yaml"]
    assert found.line == line
    assert "this customer's rows alone" in found.what


@pytest.mark.parametrize("name", ["frozen", "place"])
def test_what_holds_no_customers_rows_is_no_source(name: str) -> None:
    source = (
        f"sources:\n  - {{name: {name}, zh: 别家, en: Others, explain: {{zh: 测试。, en: A test.}},"
        " columns: [{name: amount, type: bigint}]}\n"
    )
    (found,) = problems_of({**shipped_files(), "sources/x.yaml": source})
    assert (found.file, found.line) == ("sources/x.yaml", 2)
    assert f"facts.{name} holds no customer's own rows" in found.what


@pytest.mark.parametrize("figure", ["freeze_every_months", "frozen_least_count"])
def test_nothing_is_frozen_without_the_figures_that_it_needs(figure: str) -> None:
    files = shipped_files()
    files["figures/frozen.yaml"] = files["figures/frozen.yaml"].replace(
        f"name: {figure}", f"name: x_{figure}"
    )
    assert any(one.what == f"what is frozen needs the figure {figure}" for one in problems_of(files))


def test_agents_see_no_event_that_follows_from_others_figures() -> None:
    files = shipped_files()
    event = files["events/beside_others.yaml"]
    files["events/beside_others.yaml"] = event.replace(
        "    owner: manager\n", "    owner: manager\n    agent_visible: true\n", 1
    )
    said = [one.what for one in problems_of(files)]
    assert any("it must not follow from frozen.place_deposits_upper_fen" in one for one in said), said


def test_a_models_score_stays_out_of_the_limit_by_way_of_many_too() -> None:
    files = shipped_files()
    files["sources/model.yaml"] = (
        "sources:\n  - {name: scored, zh: 模型, en: Model, explain: {zh: 测试。, en: A test.}, model: true,"
        " columns: [{name: points, type: bigint}]}\n"
        "features:\n  - {name: model_points, zh: 分, en: Points, explain: {zh: 测试。, en: A test.},"
        " unit: points, from: scored, value: MAX(points), otherwise: 0}\n"
    )
    income = files["frozen/income.yaml"]
    files["frozen/income.yaml"] = income.replace("where: income_year_fen > 0", "where: model_points > 0")
    said = [one.what for one in problems_of(files)]
    way = "score_points ← household_credit_income ← place_income_per_head_fen ← model_points ← scored"
    assert f"a model's score may not enter score_points: {way}" in said, said


def test_a_definition_is_another_once_anything_behind_it_is() -> None:
    """Else a catalogue would read figures that were worked out by other rules."""
    files = shipped_files()
    once = {name: one.definition for name, one in load(files).frozen.items()}
    files["tags/value.yaml"] = files["tags/value.yaml"].replace("Large depositor", "Depositor")
    assert {name: one.definition for name, one in load(files).frozen.items()} == once
    income = files["features/income.yaml"]
    files["features/income.yaml"] = income.replace("'income_migrant_fen', 'income_transfers_fen')", "'x')", 1)
    files["features/income.yaml"] = files["features/income.yaml"].replace("'x')", "'income_migrant_fen')", 1)
    other = {name: one.definition for name, one in load(files).frozen.items()}
    assert {name for name in once if other[name] != once[name]} == {"place_income_per_head_fen"}
    files["figures/frozen.yaml"] = files["figures/frozen.yaml"].replace("value: 10}", "value: 11}", 1)
    wider = {name: one.definition for name, one in load(files).frozen.items()}
    assert all(wider[name] != other[name] for name in once)


def test_the_statement_of_a_run_reads_facts_of_own_rows_only() -> None:
    catalogue = load(shipped_files())
    text = statement(catalogue.frozen.values(), POSTGRES)
    assert "facts.frozen" not in text
    assert text.count("UNION ALL") == len(LEVELS) - 1 + len(catalogue.frozen) - 1
