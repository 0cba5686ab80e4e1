"""Rows of the bank's own systems under a customer's id, as far as this domain minds: whether there are any,
and who hears when other people hold or open them, or live elsewhere. It reads none of what they say.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from backend.kernel.uow import UnitOfWork

#: ended ones too: they lie under the id that those systems know, and a merge must not take it from them
OF_THE_BANK = ("account", "loan", "flow_part", "holding", "holding_part", "provincial_grade")
_HAS_ROWS = " OR ".join(f"EXISTS (SELECT 1 FROM {one} WHERE customer_id = :id)" for one in OF_THE_BANK)  # noqa: S608
#: what a customer holds is told from its parts, but for what came before there were parts
_FILED = " OR ".join(
    f"EXISTS (SELECT 1 FROM {one} WHERE customer_id = :id AND filed_under IS NULL)"  # noqa: S608
    f" OR EXISTS (SELECT 1 FROM {one} WHERE filed_under = :id)"
    for one in OF_THE_BANK
    if one != "holding"
)
_FILED += (
    " OR EXISTS (SELECT 1 FROM holding h WHERE h.customer_id = :id AND NOT EXISTS"
    " (SELECT 1 FROM holding_part p WHERE p.customer_id = h.customer_id AND p.product_code = h.product_code))"
)
#: what a person consents to for themselves (decision 0026)
_WITH_ACCOUNTS = text(
    "SELECT c.id, c.books FROM customer c WHERE c.id = ANY(:ids) AND ("
    " EXISTS (SELECT 1 FROM account a WHERE a.customer_id = c.id)"
    " OR EXISTS (SELECT 1 FROM flow_part f WHERE f.customer_id = c.id)"
    " OR EXISTS (SELECT 1 FROM provincial_grade g WHERE g.customer_id = c.id)) ORDER BY c.id"
)

_NARROWED = text(
    "SELECT o.id FROM unnest(CAST(:ids AS uuid[]), CAST(:since AS timestamptz[])) AS o(id, since)"
    " WHERE EXISTS (SELECT FROM membership m WHERE m.customer_id = o.id AND (m.until_on >= o.since::date"
    "  OR EXISTS (SELECT FROM consent k WHERE k.person_id = m.person_id AND NOT k.given"
    "   AND k.recorded_at >= o.since)))"
)


async def has_dealings(uow: UnitOfWork, customer_id: UUID) -> bool:
    """Whether rows of the bank's own systems lie with this customer."""
    return bool(await uow.session.scalar(text(f"SELECT {_HAS_ROWS}"), {"id": customer_id}))


async def known_by_bank(uow: UnitOfWork, customer_id: UUID) -> bool:
    """Whether a file of the bank's own systems laid rows under this id: also of somebody who has moved away
    since, and nothing that followed somebody here (decision 0028)."""
    return bool(await uow.session.scalar(text(f"SELECT {_FILED}"), {"id": customer_id}))


def people_moved(uow: UnitOfWork, *household_ids: UUID) -> None:
    """Event `customers.people_moved`: people of these households live in another one of them now. What the
    bank's systems say of a person goes along."""
    uow.emit("customers.people_moved", {"customer_ids": [str(one) for one in household_ids]})


async def narrowed(uow: UnitOfWork, since: Mapping[UUID, datetime]) -> set[UUID]:
    """The customers of whom less may be looked at than at the instant given: somebody has taken back a
    consent since, or left."""
    given = {"ids": list(since), "since": list(since.values())}
    return set(await uow.session.scalars(_NARROWED, given))


async def holders_changed(uow: UnitOfWork, customer_ids: Iterable[UUID]) -> None:
    """Phones take these customers' `standing` and `profile` anew, where there are accounts or grades of the
    province: who holds them, or who consents to their being looked at, may be others."""
    await uow.session.flush()
    async with uow.elevated("whether there are accounts decides who is told, and is answered to nobody"):
        found = (await uow.session.execute(_WITH_ACCOUNTS, {"ids": list(customer_ids)})).all()
    for row in found:
        uow.touch_all(row.books, "standing", row.id)
        # the sums among what a result was worked out from go with the consent too
        uow.touch_all(row.books, "profile", row.id)
