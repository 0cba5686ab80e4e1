"""Refusals of commands about village evaluations. Each says what is wrong and that the entry is kept."""

from backend.kernel.errors import Problem

KEPT = "Your entry is kept whole. Ask your branch, who can see what happened."


def session_missing() -> Problem:
    """No such session in the actor's scope."""
    return Problem(
        "out_of_scope",
        403,
        "Not your session",
        detail="The session is not in what you look after.",
        remedy=KEPT,
    )


def bad_value(detail: str) -> Problem:
    """A value breaks a rule."""
    return Problem("bad_value", 409, "A value cannot be right", detail=detail, remedy=KEPT)


def id_taken(what: str) -> Problem:
    """The id belongs to something else."""
    return Problem("id_taken", 409, "The id is taken", detail=f"Another {what} has this id.", remedy=KEPT)


def handed_in() -> Problem:
    """The reviewer's forms are here already: nobody answers twice."""
    return Problem(
        "conflict_state", 409, "Handed in before", detail="This reviewer has handed in already.", remedy=KEPT
    )


def closed() -> Problem:
    """The session takes no more forms: these were saved after it was closed."""
    return Problem(
        "conflict_state",
        409,
        "The evaluation is closed",
        detail="It was closed before these forms were saved.",
        remedy=KEPT,
    )


def code_unusable() -> Problem:
    """One answer, whether a code is wrong, too old, used, withdrawn, or its evaluation is over."""
    return Problem(
        "code_unusable",
        404,
        "This code does not work",
        detail="It is wrong, too old, used, withdrawn, or the evaluation is over. What you answered is kept.",
        remedy="Ask the host for a new code.",
    )


def moved_on(detail: str) -> Problem:
    """The result is not in the state that the review is about."""
    return Problem("conflict_state", 409, "The result has moved on", detail=detail, remedy=KEPT)
