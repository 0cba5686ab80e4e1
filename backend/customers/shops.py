"""Two businesses that are one shop, entered twice: what speaks against it, and who runs both already."""

from collections.abc import Sequence

from sqlalchemy import select

from backend.customers.errors import bad_value
from backend.customers.handing import current_members
from backend.customers.models import Customer, CustomerValue, Membership
from backend.kernel.uow import UnitOfWork

Pairs = Sequence[tuple[Membership, Membership]]


async def check(uow: UnitOfWork, loser: Customer, winner: Customer, same: Pairs, there: Pairs) -> None:
    """Two credit codes are two businesses; who is in both is nobody else; and an entry that lives in a
    household does not go, for the household has it. Needs the system's sight. Raises Problem `bad_value`."""
    codes = await uow.session.scalars(
        select(CustomerValue.choice).where(
            CustomerValue.customer_id.in_((loser.id, winner.id)),
            CustomerValue.field == "credit_code",
            CustomerValue.shown,
            CustomerValue.choice.is_not(None),
        )
    )
    if len(set(codes)) > 1:
        raise bad_value("Two businesses with a credit code each are two businesses.")
    taken = {one for pair in there for one in pair}
    if any(one in taken for pair in same for one in pair):
        raise bad_value("Who is in both is not also somebody else.")
    if await at_home(uow, [goes for goes, _ in same]):
        raise bad_value("Who lives in a household is made one with somebody there first.")


async def at_home(uow: UnitOfWork, members: Sequence[Membership]) -> set[Membership]:
    """Those of these members who live in a household, as far as that is in sight."""
    lives = await uow.session.scalars(
        select(Membership.person_id).where(
            Membership.person_id.in_([one.person_id for one in members]),
            Membership.in_household,
            Membership.until_on.is_(None),
        )
    )
    there = set(lives)
    return {one for one in members if one.person_id in there}


async def doubles(uow: UnitOfWork, loser: Customer, winner: Customer) -> list[tuple[Membership, Membership]]:
    """Who is a member of both by one entry: nobody is in one business twice. Needs the system's sight."""
    ours = {one.person_id: one for one in await current_members(uow, winner.id)}
    theirs = await current_members(uow, loser.id)
    return [(one, ours[one.person_id]) for one in theirs if one.person_id in ours]
