"""Photos of a customer's file, by class: what they show of whom, and when they are over."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace
from sqlalchemy import String, cast, select

from backend.customers import followers, queries, service
from backend.customers.errors import bad_value, id_taken, no_consent, out_of_scope
from backend.customers.models import Customer, CustomerPhoto, Membership, Person
from backend.files import api as files
from backend.kernel.actor import FIELD
from backend.kernel.commands import Applied, CommandType, Envelope, about_customer
from backend.kernel.db import among
from backend.kernel.projections import Projection, online
from backend.kernel.uow import UnitOfWork

KIND = "photo"
#: papers and faces: whose they are is said, and that person consents
PAPERS = "id"
CONSENT = "id_photo"
#: why a photo is over
OVER = frozenset({"mistake", "outdated"})
MOST = 200
FIELDS = ("customer_id", "person_id", "hash", "class", "arrived", "taken_on", "staff_id")


class AddPhoto(Struct, frozen=True):
    """`photo.add` version 1: a photo by the hash of its bytes. `member_id`: whose papers it shows."""

    id: UUID
    customer_id: UUID
    hash: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    file_class: str
    taken_at: Annotated[int, Meta(ge=0, le=1 << 42)]
    member_id: UUID | None = None


class RemovePhoto(Struct, frozen=True):
    """`photo.remove` version 1."""

    id: UUID
    customer_id: UUID
    reason: str


async def add(uow: UnitOfWork, body: AddPhoto, envelope: Envelope) -> Applied:
    """Adds a photo; the file itself follows. Raises Problem `out_of_scope`, `bad_value`, `no_consent`,
    `id_taken`."""

    async def apply(given: AddPhoto) -> Applied:
        if given.file_class not in files.PHOTOS:
            raise bad_value(f"{given.file_class!r} is no class of photos.")
        if (given.file_class == PAPERS) != (given.member_id is not None):
            raise bad_value("Photos of papers say whose they are, and no others do.")
        customer = await queries.lock(uow, given.customer_id)
        async with uow.elevated("the id may be another's; the person is the customer's"):
            if await uow.session.get(CustomerPhoto, given.id) is not None:
                raise id_taken("photo")
            if len(await _of(uow, customer.id)) >= MOST:
                raise bad_value(f"A file has {MOST} photos at most.")
            person_id = await _whose(uow, customer, given)
            uow.session.add(
                CustomerPhoto(
                    id=given.id,
                    customer_id=customer.id,
                    person_id=person_id,
                    file_hash=given.hash,
                    file_class=given.file_class,
                    taken_at=datetime.fromtimestamp(given.taken_at / 1000, UTC),
                    observed_at=envelope.stands_at,
                    recorded_by=envelope.staff_id,
                    removed_at=None,
                    removed_reason=None,
                )
            )
            await uow.session.flush()
        uow.audit("photo.add", "customer", customer.id, {"class": given.file_class, "hash": given.hash})
        uow.touch_all(customer.books, KIND, given.id)
        await service.inputs_changed(uow, customer.id, "photo")
        return Applied()

    return await followers.follow(uow, body, apply)


async def _whose(uow: UnitOfWork, customer: Customer, body: AddPhoto) -> UUID | None:
    if body.member_id is None:
        return None
    member_id = await followers.stand_in(uow, body.member_id) or body.member_id
    membership = await uow.session.get(Membership, member_id)
    if membership is None or membership.customer_id != customer.id or membership.until_on is not None:
        raise bad_value("This person is no member of the household now.")
    person = await uow.session.get_one(Person, membership.person_id)
    if CONSENT not in person.consented:
        raise no_consent("A photo of papers")
    return person.id


async def _of(uow: UnitOfWork, customer_id: UUID) -> Sequence[UUID]:
    rows = select(CustomerPhoto.id).where(
        CustomerPhoto.customer_id == customer_id, CustomerPhoto.removed_at.is_(None)
    )
    return (await uow.session.scalars(rows)).all()


async def remove(uow: UnitOfWork, body: RemovePhoto, envelope: Envelope) -> Applied:
    """A photo is over; its file stays on record and is no longer shown. Raises Problem `out_of_scope`,
    `bad_value`."""
    if body.reason not in OVER:
        raise bad_value(f"A photo is over for one of these reasons: {', '.join(sorted(OVER))}.")

    async def apply(given: RemovePhoto) -> Applied:
        customer = await queries.lock(uow, given.customer_id)
        seen = await uow.session.scalar(select(CustomerPhoto.id).where(CustomerPhoto.id == given.id))
        async with uow.elevated("one that is over already is seen by nobody, and need not be"):
            photo = await uow.session.get(CustomerPhoto, given.id)
            now_with = photo.customer_id if photo is not None else None
            if photo is not None and now_with == customer.id and photo.removed_at is None:
                # as the actor sees it: an agent takes back what they took
                if seen is None:
                    raise out_of_scope("This photo")
                photo.removed_at, photo.removed_reason = envelope.stands_at, given.reason
                if photo.file_class == PAPERS:
                    await files.close(uow, [photo.file_hash], closed=True)
                await uow.session.flush()
                told = {"photo": str(photo.id), "why": given.reason}
                uow.audit("photo.remove", "customer", customer.id, told)
                uow.touch_all(customer.books, KIND, photo.id, gone=True)
                await service.inputs_changed(uow, customer.id, "photo")
            elif now_with is None or (
                now_with != customer.id and not await queries.went_over(uow, customer.id, now_with)
            ):
                raise out_of_scope("This photo")
        if now_with != customer.id:
            return await apply(replace(given, customer_id=now_with))
        return Applied()

    return await followers.follow(uow, body, apply)


async def arrived(uow: UnitOfWork, file_hash: str) -> None:
    """Photos whose file has come show it; one of papers whose consent is gone meanwhile is closed."""
    rows = await uow.session.execute(
        select(CustomerPhoto.id, CustomerPhoto.file_class, Customer.books, Person.consented)
        .join(Customer, Customer.id == CustomerPhoto.customer_id)
        .outerjoin(Person, Person.id == CustomerPhoto.person_id)
        .where(CustomerPhoto.file_hash == file_hash, CustomerPhoto.removed_at.is_(None))
    )
    for row in rows:
        if row.file_class == PAPERS and CONSENT not in row.consented:
            await files.close(uow, [file_hash], closed=True)
        else:
            uow.touch_all(row.books, KIND, row.id)


async def consented(uow: UnitOfWork, person_id: UUID, *, given: bool) -> None:
    """Photos of a person's papers close with the consent, and open with it again. Needs the system's
    sight."""
    rows = await uow.session.execute(
        select(CustomerPhoto.id, CustomerPhoto.file_hash, Customer.books)
        .join(Customer, Customer.id == CustomerPhoto.customer_id)
        .where(
            CustomerPhoto.person_id == person_id,
            CustomerPhoto.file_class == PAPERS,
            CustomerPhoto.removed_at.is_(None),
        )
    )
    hashes = []
    for row in rows:
        hashes.append(row.file_hash)
        uow.touch_all(row.books, KIND, row.id, gone=not given)
    await files.close(uow, hashes, closed=not given)


_photo = CustomerPhoto.__table__.c
_PHOTOS = select(
    cast(_photo.id, String).label("id"),
    cast(_photo.customer_id, String).label("customer_id"),
    cast(_photo.person_id, String).label("person_id"),
    _photo.file_hash,
    _photo.file_class,
    _photo.taken_at,
    cast(_photo.recorded_by, String).label("recorded_by"),
).where(_photo.removed_at.is_(None))


async def load(uow: UnitOfWork, ids: Sequence[str], _projection: str) -> Mapping[str, Sequence[Any]]:
    """Photos; row security leaves an agent their own, and nobody papers without consent."""
    rows = (await uow.session.execute(_PHOTOS.where(among(_photo.id, ids)))).all()
    here = await files.arrived(uow, [row.file_hash for row in rows]) if rows else set()
    return {
        row.id: [
            row.customer_id,
            row.person_id,
            row.file_hash,
            row.file_class,
            row.file_hash in here,
            uow.clock.local(row.taken_at).date().isoformat(),
            row.recorded_by,
        ]
        for row in rows
    }


async def _ids_of(uow: UnitOfWork, customer_id: UUID) -> Sequence[str]:
    return [str(one) for one in await _of(uow, customer_id)]


async def of_actor(uow: UnitOfWork, ids: Sequence[str]) -> set[str]:
    """Those of the photos that the actor took."""
    mine = _photo.recorded_by == uow.actor.require_staff()
    async with uow.elevated("the household may have moved away; only what the actor did is answered"):
        rows = await uow.session.scalars(select(cast(_photo.id, String)).where(among(_photo.id, ids), mine))
        return set(rows)


COMMANDS = (
    CommandType("photo.add", {1: AddPhoto}, FIELD, add, late=about_customer("add")),
    CommandType("photo.remove", {1: RemovePhoto}, FIELD, remove, late=about_customer("suggest")),
)
PROJECTIONS = (
    Projection(
        KIND,
        frozenset({"grid", "care"}),
        {"manager": FIELDS, "agent": FIELDS},
        load,
        sort="customer_id",
        recorded=of_actor,
        online=online(FIELDS, _ids_of, load),
    ),
)
