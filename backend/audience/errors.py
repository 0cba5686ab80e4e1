"""Refusals about choices and groups. Each says what to do instead."""

from backend.kernel.errors import Problem


def too_large(detail: str) -> Problem:
    """The choice has more conditions, or nests them deeper, than anybody could read."""
    return Problem(
        "choice_too_large",
        422,
        "The choice is too large",
        detail=detail,
        remedy="Take conditions away, or choose in two steps.",
    )


def unknown_word(kind: str, given: str, nearest: str | None) -> Problem:
    """The catalogue in force has no such tag, tier, stage or grade."""
    return Problem(
        "unknown_condition",
        422,
        f"There is no such {kind}",
        detail=f"The catalogue has no {kind} '{given}'.",
        remedy=f"Did you mean '{nearest}'?" if nearest else "Choose one from the list.",
        kind=kind,
        given=given,
        nearest=nearest,
    )


def malformed(detail: str) -> Problem:
    """A condition says nothing, or two things that cannot both be."""
    return Problem("malformed", 422, "A condition cannot be right", detail=detail)


def too_many_rows(most: int) -> Problem:
    """A file of so many customers is not made."""
    return Problem(
        "too_many_rows",
        422,
        "Too many customers for one file",
        detail=f"At most {most} customers go into one file.",
        remedy="Choose fewer, for instance grid by grid.",
        most=most,
    )


def group_taken() -> Problem:
    """The id belongs to another group."""
    return Problem("id_taken", 409, "The id is taken", detail="Another group has this id.")
