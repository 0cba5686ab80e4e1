"""The life of an opportunity as a table of steps, and which of those noted are taken up. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar


class Stage(StrEnum):
    """Where an opportunity stands.

    `raised`: noted, and waits for room: a customer has only so many open. `screened`: taken up, nobody keeps
    the customer. `lapsed`: its event ceased to hold before anybody had begun. `expired`: its days were over.
    """

    raised = "raised"
    screened = "screened"
    assigned = "assigned"
    contacted = "contacted"
    followed = "followed"
    won = "won"
    lost = "lost"
    reviewed = "reviewed"
    expired = "expired"
    lapsed = "lapsed"


class By(StrEnum):
    """Who is responsible for a step: the rule itself, who works on it, or a head of the branch."""

    rule = "rule"
    keeper = "keeper"
    head = "head"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the life: the stages it leaves, the one it reaches, who takes it."""

    name: str
    leaves: frozenset[Stage]
    reaches: Stage
    by: By


#: nobody has begun
UNTOUCHED = frozenset({Stage.raised, Stage.screened, Stage.assigned})
#: takes one of the customer's places
OPEN = frozenset({Stage.screened, Stage.assigned, Stage.contacted, Stage.followed})
LIVING = OPEN | {Stage.raised}
CLOSED = frozenset({Stage.won, Stage.lost})
#: the clock or the rule ended it; whoever had done something all the same may still say what came of it
ENDED = frozenset({Stage.expired, Stage.lapsed})

STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Step("screen", frozenset({Stage.raised}), Stage.screened, By.rule),
        Step("assign", frozenset({Stage.screened}), Stage.assigned, By.rule),
        Step("contact", frozenset({Stage.screened, Stage.assigned}), Stage.contacted, By.keeper),
        Step("follow", OPEN, Stage.followed, By.keeper),
        Step("win", OPEN | ENDED, Stage.won, By.keeper),
        Step("lose", OPEN | ENDED, Stage.lost, By.keeper),
        Step("reopen", CLOSED, Stage.followed, By.keeper),
        Step("review", CLOSED, Stage.reviewed, By.head),
        Step("expire", LIVING, Stage.expired, By.rule),
        Step("lapse", UNTOUCHED, Stage.lapsed, By.rule),
    )
}
#: what a person on the phone may do
TAKEN = ("contact", "follow", "win", "lose", "reopen")
#: why nothing came of it
REASONS = ("not_needed", "elsewhere", "terms", "later", "unreachable", "unfit")


class Verdict(StrEnum):
    """What becomes of a step that somebody took, perhaps hours ago."""

    taken = "taken"
    #: others were further meanwhile: it is noted and changes nothing
    behind = "behind"
    #: it contradicts what stands
    against = "against"


def judged(step: str, stage: str) -> Verdict:
    """Whether a step is taken from a stage. Contacts and follow-ups never contradict anything."""
    now = Stage(stage)
    if now in STEPS[step].leaves:
        return Verdict.taken
    if step in ("contact", "follow") or STEPS[step].reaches == now:
        return Verdict.behind
    return Verdict.against


@dataclass(frozen=True, slots=True)
class Kind:
    """What an event says of the opportunities it raises. `priority`: 1 first, 5 last. It stands `valid_days`
    and is not raised again within `again_days` of being raised. `owner`: the role that works on it."""

    name: str
    dimension: str
    product: str | None
    priority: int
    valid_days: int
    again_days: int
    owner: str
    agent_visible: bool

    def valid_until(self, on: date) -> date:
        """The last day of one raised on a day."""
        return on + timedelta(days=self.valid_days - 1)


LIMIT_RAISED = Kind("limit_raised", "customer_value", "loan", 2, 60, 0, "manager", False)
"""A limit that rises: the one event that is a change of the result itself and no condition of the
catalogue."""


class Noted(Protocol):
    """An opportunity as far as the choice among several looks at it."""

    @property
    def stage(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def raised_on(self) -> date: ...
    @property
    def valid_until(self) -> date: ...
    @property
    def event(self) -> str: ...


_Noted = TypeVar("_Noted", bound=Noted)

#: up to this priority
URGENT = 1


def urgent(one: Noted) -> bool:
    """Whether it has a share of the day apart from the others'."""
    return one.priority <= URGENT


def in_turn(noted: Iterable[_Noted], today: date) -> list[_Noted]:
    """Those that wait and whose days are not over, as they are to be taken up: by priority, then the older
    ones."""
    waiting = [one for one in noted if one.stage == Stage.raised and one.valid_until >= today]
    return sorted(waiting, key=lambda one: (one.priority, one.raised_on, one.event))


def room(noted: Iterable[Noted], most: int) -> int:
    """How many more of a customer's may be open."""
    return max(0, most - sum(one.stage in OPEN for one in noted))


def rests(kind: Kind, raised_on: Iterable[date], today: date) -> bool:
    """Whether it was raised so lately that it is not raised again."""
    return any((today - one).days < kind.again_days for one in raised_on)


def risen(before_fen: int | None, now_fen: int, least_fen: int) -> bool:
    """Whether a limit rose by enough to speak of. A first result is no rise."""
    return before_fen is not None and now_fen - before_fen >= max(1, least_fen)
