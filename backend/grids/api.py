"""What other domains may ask of grids."""

from backend.grids.errors import import_stopped
from backend.grids.past import Held, held
from backend.grids.queries import (
    active_facts,
    active_outlines,
    assigned_grids,
    facts_by_code,
    held_on,
    history,
    holders,
    turned_covers,
)
from backend.grids.rules import Duty, GridKind
from backend.grids.schemas import Assignment, GridFacts, ImportOutcome, ReadyGrid, Spot
from backend.grids.service import (
    apply_import,
    assign,
    book_of,
    cover,
    facts,
    facts_anywhere,
    grid_of_point,
    metres_outside,
    move_to_branch,
    release,
)

__all__ = [
    "Assignment",
    "Duty",
    "GridFacts",
    "GridKind",
    "Held",
    "ImportOutcome",
    "ReadyGrid",
    "Spot",
    "active_facts",
    "active_outlines",
    "apply_import",
    "assign",
    "assigned_grids",
    "book_of",
    "cover",
    "facts",
    "facts_anywhere",
    "facts_by_code",
    "grid_of_point",
    "held",
    "held_on",
    "history",
    "holders",
    "import_stopped",
    "metres_outside",
    "move_to_branch",
    "release",
    "turned_covers",
]
