"""What a loaded county must hold together: ground, people, numbers, duties, partitions, logins."""

from collections import Counter

import pytest
import shapely
from argon2 import PasswordHasher

from backend.app.demo.townships import TOWNSHIPS
from backend.customers.rules import id_check_digit
from backend.kernel.actor import Role
from backend.kernel.crypto import Keys
from backend.tasks.rules import MOVES
from tests.backend.demo.conftest import LoadedCounty
from tests.backend.demo.county import DAY, rows, value

pytestmark = pytest.mark.slow


def test_grids_share_the_ground_without_overlap(county: LoadedCounty) -> None:
    grids = rows(county.urls, "SELECT * FROM grid ORDER BY code")
    cells = [shapely.from_wkb(row["outline_wkb"]) for row in grids]
    assert all(shapely.is_valid(cells))
    whole = shapely.union_all(cells)
    assert abs(sum(cell.area for cell in cells) - whole.area) < whole.area * 1e-6
    assert isinstance(whole, shapely.Polygon)
    assert not whole.interiors
    assert {row["township"] for row in grids} <= set(TOWNSHIPS)
    names = [row["name"] for row in grids]
    assert len(set(names)) == len(names)
    for row, cell in zip(grids, cells, strict=True):
        assert cell.contains(shapely.Point(row["lon"], row["lat"]))
        assert 200_000 < row["area_m2"] < 40_000_000


def test_customers_lie_in_their_grid(county: LoadedCounty) -> None:
    cells = {
        row["id"]: shapely.from_wkb(row["outline_wkb"]) for row in rows(county.urls, "SELECT * FROM grid")
    }
    customers = rows(county.urls, "SELECT grid_id, lon, lat FROM customer WHERE lon IS NOT NULL")
    assert len(customers) > 2_000
    for row in customers:
        assert cells[row["grid_id"]].contains(shapely.Point(row["lon"], row["lat"]))


def test_numbers_belong_to_nobody(county: LoadedCounty) -> None:
    keys = Keys.load(county.settings.keys_dir)
    people = rows(
        county.urls,
        "SELECT i.person_id, i.number_sealed, i.number_index, p.birth_on, p.sex"
        " FROM person_identity i JOIN person p ON p.id = i.person_id",
    )
    seen = set()
    for row in people:
        number = keys.open_field(row["number_sealed"], f"id_number:{row['person_id']}")
        assert number.startswith("99")
        assert number[6:14] == f"{row['birth_on']:%Y%m%d}"
        assert int(number[16]) % 2 == (1 if row["sex"] == "m" else 0)
        assert id_check_digit(number[:17]) == number[17]
        assert row["number_index"] == keys.blind_index(number, "id_number")
        seen.add(number)
    assert len(seen) == len(people) > 8_000
    phones = {
        keys.open_field(row["phone_sealed"], f"phone:{row['person_id']}")
        for row in rows(county.urls, "SELECT * FROM person_contact")
    }
    assert len(phones) == value(county.urls, "SELECT count(*) FROM person_contact")
    assert all(len(phone) == 11 and phone.isdecimal() and phone.startswith("127") for phone in phones)


def test_no_nonce_is_used_twice(county: LoadedCounty) -> None:
    nonces = [
        bytes(row[0])
        for row in rows(
            county.urls,
            "SELECT substring(phone_sealed FROM 2 FOR 12) FROM person_contact"
            " UNION ALL SELECT substring(number_sealed FROM 2 FOR 12) FROM person_identity",
        )
    ]
    assert len(set(nonces)) == len(nonces)


def test_people_who_run_businesses_live_in_households(county: LoadedCounty) -> None:
    assert value(county.urls, "SELECT count(*) FROM customer WHERE kind = 'business'") == value(
        county.urls,
        "SELECT count(DISTINCT b.customer_id) FROM membership b JOIN customer c ON c.id = b.customer_id"
        " AND c.kind = 'business' JOIN membership h ON h.person_id = b.person_id AND h.in_household",
    )


def test_staff_of_all_roles_with_their_grids(county: LoadedCounty) -> None:
    roles = {row[0] for row in rows(county.urls, "SELECT DISTINCT role FROM staff")}
    assert roles == {role.value for role in Role} - {"system"}
    held = rows(
        county.urls,
        "SELECT s.role, count(*) AS n FROM grid_assignment a JOIN staff s ON s.id = a.staff_id"
        " WHERE a.to_on IS NULL GROUP BY s.id, s.role",
    )
    assert all(4 <= row["n"] <= 6 for row in held if row["role"] == "manager")
    assert all(1 <= row["n"] <= 3 for row in held if row["role"] == "agent")
    assert value(county.urls, "SELECT count(*) FROM grid_assignment WHERE to_on IS NOT NULL") > 0
    assert (
        value(
            county.urls,
            "SELECT count(*) FROM grid g JOIN grid_assignment a ON a.grid_id = g.id AND a.to_on IS NULL"
            " AND a.duty = 'responsible' WHERE a.staff_id = g.manager_id",
        )
        == value(county.urls, "SELECT count(*) FROM grid")
    )  # fmt: skip


def test_owners_follow_the_tier_and_books_the_owner(county: LoadedCounty) -> None:
    found: Counter[str] = Counter()
    for row in rows(
        county.urls,
        "SELECT c.*, p.tier, g.manager_id, s.role FROM customer c LEFT JOIN profile p ON p.customer_id = c.id"
        " LEFT JOIN grid g ON g.id = c.grid_id LEFT JOIN staff s ON s.id = c.owner_id",
    ):
        if row["grid_id"] is None:
            assert row["owner_id"] is None
            assert row["books"] == []
            found["unplaced"] += 1
        elif row["tier"] == "high_end":
            assert row["role"] in ("branch_head", "deputy_head")
            assert row["books"] == [f"grid:{row['grid_id']}", f"care:{row['owner_id']}"]
            found[row["role"]] += 1
        else:
            assert row["owner_id"] == row["manager_id"]
            assert row["books"] == [f"grid:{row['grid_id']}"]
    assert set(found) == {"unplaced", "branch_head", "deputy_head"}


def test_duties_keep_their_rhythm_and_stay_doable(county: LoadedCounty) -> None:
    duties = rows(
        county.urls,
        "SELECT d.*, p.visit_days, p.contact_days FROM duty d JOIN profile p ON p.customer_id ="
        " d.customer_id",
    )
    placed = value(county.urls, "SELECT count(*) FROM customer WHERE grid_id IS NOT NULL")
    assert len(duties) == 2 * placed
    for row in duties:
        rhythm = row["contact_days"] if row["duty_kind"] == "contact" else row["visit_days"]
        assert row["rhythm_days"] == rhythm
        assert -12 <= (row["due_on"] - DAY).days <= rhythm + 3
    overdue = sum(row["due_on"] < DAY for row in duties)
    assert 0 < overdue < 0.06 * len(duties)
    busiest = value(
        county.urls,
        "SELECT max(n) FROM (SELECT count(*) AS n FROM task WHERE state = 'open' AND duty_kind IS NOT NULL"
        " GROUP BY assignee_id, due_on) AS days",
    )
    assert busiest <= 30


def test_every_duty_has_its_task_and_every_task_its_way(county: LoadedCounty) -> None:
    assert (
        value(
            county.urls,
            "SELECT count(*) FROM duty d JOIN task t USING (customer_id, duty_kind, due_on) WHERE"
            " t.state = 'open'",
        )
        == value(county.urls, "SELECT count(*) FROM duty")
    )  # fmt: skip
    states = {row[0] for row in rows(county.urls, "SELECT DISTINCT state FROM task")}
    assert states == {"open", "submitted", "returned", "closed"}
    for row in rows(
        county.urls,
        "SELECT t.id, t.state, t.assignee_id, t.decided_by, v.staff_id, v.customer_id ="
        " t.customer_id AS same,"
        " array_agg(m.move ORDER BY m.at, CASE m.move WHEN 'close' THEN 1 ELSE 0 END) AS moves FROM task t"
        " JOIN task_move m ON m.task_id = t.id JOIN visit v ON v.id = t.evidence_id GROUP BY t.id, v.id",
    ):
        state = "open"
        for move in row["moves"]:
            assert state in MOVES[move].leaves
            state = MOVES[move].reaches.value
        assert state == row["state"]
        assert row["same"]
        assert row["staff_id"] == row["assignee_id"] != row["decided_by"]


def test_agents_have_work_that_agents_do(county: LoadedCounty) -> None:
    found = {
        (row["kind"], row["duty_kind"])
        for row in rows(
            county.urls,
            "SELECT DISTINCT t.kind, t.duty_kind FROM task t JOIN staff s ON s.id = t.assignee_id"
            " WHERE s.role = 'agent'",
        )
    }
    assert found == {("follow_up", "contact"), ("collection", None)}


def test_every_row_that_a_phone_holds_is_stamped(county: LoadedCounty) -> None:
    for kind, wanted in {
        "customer": "SELECT sum(cardinality(books)) FROM customer",
        "profile": "SELECT sum(cardinality(books)) FROM customer JOIN profile ON customer_id = id",
        "member": "SELECT sum(cardinality(books)) FROM customer c JOIN membership m ON m.customer_id = c.id",
        "record": "SELECT sum(cardinality(books)) FROM customer c JOIN file_record a ON a.customer_id = c.id",
        "visit": "SELECT sum(cardinality(books)) FROM customer c JOIN visit v ON v.customer_id = c.id",
        "task": "SELECT count(*) FROM task",
        "approval": "SELECT count(*) FROM task WHERE submitted_at IS NOT NULL",
        "staffer": "SELECT count(*) FROM staff",
        "product": "SELECT count(*) FROM product",
    }.items():
        stamped = value(county.urls, f"SELECT count(*) FROM sync_change WHERE kind = '{kind}' AND NOT gone")
        assert stamped == value(county.urls, wanted), kind
    # opportunities are raised by the product itself, once all of that is there
    raised = "SELECT book FROM sync_change WHERE kind = 'opportunity'"
    later = f"SELECT count(*) FROM sync_change WHERE revision <> 1 AND book NOT IN ({raised})"
    assert value(county.urls, later) == 0
    first = f"SELECT array_agg(DISTINCT revision) FROM sync_partition WHERE book NOT IN ({raised})"
    assert value(county.urls, first) == [1]
    assert (
        value(
            county.urls,
            "SELECT count(DISTINCT book) FROM sync_change WHERE book NOT IN (SELECT book FROM"
            " sync_partition)",
        )
        == 0
    )  # fmt: skip


def test_nobody_is_told_of_the_first_results(county: LoadedCounty) -> None:
    assert (
        value(county.urls, "SELECT count(*) FROM outbox_event WHERE name = 'strategy.profile_changed'") == 0
    )
    assert value(county.urls, "SELECT count(*) FROM inbox_item") == 0


def test_one_login_a_role_and_its_password_holds(county: LoadedCounty) -> None:
    assert [login.role for login in county.logins] == [role for role in Role if role is not Role.system]
    kept = {
        row["login"]: row["password_hash"]
        for row in rows(county.urls, "SELECT * FROM staff JOIN staff_secret ON staff_id = id")
    }
    assert set(kept) == {login.login for login in county.logins}
    manager = next(login for login in county.logins if login.login == "manager01")
    assert PasswordHasher().verify(kept["manager01"], manager.password)
    assert len({login.password for login in county.logins}) == len(county.logins)


def test_the_first_logins_work_together(county: LoadedCounty) -> None:
    people = {
        row["login"]: row
        for row in rows(county.urls, "SELECT * FROM staff WHERE login IN ('manager01', 'agent01', 'head01')")
    }
    assert len({row["branch_id"] for row in people.values()}) == 1
    shared = value(
        county.urls,
        "SELECT count(*) FROM grid_assignment m JOIN grid_assignment a USING (grid_id)"
        f" WHERE m.staff_id = '{people['manager01']['id']}' AND a.staff_id = '{people['agent01']['id']}'"
        " AND m.to_on IS NULL AND a.to_on IS NULL",
    )
    assert shared >= 1
    due = value(
        county.urls,
        f"SELECT count(*) FROM task WHERE assignee_id = '{people['manager01']['id']}' AND due_on <= '{DAY}'"
        " AND state = 'open'",
    )
    assert due >= 3


def test_village_evaluations_stand_at_every_step_for_those_whom_the_demo_signs_in_as(
    county: LoadedCounty,
) -> None:
    sessions = rows(
        county.urls,
        "SELECT s.id, h.login AS host, count(r.customer_id) AS opened, count(r.first_by) AS first,"
        " count(*) FILTER (WHERE r.current) AS settled FROM evaluation_session s"
        " JOIN grid g ON g.id = s.grid_id JOIN staff m ON m.id = g.manager_id AND m.login = 'manager01'"
        " JOIN staff h ON h.id = s.host_id LEFT JOIN evaluation_result r ON r.session_id = s.id"
        " GROUP BY s.id, h.login",
    )
    steps = {(row["opened"] > 0, row["first"] > 0, row["settled"] > 0) for row in sessions}
    assert steps == {
        (False, False, False),
        (True, False, False),
        (True, True, False),
        (True, True, True),
    }
    assert {row["host"] for row in sessions if not row["opened"]} == {"agent01"}
