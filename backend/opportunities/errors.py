"""Refusals of commands about opportunities."""

from backend.kernel.errors import Problem

KEPT = "Your entry is kept whole. Look at the opportunity as it stands now."


def opportunity_missing() -> Problem:
    """No such opportunity in the actor's scope."""
    return Problem(
        "out_of_scope",
        403,
        "Not your opportunity",
        detail="The opportunity is not in what you look after.",
        remedy=KEPT,
    )


def wrong_stage(stage: str, step: str) -> Problem:
    """The step contradicts where the opportunity stands."""
    return Problem(
        "conflict_state",
        409,
        "The opportunity has moved on",
        detail=f"The opportunity is {stage}; it cannot {step} from there.",
        remedy=KEPT,
        state=stage,
    )


def reason_missing() -> Problem:
    """Nothing came of it, and nobody says why."""
    return Problem("bad_value", 409, "Say why", detail="说说为什么没办成。\nSay why.", remedy=KEPT)
