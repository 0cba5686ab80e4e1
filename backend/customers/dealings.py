"""Rows of the bank's own systems under a customer's id, as far as this domain minds: whether there are any,
and who hears when other people hold or open them. It reads none of what they say.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text

from backend.kernel.uow import UnitOfWork

#: ended ones too: they lie under the id that those systems know, and a merge must not take it from them
OF_THE_BANK = ("account", "loan", "flow_part", "holding", "holding_part")
_KNOWN_TO_BANK = text(
    "SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {one} WHERE customer_id = :id)" for one in OF_THE_BANK)  # noqa: S608
)
#: what a person consents to for themselves (decision 0026)
_WITH_ACCOUNTS = text(
    "SELECT c.id, c.books FROM customer c WHERE c.id = ANY(:ids) AND ("
    " EXISTS (SELECT 1 FROM account a WHERE a.customer_id = c.id)"
    " OR EXISTS (SELECT 1 FROM flow_part f WHERE f.customer_id = c.id)) ORDER BY c.id"
)


async def known_by_bank(uow: UnitOfWork, customer_id: UUID) -> bool:
    """Whether rows of the bank's own systems lie under this id."""
    return bool(await uow.session.scalar(_KNOWN_TO_BANK, {"id": customer_id}))


async def holders_changed(uow: UnitOfWork, customer_ids: Iterable[UUID]) -> None:
    """Phones take these customers' `standing` anew, where there are accounts: who holds them, or who consents
    to their being looked at, may be others."""
    await uow.session.flush()
    async with uow.elevated("whether there are accounts decides who is told, and is answered to nobody"):
        found = (await uow.session.execute(_WITH_ACCOUNTS, {"ids": list(customer_ids)})).all()
    for row in found:
        uow.touch_all(row.books, "standing", row.id)
