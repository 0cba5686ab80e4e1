"""Names and kinds of grids, and who may hold them."""

import pytest

from backend.grids.rules import MAY_HOLD, Duty, GridKind, kind_of_name, kind_of_word, short_name
from backend.kernel.actor import Role


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("佛岭村村委会", "佛岭村"),
        ("白泉社区居委会", "白泉社区"),
        ("东风村委会", "东风村"),
        ("东风社区村委会", "东风社区"),
        ("新街居委会", "新街"),
        ("村委会", "村委会"),
        ("试验区", "试验区"),
        ("  佛岭村村委会 ", "佛岭村"),
    ],
)
def test_short_name_drops_the_committee(long: str, short: str) -> None:
    assert short_name(long) == short


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("白泉社区居委会", "421223100003", GridKind.community),
        ("新街居委会", "", GridKind.community),
        ("佛岭村村委会", "421223201201", GridKind.village),
        ("县工业园区", "", GridKind.industrial_park),
        ("某地", "421223100003", GridKind.community),
        ("某地", "421223100403", GridKind.community),
        ("某地", "421223100203", GridKind.village),
        ("某地", "", GridKind.village),
    ],
)
def test_kind_of_a_village_by_its_name_then_its_code(name: str, code: str, kind: GridKind) -> None:
    assert kind_of_name(name, code) is kind


def test_kind_words_in_both_languages() -> None:
    assert kind_of_word("商圈") is GridKind.market
    assert kind_of_word(" industrial_park ") is GridKind.industrial_park
    assert kind_of_word("湖泊") is None
    assert kind_of_word("") is None


def test_an_agent_holds_only_the_agents_duty() -> None:
    assert {duty for duty in Duty if Role.agent in MAY_HOLD[duty]} == {Duty.agent}
    assert all(MAY_HOLD[duty] for duty in Duty)
