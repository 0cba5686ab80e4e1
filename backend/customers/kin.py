"""Which customers are tied to a household by family, as far as the bank knows."""

from uuid import UUID

from sqlalchemy import or_, select

from backend.customers.models import CustomerMove, Membership
from backend.kernel.uow import UnitOfWork


async def kin_of(uow: UnitOfWork, customer_id: UUID) -> frozenset[UUID]:
    """The household itself, those that split off it or that it came from (however many times), those that are
    one with it by a merge, and every household and business in which somebody of these is or was a member.

    A person is one person by the ID number, so somebody who married into another household ties the two.
    Needs the system's sight: the other households may be whoever's.
    """
    family = {customer_id}
    found = {customer_id}
    while found:
        rows = await uow.session.execute(
            select(CustomerMove.customer_id, CustomerMove.other_id).where(
                CustomerMove.undone_at.is_(None),
                or_(CustomerMove.customer_id.in_(found), CustomerMove.other_id.in_(found)),
            )
        )
        found = {one for row in rows for one in row} - family
        family |= found
    people = select(Membership.person_id).where(Membership.customer_id.in_(family))
    theirs = await uow.session.scalars(
        select(Membership.customer_id).where(Membership.person_id.in_(people)).distinct()
    )
    return frozenset(family | set(theirs))
