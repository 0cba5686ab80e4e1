"""The demo county has opportunities where its people work: raised by the product's rules, and few enough."""

from tests.backend.demo.conftest import LoadedCounty
from tests.backend.demo.county import rows, value


def test_the_first_branch_has_a_sensible_open_set(county: LoadedCounty) -> None:
    found = rows(
        county.urls,
        "SELECT o.customer_id, o.event, o.stage, o.priority, o.assignee_id, c.branch_id, c.books,"
        " (SELECT array_agg(s.step ORDER BY s.step) FROM opportunity_step s WHERE s.opportunity_id = o.id)"
        " AS steps FROM opportunity o JOIN customer c ON c.id = o.customer_id",
    )
    people = value(county.urls, "SELECT branch_id FROM staff WHERE login = 'manager01'")
    of_branch = value(county.urls, f"SELECT count(*) FROM customer WHERE branch_id = '{people}'")
    assert 20 <= len(found) <= of_branch / 3 + 1
    assert {one["branch_id"] for one in found} == {people}
    assert len({one["customer_id"] for one in found}) == len(found), "one of a customer"
    # what is a head's own to work on is nobody's yet
    assert {(one["stage"], tuple(one["steps"])) for one in found} <= {
        ("assigned", ("assign", "raise", "screen")),
        ("screened", ("raise", "screen")),
    }
    assert sum(one["stage"] == "assigned" for one in found) > len(found) / 2
    assert max(one["priority"] for one in found) <= 2
    assert len({one["event"] for one in found}) >= 2
    # those without a place are on no phone
    assert value(
        county.urls, "SELECT count(DISTINCT row_id) FROM sync_change WHERE kind = 'opportunity'"
    ) == sum(bool(one["books"]) for one in found)
