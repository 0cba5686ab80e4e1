"""Refusals of commands about tasks."""

from backend.kernel.errors import Problem

KEPT = "Your entry is kept whole. Look at the task as it stands now."


def task_missing() -> Problem:
    """No such task in the actor's scope."""
    return Problem(
        "out_of_scope", 403, "Not your task", detail="The task is not in what you look after.", remedy=KEPT
    )


def wrong_state(state: str, move: str) -> Problem:
    """The move does not leave the state in which the task is."""
    return Problem(
        "conflict_state",
        409,
        "The task has moved on",
        detail=f"The task is {state}; it cannot {move} from there.",
        remedy=KEPT,
        state=state,
    )


def weak_evidence(detail: str) -> Problem:
    """The visit does not satisfy the duty."""
    return Problem(
        "evidence_insufficient", 409, "The visit does not fulfil this task", detail=detail, remedy=KEPT
    )
