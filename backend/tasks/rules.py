"""Pure rules of tasks: the table of states and moves, rhythms, who may decide."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class TaskKind(StrEnum):
    """Kinds of task (domain words: 回访 攻关 建档 商机 营销 下达 预警)."""

    follow_up = "follow_up"
    to_win = "to_win"
    collection = "collection"
    opportunity = "opportunity"
    campaign = "campaign"
    assigned = "assigned"
    warning = "warning"


class State(StrEnum):
    """States of a task's life."""

    open = "open"
    in_progress = "in_progress"
    submitted = "submitted"
    approved = "approved"
    returned = "returned"
    closed = "closed"
    cancelled = "cancelled"
    expired = "expired"


class By(StrEnum):
    """Who may make a move."""

    assignee = "assignee"
    approver = "approver"
    system = "system"


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed step: name, the states it leaves, the state it reaches, who makes it."""

    name: str
    leaves: frozenset[State]
    reaches: State
    by: By


WORKING = frozenset({State.open, State.in_progress, State.returned})
RUNNING = WORKING | {State.submitted}

MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        Move("start", frozenset({State.open}), State.in_progress, By.assignee),
        Move("submit", WORKING, State.submitted, By.assignee),
        Move("withdraw", frozenset({State.submitted}), State.in_progress, By.assignee),
        Move("approve", frozenset({State.submitted}), State.approved, By.approver),
        Move("return", frozenset({State.submitted}), State.returned, By.approver),
        Move("close", frozenset({State.approved}) | WORKING, State.closed, By.system),
        Move("cancel", RUNNING, State.cancelled, By.system),
        Move("expire", WORKING, State.expired, By.system),
    )
}


def allowed(move: str, state: str) -> bool:
    """Whether `move` leaves `state`."""
    return State(state) in MOVES[move].leaves


def next_due(done_on: date, rhythm_days: int, wanted: date | None) -> date:
    """The next due day after a duty was done: the day agreed with the customer, but never later than the
    rhythm."""
    latest = done_on + timedelta(days=rhythm_days)
    if wanted is None or wanted <= done_on:
        return latest
    return min(wanted, latest)


def first_due(position: int, rhythm_days: int, today: date) -> date:
    """Spreads first due days evenly over the rhythm: the n-th duty falls `n mod rhythm` days from
    tomorrow."""
    return today + timedelta(days=1 + position % rhythm_days)


def approver_error(assignee: object, approver: object) -> str | None:
    """Nobody approves their own."""
    return "Nobody approves their own task; the deputy or HQ does." if assignee == approver else None
