"""What a choice may be, whom it is taken from, and what a table program must not run. Pure."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from uuid import UUID

from backend.kernel.actor import Actor, Role

#: conditions of one choice, groups of them included, and how deep they may lie in one another
MOST_CONDITIONS = 100
DEEPEST = 8
#: values of one condition
MOST_VALUES = 500
#: rows of one export
MOST_EXPORTED = 5000
#: rows of one page of a list
PAGE = 50
#: groups that one list shows
MOST_GROUPS = 200

#: who chooses customers: those who see profiles of theirs, and head office's business department, which
#: hands work down. An agent sees no tag, tier or limit, and so selects by none
CHOOSERS = frozenset({Role.manager, Role.deputy_head, Role.branch_head, Role.hq_business})
#: who says what for before names are shown
FOR_A_PURPOSE = frozenset({Role.hq_business})


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose customers may be chosen from: everybody's, or those of these branches and grids and those that
    `owner` owns."""

    everybody: bool
    branches: frozenset[UUID]
    grids: frozenset[UUID]
    owner: UUID | None


def scope_of(actor: Actor) -> Scope:
    """The customers that a chooser sees, as row-level security has it."""
    if actor.role is Role.hq_business:
        return Scope(True, frozenset(), frozenset(), None)
    return Scope(False, frozenset(actor.branch_ids), frozenset(actor.grid_ids), actor.staff_id)


def nearest(given: str, known: Iterable[str]) -> str | None:
    """The known word that looks most like the given one."""
    found = get_close_matches(given, list(known), n=1, cutoff=0.5)
    return found[0] if found else None


def folded(text: str) -> str:
    """A text as it is looked for: one form of each character, lower case, without space around it."""
    return unicodedata.normalize("NFKC", text).lower().strip()
