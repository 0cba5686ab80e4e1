"""Refusals of commands about customers. Each says what is wrong and that the entry is kept."""

from collections.abc import Sequence
from uuid import UUID

from backend.customers.limits import EMPTY, Said, text_wrong
from backend.kernel.errors import Problem

NAME, ADDRESS = Said("名字", "Name"), Said("地址", "Address")
KEPT = "Your entry is kept whole. Correct it and send it again, or ask your branch."


def bad_value(detail: str | Said) -> Problem:
    """A value breaks a rule of its field. What people type is refused in both languages."""
    said = detail.both if isinstance(detail, Said) else detail
    return Problem("bad_value", 409, "A value cannot be right", detail=said, remedy=KEPT)


def check_name(text: str, called: Said = NAME) -> None:
    """What something is called: there, and on one line that people can read. Raises Problem `bad_value`."""
    if wrong := text_wrong(text, 80) or (None if text.strip() else EMPTY):
        raise bad_value(wrong.of(called))


def check_address(text: str | None) -> None:
    """Where it is, if that is said. Raises Problem `bad_value`."""
    if text and (wrong := text_wrong(text, 200)):
        raise bad_value(wrong.of(ADDRESS))


def unknown_field(name: str) -> Problem:
    """A field this server does not know."""
    return Problem("unknown_field", 409, "Unknown field", detail=f"There is no field {name!r}.", remedy=KEPT)


def no_consent(field: str) -> Problem:
    """What is said of a person needs a consent that is not in force."""
    return Problem(
        "no_consent",
        409,
        "The person has not consented",
        detail=f"{field} may be kept only with the person's consent, which is not given or was withdrawn.",
        remedy="Let the person sign the consent on the phone, then send the entry again.",
    )


def id_taken(what: str) -> Problem:
    """The id belongs to something else."""
    return Problem("id_taken", 409, "The id is taken", detail=f"Another {what} has this id.", remedy=KEPT)


def code_taken() -> Problem:
    """A unified social credit code is another customer's."""
    return Problem(
        "code_taken",
        409,
        "The credit code belongs to another customer",
        detail="The bank has another customer with this unified social credit code.",
        remedy="Compare it with the licence. Where it is right, the business stands twice: tell your branch.",
    )


def out_of_scope(what: str) -> Problem:
    """The person does not hold the ground this happens on."""
    return Problem(
        "out_of_scope",
        403,
        "Outside your grids",
        detail=f"{what} does not lie in what you look after.",
        remedy=KEPT,
    )


def not_active(status: str) -> Problem:
    """The customer is merged into another, or closed."""
    return Problem(
        "conflict_state",
        409,
        "The household has changed meanwhile",
        detail=f"The customer is {status}.",
        remedy=KEPT,
    )


def left_since() -> Problem:
    """The person lives elsewhere meanwhile."""
    return Problem(
        "conflict_state",
        409,
        "The household has changed meanwhile",
        detail="This person left, or is a member of another household now.",
        remedy=KEPT,
    )


class MergedAway(Problem):
    """The household is part of another one, `into`, which lies in `grid_ids`. A command about it goes on
    there.
    """

    def __init__(self, into: UUID, grid_ids: Sequence[UUID]) -> None:
        super().__init__(
            "conflict_state",
            409,
            "The household is part of another one",
            detail="It was merged into another household.",
            remedy=KEPT,
        )
        self.into = into
        self.grid_ids = tuple(grid_ids)
