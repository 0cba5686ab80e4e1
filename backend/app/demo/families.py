"""Invented families: who lives in a household, how old, where, what they do.

Sizes follow `marginals.HOUSEHOLD_SIZE`; the compositions and their weights are made up so that the ages
come out as `marginals.AGE` and the share of members at home as `marginals.AT_HOME`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from backend.app.demo.marginals import HOUSEHOLD_SIZE
from backend.app.demo.names import Namer
from backend.app.demo.seeded import Stream

HOME, AWAY, STUDYING = "home", "away_work", "studying"

# a household's people in letters: H head, S spouse, C child, D child's spouse, G grandchild, P parent;
# then its weight among households of that size, and the head's youngest and oldest age
_SHAPES: dict[int, tuple[tuple[str, float, int, int], ...]] = {
    1: (("H", 0.52, 62, 88), ("H", 0.48, 30, 61)),
    2: (("HS", 0.47, 60, 86), ("HS", 0.29, 42, 59), ("HC", 0.24, 30, 58)),
    3: (("HSC", 0.76, 26, 60), ("HSP", 0.13, 40, 58), ("HSG", 0.11, 57, 70)),
    4: (("HSCC", 0.43, 28, 54), ("HSCP", 0.24, 34, 56), ("HSCD", 0.20, 50, 70), ("HSCG", 0.13, 50, 68)),
    5: (("HSCCP", 0.38, 32, 54), ("HSCDG", 0.44, 48, 70), ("HSCPP", 0.18, 34, 56)),
    6: (("HSCDGG", 0.64, 50, 69), ("HSCCPP", 0.36, 33, 52)),
    7: (("HSCDGGP", 0.62, 50, 62), ("HSCCCPP", 0.38, 36, 50)),
    8: (("HSCDCGGP", 1.0, 50, 62),),
}

_RELATIONS = {"H": "head", "S": "spouse", "C": "child", "D": "other", "G": "other", "P": "parent"}

# of the households of six and more people
_LARGE = {6: 0.66, 7: 0.23, 8: 0.11}

_FARM_WORK = ("务农", "水稻种植", "茶叶种植", "蔬菜种植", "养殖")
_LOCAL_WORK = ("镇上务工", "建筑工", "茶厂工人", "驾驶员", "商店店员", "教师", "村医", "村干部", "电工")
_AWAY_WORK = ("外地务工", "建筑工", "工厂工人", "外卖骑手", "餐饮", "驾驶员", "家政")


@dataclass(slots=True)
class Member:
    """One person of a household. `works`: farm, wages, trade, or nothing that pays."""

    relation: str
    name: str
    sex: str
    born: date
    age: int
    whereabouts: str
    education: str
    occupation: str | None
    works: str | None


@dataclass(slots=True)
class Family:
    """A household's people, the head first."""

    members: list[Member]

    @property
    def head(self) -> Member:
        return self.members[0]

    def working(self, kind: str, *, at: str | None = None) -> int:
        """How many members work for `kind`, (of those who are `at` a whereabouts)."""
        return sum(1 for one in self.members if one.works == kind and (at is None or one.whereabouts == at))


def size_weights() -> dict[int, float]:
    """Weights of the sizes 1 to 8: the published classes, the open one shared out."""
    published = HOUSEHOLD_SIZE.figures
    known = {size: published[str(size)] for size in range(1, 6)}
    return known | {size: published["6+"] * share for size, share in _LARGE.items()}


class Families:
    """Makes families."""

    def __init__(self, namer: Namer, today: date) -> None:
        self._namer = namer
        self._today = today
        self._sizes = size_weights()

    def make(self, stream: Stream) -> Family:
        size = stream.pick(self._sizes)
        shapes = _SHAPES[size]
        letters, _, youngest, oldest = stream.choices(shapes, [shape[1] for shape in shapes])[0]
        ages = _ages(stream, letters, stream.randint(youngest, oldest))
        surname = self._namer.surname(stream)
        couple = "S" in letters
        head_sex = "m" if stream.chance(0.86 if couple else 0.58) else "f"
        members: list[Member] = []
        parents = 0
        child_sex = "m"
        for letter, age in zip(letters, ages, strict=True):
            if letter == "H":
                sex = head_sex
            elif letter == "S":
                sex = _other(head_sex)
            elif letter == "P":
                sex = ("f" if stream.chance(0.66) else "m") if parents == 0 else _other(members[-1].sex)
                parents += 1
            elif letter == "D":
                sex = _other(child_sex)
            elif letter == "C" and "D" in letters:
                # the married child who stays is mostly a son
                sex = child_sex = "m" if stream.chance(0.85) else "f"
            else:
                sex = "m" if stream.chance(0.525) else "f"
            takes_name = letter in "HCG" or (letter == "P" and sex == "m")
            members.append(self._member(stream, letter, age, sex, surname if takes_name else None))
        return Family(members)

    def _member(self, stream: Stream, letter: str, age: int, sex: str, surname: str | None) -> Member:
        born = self._born(stream, age)
        family_name = surname or self._namer.surname(stream)
        whereabouts = _whereabouts(stream, letter, age)
        works = _works(stream, age, whereabouts)
        return Member(
            relation=_RELATIONS[letter],
            name=family_name + self._namer.given(stream, born.year, sex),
            sex=sex,
            born=born,
            age=age,
            whereabouts=whereabouts,
            education=_education(stream, age),
            occupation=_occupation(stream, age, whereabouts, works),
            works=works,
        )

    def _born(self, stream: Stream, age: int) -> date:
        """A birth date of somebody who is `age` years old today."""
        try:
            birthday = self._today.replace(year=self._today.year - age)
        except ValueError:  # 29 February
            birthday = self._today.replace(year=self._today.year - age, day=28)
        return birthday - timedelta(days=stream.randint(0, 364))


def _other(sex: str) -> str:
    return "f" if sex == "m" else "m"


def _ages(stream: Stream, letters: str, head: int) -> list[int]:
    ages: list[int] = []
    child = grandchild = -1
    for letter in letters:
        if letter == "H":
            age = head
        elif letter == "S":
            age = max(20, head + stream.randint(-5, 2))
        elif letter == "P":
            age = min(96, head + stream.randint(21, 29))
        elif letter == "D":
            age = max(20, child + stream.randint(-4, 2))
        elif letter == "C":
            age = child - stream.randint(2, 7) if child >= 0 else head - stream.randint(22, 29)
            child = age = max(0, age)
            if "D" in letters:
                child = age = max(22, age)
        else:
            parent = child if child >= 0 else head - 25
            age = grandchild - stream.randint(2, 6) if grandchild >= 0 else parent - stream.randint(22, 28)
            grandchild = age = max(0, age)
        ages.append(age)
    return ages


def _whereabouts(stream: Stream, letter: str, age: int) -> str:
    if 15 <= age <= 22 and stream.chance(0.62 if age <= 18 else 0.42):
        return STUDYING
    if not 17 <= age <= 60:
        return HOME
    share = {"H": 0.21, "S": 0.13, "C": 0.55, "D": 0.36, "G": 0.45, "P": 0.02}[letter]
    if age > 50:
        share *= 0.55
    return AWAY if stream.chance(share) else HOME


def _works(stream: Stream, age: int, whereabouts: str) -> str | None:
    if whereabouts == AWAY:
        return "wages"
    if whereabouts == STUDYING or not 18 <= age <= 74:
        return None
    if age > 62:
        return "farm" if stream.chance(0.6) else None
    draw = stream.random()
    if draw < 0.36:
        return "wages"
    if draw < 0.45:
        return "trade"
    return "farm" if draw < 0.92 else None


def _education(stream: Stream, age: int) -> str:
    if age < 6:
        return "none"
    if age < 12:
        return "primary"
    if age < 16:
        return "junior"
    if age < 19:
        return "senior"
    if age < 36:
        return stream.pick({"junior": 0.38, "senior": 0.27, "college": 0.33, "primary": 0.02})
    if age < 56:
        return stream.pick({"primary": 0.20, "junior": 0.58, "senior": 0.16, "college": 0.06})
    return stream.pick({"none": 0.14, "primary": 0.50, "junior": 0.28, "senior": 0.08})


def _occupation(stream: Stream, age: int, whereabouts: str, works: str | None) -> str | None:
    if whereabouts == STUDYING or 6 <= age < 16:
        return "学生"
    if works == "farm":
        return stream.choice(_FARM_WORK)
    if works == "trade":
        return "个体经营"
    if works == "wages":
        return stream.choice(_AWAY_WORK if whereabouts == AWAY else _LOCAL_WORK)
    return None
