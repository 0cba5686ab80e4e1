"""One person who was entered in two households (`member.unite`): the two stay two, the person lives in one of
them; and the way back (`member.part`).

Unlike `member.move` nobody went anywhere: there was one entry too many.
"""

from uuid import UUID

from msgspec import Struct

from backend.customers import dealings, followers, joining, leaving, merging, queries, splitting
from backend.customers.errors import bad_value, left_since
from backend.customers.models import CustomerMove, Membership
from backend.customers.moving import MOVERS, rehome
from backend.customers.schemas import Text200
from backend.kernel.commands import Applied, CommandType, Envelope
from backend.kernel.uow import UnitOfWork

#: why the entry that was one too many ended, and what the move is called on record
UNITED = "united"
PERSON = "person"


class UniteMember(Struct, frozen=True):
    """`member.unite` version 1: the member `id` of `customer_id` is `into_member_id` of `into_id`, and
    lives there."""

    id: UUID
    customer_id: UUID
    into_member_id: UUID
    into_id: UUID


class PartMember(Struct, frozen=True):
    """`member.part` version 1: that the member `id` of `customer_id` was somebody else's entry was a
    mistake."""

    id: UUID
    customer_id: UUID
    reason: Text200


async def unite(uow: UnitOfWork, body: UniteMember, envelope: Envelope) -> Applied:
    """The entry here ends; what it has and the other lacks goes over, with consents, papers and places in
    businesses. `lost` names what both have otherwise. Done already, nothing changes.

    Raises Problem `out_of_scope`, `bad_value`, `conflict_state`.
    """
    if body.customer_id == body.into_id:
        raise bad_value("In one household it is enough to remove the entry that is one too many.")
    old, new = await merging.both(uow, body.customer_id, body.into_id)
    if old.kind != "household" or new.kind != "household":
        raise bad_value("A person lives in a household.")
    async with uow.elevated("both are the actor's; what hangs on the person goes along"):
        if await followers.made_one(uow, body.id, PERSON) is not None:
            return Applied()
        if await queries.count_members(uow, old.id) < 2:
            raise bad_value("Nobody would be left: make the two households one.")
        same = [joining.Same(body.id, body.into_member_id)]
        [(goes, stays)] = await joining.chosen(uow, old, new, same)
        papers = await splitting.papers_of(uow, old.id, [goes.person_id])
        detail, lost = await joining.join(uow, new, goes, stays)
        for photo in papers:
            photo.customer_id = new.id
        moved = [str(one.id) for one in papers]
        merging.record(uow, envelope, PERSON, old.id, new.id, {"people": [detail], "photos_of_person": moved})
        seen_on = uow.clock.local(envelope.observed_at).date()
        await leaving.end(uow, goes, seen_on, UNITED)
        rehome(uow, [("photo", one) for one in moved], old.books, new.books)
        uow.audit("member.unite", "customer", old.id, {"person": detail["person"], "to": str(new.id)})
        await leaving.recount_and_tell(uow, new)
        dealings.people_moved(uow, old.id, new.id)
    return Applied(tuple(sorted(lost)))


async def part(uow: UnitOfWork, body: PartMember, envelope: Envelope) -> Applied:
    """They are two people again, each in their household, with what was each one's and is still there.

    Raises Problem `out_of_scope`, `conflict_state` (they are not one, or a household is not active any
    more), `undo_over`.
    """
    async with uow.elevated("which household the entry became part of; both are asked for as the actor next"):
        found = await followers.made_one(uow, body.id, PERSON)
    if found is None or found[0].customer_id != body.customer_id:
        await queries.lock(uow, body.customer_id, any_status=True)
        raise left_since()
    move, joined = found
    old, new = await merging.both(uow, move.customer_id, move.other_id)
    await merging.check_undo(uow, move)
    async with uow.elevated("as in unite"):
        done = await uow.session.get_one(CustomerMove, move.id, with_for_update=True)
        goes = await uow.session.get_one(Membership, body.id)
        if done.undone_at is not None:
            raise left_since()
        await joining.part(uow, new, joined)
        wanted = set(done.detail["photos_of_person"])
        papers = [
            one for one in await splitting.papers_of(uow, new.id, [goes.person_id]) if str(one.id) in wanted
        ]
        for photo in papers:
            photo.customer_id = old.id
        rehome(uow, [("photo", str(one.id)) for one in papers], new.books, old.books)
        done.undone_at, done.undone_by = uow.now, uow.actor.require_staff()
        await leaving.begin_again(uow, goes)
        uow.audit("member.part", "customer", old.id, {"person": str(goes.person_id), "from": str(new.id)})
        await leaving.recount_and_tell(uow, new)
        dealings.people_moved(uow, old.id, new.id)
    return Applied()


COMMANDS = (
    CommandType("member.unite", {1: UniteMember}, MOVERS, unite),
    CommandType("member.part", {1: PartMember}, MOVERS, part),
)
