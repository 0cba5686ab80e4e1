"""Which household a typed name means: examples, and what is never taken for granted."""

from uuid import UUID

import pytest

from backend.customers.names import pinyin_of
from backend.visits.matching import Asked, Candidate, How, match, patterns, plain

HERE = (114.0, 29.5)
#: 0.01 degrees of latitude are some 1,112 m
NORTH = 0.01


def household(
    n: int, name: str, place: str = "铜钟镇 大湾村 二组", away: float = 0.0, *people: str
) -> Candidate:
    return Candidate(UUID(int=n), (name, *people), pinyin_of(name)[0], place, HERE[0], HERE[1] + away * NORTH)


def asked(name: str, place: str = "", point: tuple[float, float] | None = None) -> Asked:
    return Asked(plain(name), pinyin_of(plain(name))[0], place, point, 500)


WANG = household(1, "汪德海")


@pytest.mark.parametrize(
    ("question", "candidates", "meant", "how"),
    [
        (asked("汪德海"), [WANG], 1, How.exact),
        (asked(" 汪德海 家"), [WANG], 1, How.exact),
        (asked("汪小海"), [household(1, "汪德海", "二组", 0, "汪小海")], 1, How.exact),
        (asked("汪德海"), [WANG, household(2, "汪德海", "铜钟镇 小湾村 五组")], None, None),
        (asked("汪德海", "小湾"), [WANG, household(2, "汪德海", "铜钟镇 小湾村 五组")], 2, How.exact),
        (asked("汪德海", "", HERE), [WANG, household(2, "汪德海", away=2)], 1, How.exact),
        # the only one of the name, but the phone stood far from it
        (asked("汪德海", "", HERE), [household(1, "汪德海", away=6)], None, None),
        (asked("汪德海", "大湾", HERE), [household(1, "汪德海", away=6)], 1, How.exact),
        # by its sound, or one character off: only with the place or the point
        (asked("王德海"), [WANG], None, None),
        (asked("王德海", "大湾村"), [WANG], 1, How.pinyin),
        (asked("汪德山", "", HERE), [WANG], 1, How.fuzzy),
        (asked("汪德海生", "大湾"), [WANG], 1, How.fuzzy),
        (asked("汪德山", "大湾"), [WANG, household(2, "汪德河")], None, None),
        # an exact one at another place is not passed over for one that merely sounds so here
        (asked("王德海", "大湾"), [household(1, "王德海", "小湾", 9), WANG], 1, How.exact),
        (asked("汪海", "大湾"), [household(1, "汪洋")], None, None),
        (asked("覃某", "大湾"), [WANG], None, None),
    ],
)
def test_examples(question: Asked, candidates: list[Candidate], meant: int | None, how: How | None) -> None:
    found = match(question, candidates)
    assert (found.customer_id, found.how) == (UUID(int=meant) if meant else None, how)


def test_the_likeliest_are_offered_first_and_strangers_not_at_all() -> None:
    names = [household(3, "汪德山"), household(2, "王德海"), household(1, "汪德海"), household(4, "李四")]
    assert [one.int for one in match(asked("汪德海", "山那边"), names).offered] == [1, 2, 3]


def test_what_was_typed_is_no_pattern() -> None:
    assert plain("汪_德%海") == "汪德%海"
    assert r"汪德\%海" in patterns("汪德%海")
    assert all("汪海" in one or one == "汪海" for one in patterns("汪海"))
