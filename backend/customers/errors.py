"""Refusals of commands about customers. Each says what is wrong and that the entry is kept."""

from backend.kernel.errors import Problem

KEPT = "Your entry is kept whole. Correct it and send it again, or ask your branch."


def bad_value(detail: str) -> Problem:
    """A value breaks a rule of its field."""
    return Problem("bad_value", 409, "A value cannot be right", detail=detail, remedy=KEPT)


def unknown_field(name: str) -> Problem:
    """A field this server does not know."""
    return Problem("unknown_field", 409, "Unknown field", detail=f"There is no field {name!r}.", remedy=KEPT)


def id_taken(what: str) -> Problem:
    """The id belongs to something else."""
    return Problem("id_taken", 409, "The id is taken", detail=f"Another {what} has this id.", remedy=KEPT)


def out_of_scope(what: str) -> Problem:
    """The person does not hold the ground this happens on."""
    return Problem(
        "out_of_scope",
        403,
        "Outside your grids",
        detail=f"{what} does not lie in what you look after.",
        remedy=KEPT,
    )
