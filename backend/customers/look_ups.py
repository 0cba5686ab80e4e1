"""Finding customers by words, for who may look at them: heads in their branch, head office in the bank."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from backend.kernel.uow import UnitOfWork

# each word is a part of the household's name or a member's, of its address or its grid's name, or of the
# pinyin or initials of its name; whoever is called exactly so comes first
_BY_WORDS = (
    " AND NOT EXISTS (SELECT 1 FROM unnest(CAST(:words AS text[])) AS word WHERE NOT (strpos(lower("
    "     concat_ws(' ', c.name, c.address, g.township, g.name, c.pinyin, c.initials)), word) > 0"
    "   OR EXISTS (SELECT 1 FROM membership m JOIN person p ON p.id = m.person_id"
    "     WHERE m.customer_id = c.id AND m.until_on IS NULL AND strpos(lower(p.name), word) > 0)))"
    " ORDER BY lower(c.name) = ANY(:words) DESC, c.pinyin, c.id LIMIT :most"
)
IN_BRANCHES = text(
    "SELECT c.id, c.kind, c.name, c.address, g.name AS grid_name"  # noqa: S608
    " FROM customer c LEFT JOIN grid g ON g.id = c.grid_id"
    " WHERE c.branch_id = ANY(:branches) AND c.status = 'active'"
    " AND (CAST(:ids AS uuid[]) IS NULL OR c.id = ANY(:ids))" + _BY_WORDS
)
# of the whole bank nobody is found by part of a name alone: the household, a member or the village is named
ANYWHERE = text(
    "WITH meant AS (SELECT id FROM customer WHERE lower(name) = ANY(:words)"  # noqa: S608
    "  UNION SELECT m.customer_id FROM person p JOIN membership m ON m.person_id = p.id"
    "   WHERE lower(p.name) = ANY(:words) AND m.until_on IS NULL"
    "  UNION SELECT c.id FROM grid g JOIN customer c ON c.grid_id = g.id"
    "   WHERE strpos(' ' || :asked || ' ', ' ' || lower(g.name) || ' ') > 0)"
    " SELECT c.id, c.kind, c.name, g.name AS grid_name, c.branch_id"
    " FROM meant JOIN customer c ON c.id = meant.id LEFT JOIN grid g ON g.id = c.grid_id"
    " WHERE c.status = 'active'" + _BY_WORDS
)


async def in_branches(
    uow: UnitOfWork, branches: Sequence[UUID], words: Sequence[str], ids: Sequence[UUID] | None, most: int
) -> Sequence[Any]:
    """Active households of these branches in the actor's scope in which each of `words` (lower case) is
    found, of `ids` where they are given: id, kind, name, address, grid_name."""
    given = {
        "branches": list(branches),
        "words": list(words),
        "ids": None if ids is None else list(ids),
        "most": most,
    }
    return (await uow.session.execute(IN_BRANCHES, given)).all()


async def anywhere(uow: UnitOfWork, words: Sequence[str], most: int) -> Sequence[Any]:
    """Active households in the actor's scope in which each of `words` (lower case) is found, and a whole
    name in them: id, kind, name, grid_name, branch_id."""
    given = {"words": list(words), "asked": " ".join(words), "most": most}
    return (await uow.session.execute(ANYWHERE, given)).all()
