"""Changes of customers: the row, its history, its audit entry and its event, in one function each."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec
from sqlalchemy import select, update

from backend.customers import ages, disputes, identities, queries
from backend.customers.contradictions import WORDS, contradictions
from backend.customers.errors import (
    bad_value,
    check_address,
    check_name,
    id_taken,
    out_of_scope,
    unknown_field,
)
from backend.customers.file_fields import file_fields
from backend.customers.models import (
    Customer,
    CustomerValue,
    CustomerValueHistory,
    Membership,
    Person,
    PersonContact,
)
from backend.customers.names import pinyin_of
from backend.customers.owners import books_for
from backend.customers.rules import (
    HOUSEHOLD_RELATIONS,
    Known,
    Relation,
    birth_error,
    id_error,
    id_facts,
    merge,
    normal_id,
    phone_error,
    pick_shown,
    point_error,
    value_error,
)
from backend.customers.schemas import CreateCustomer, Edit, NewMember
from backend.grids import api as grids
from backend.kernel.bulk import write
from backend.kernel.commands import Envelope
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy

COLLECTED = "collected"


async def create(
    uow: UnitOfWork, body: CreateCustomer, envelope: Envelope
) -> Mapping[UUID, identities.KnownPerson]:
    """A new customer met in the field. Raises Problem `out_of_scope`, `bad_value`, `id_taken`.

    Returns those of its people whom the bank knows already by their ID number; their numbers stay where they
    are.
    """
    _check_new(uow, body)
    ground = await grids.facts(uow, body.grid_id)
    if ground is None or not (body.grid_id in uow.actor.grid_ids or ground.branch_id in uow.actor.branch_ids):
        raise out_of_scope("This grid")
    async with uow.elevated("the id may belong to a customer that the actor cannot see"):
        if await uow.session.get(Customer, body.id) is not None:
            raise id_taken("customer")
    people = await identities.known(uow, body)
    owner = ground.manager_id
    pinyin, initials = pinyin_of(body.name)
    point = body.point
    customer = Customer(
        id=body.id,
        kind=body.kind,
        name=body.name,
        pinyin=pinyin,
        initials=initials,
        branch_id=ground.branch_id,
        grid_id=body.grid_id,
        owner_id=owner,
        address=body.address,
        lon=point.lon if point else None,
        lat=point.lat if point else None,
        accuracy_m=round(point.accuracy_m) if point else None,
        point_source="phone" if point else None,
        phone_person_id=None,
        member_count=len(body.members),
        completeness_points=0,
        status="active",
        source=COLLECTED,
        created_on=uow.clock.local(envelope.observed_at).date(),
        created_by=envelope.staff_id,
        inputs_revision=1,
        books=books_for(body.grid_id, owner, ground.manager_id),
    )
    uow.session.add(customer)
    await uow.session.flush()
    for member in _with_phone(body):
        await _add_member(uow, customer, member, envelope)
        if member.id_number and member.person_id not in people:
            identities.keep(uow, member.person_id, member.id_number, envelope.staff_id)
    await uow.session.flush()
    uow.audit(
        "customer.create", "customer", customer.id, {"grid": str(body.grid_id), "members": len(body.members)}
    )
    _touch_all(uow, customer, ("customer", "file"))
    await refresh(uow, customer.id, "created")
    return people


def _check_new(uow: UnitOfWork, body: CreateCustomer) -> None:
    if body.kind not in ("household", "business"):
        raise bad_value("A customer is a household or a business.")
    for name in (body.name, *(member.name for member in body.members)):
        check_name(name)
    check_address(body.address)
    if body.point and (wrong := point_error(body.point.lon, body.point.lat)):
        raise bad_value(wrong)
    for member in body.members:
        if member.relation not in set(Relation):
            raise bad_value(f"{member.relation!r} is no relation.")
        if member.sex not in (None, "m", "f"):
            raise bad_value("sex is m or f")
        if member.birth_on and (wrong := birth_error(member.birth_on, uow.today)):
            raise bad_value(wrong)
        if member.id_number and (
            wrong := id_error(member.id_number, member.birth_on, member.sex, uow.today, demo=uow.demo_mode)
        ):
            raise bad_value(wrong)
    numbers = [normal_id(member.id_number) for member in body.members if member.id_number]
    if len(set(numbers)) != len(numbers):
        raise bad_value("Two people have the same ID number.")
    for phone in (body.phone, *(member.phone for member in body.members)):
        if phone and (wrong := phone_error(phone, uow.demo_mode)):
            raise bad_value(wrong)


def _with_phone(body: CreateCustomer) -> list[NewMember]:
    """The members, of whom one has the customer's phone.

    A phone belongs to a person: the head or owner. Where there is none without a phone of their own (a
    business often comes without people) it is a contact of the customer's name.
    """
    members = list(body.members)
    if not body.phone or any(member.phone == body.phone for member in members):
        return members
    for place, member in enumerate(members):
        if member.relation in (Relation.head, Relation.owner, Relation.legal_person) and not member.phone:
            members[place] = msgspec.structs.replace(member, phone=body.phone)
            return members
    relation = Relation.owner if body.kind == "business" and not members else Relation.other
    return [*members, NewMember(uuid7(), uuid7(), body.name, relation.value, phone=body.phone)]


async def _add_member(uow: UnitOfWork, customer: Customer, member: NewMember, envelope: Envelope) -> None:
    async with uow.elevated("a person's id may belong to somebody outside the actor's grids"):
        if await uow.session.get(Person, member.person_id) is not None:
            raise id_taken("person")
    birth_on, sex = id_facts(normal_id(member.id_number)) if member.id_number else (None, None)
    uow.session.add(
        Person(
            id=member.person_id,
            name=member.name,
            sex=member.sex or sex,
            birth_on=member.birth_on or birth_on,
            education=None,
            occupation=None,
            created_by=envelope.staff_id,
        )
    )
    await uow.session.flush()
    phone = member.phone
    if phone:
        uow.session.add(
            PersonContact(
                person_id=member.person_id,
                phone_sealed=uow.keys.seal_field(phone, f"phone:{member.person_id}"),
                phone_index=uow.keys.blind_index(phone, "phone"),
            )
        )
        if customer.phone_person_id is None or member.relation == Relation.head:
            customer.phone_person_id = member.person_id
    uow.session.add(
        Membership(
            id=member.id,
            customer_id=customer.id,
            person_id=member.person_id,
            relation=member.relation,
            whereabouts=None,
            since_on=customer.created_on,
            until_on=None,
            in_household=customer.kind == "household" and member.relation in HOUSEHOLD_RELATIONS,
        )
    )
    uow.touch_all(customer.books, "member", member.id)


async def set_values(
    uow: UnitOfWork, customer_id: UUID, edits: Iterable[Edit], envelope: Envelope
) -> tuple[str, ...]:
    """Edits of collected fields, merged field by field. Returns the fields that kept a newer value.

    Raises Problem `out_of_scope`, `unknown_field`, `bad_value`, `code_taken`; then none of the edits has
    taken effect. Whether two people's edits agree with each other is not asked: the form shows it to the
    next one.
    """
    edits = list(edits)
    for edit in edits:
        field = file_fields().get(edit.field)
        if field is None:
            raise unknown_field(edit.field)
        if wrong := value_error(field, edit.value):
            raise bad_value(wrong)
    for _, fault in contradictions({edit.field: edit.value for edit in edits}, uow.today):
        raise bad_value(WORDS[fault])
    customer = await queries.lock(uow, customer_id)
    for edit in edits:
        if edit.field == "credit_code" and edit.value is not None:
            await identities.check_code(uow, customer_id, str(edit.value))
    precedence = await policy.figure(uow, "value_source_precedence")
    lost: list[str] = []
    async with uow.elevated("merging needs every source's value; only the outcome per field is answered"):
        known = await _values_by_field(uow, customer_id)
        for edit in edits:
            sources = known.setdefault(edit.field, {})
            if not await _apply_edit(uow, customer, edit, sources, envelope):
                lost.append(edit.field)
            _show(sources, precedence)
    uow.audit("customer.set_values", "customer", customer_id, {"fields": [edit.field for edit in edits]})
    _touch_all(uow, customer, ("file",))
    await refresh(uow, customer_id, "values")
    return tuple(lost)


async def _values_by_field(uow: UnitOfWork, customer_id: UUID) -> dict[str, dict[str, CustomerValue]]:
    found: dict[str, dict[str, CustomerValue]] = {}
    for row in await queries.values_of(uow, [customer_id]):
        found.setdefault(row.field, {})[row.source] = row
    return found


async def _apply_edit(
    uow: UnitOfWork, customer: Customer, edit: Edit, sources: dict[str, CustomerValue], envelope: Envelope
) -> bool:
    """Whether the edit's value now stands; what it replaced, or the value that lost, goes into the
    history."""
    row = sources.get(COLLECTED)
    current = None if row is None else Known(value_of(row), row.observed_at)
    outcome = merge(current, edit.seen, Known(edit.value, envelope.stands_at))
    uow.session.add(
        CustomerValueHistory(
            id=uuid7(),
            customer_id=customer.id,
            field=edit.field,
            source=COLLECTED,
            before={"value": current.value if current else None},
            after={"value": edit.value},
            observed_at=envelope.observed_at,
            recorded_at=uow.now,
            recorded_by=envelope.staff_id,
            outcome=outcome,
            command_id=envelope.command_id,
        )
    )
    given = disputes.Observation(edit.value, envelope.stands_at, envelope.staff_id)
    standing = given if row is None else disputes.Observation(value_of(row), row.observed_at, row.recorded_by)
    contested = file_fields()[edit.field].unit == "fen" and standing.contested(outcome, envelope.staff_id)
    other = standing if outcome == "won" else given
    if row is None:
        row = CustomerValue(
            customer_id=customer.id,
            field=edit.field,
            source=COLLECTED,
            amount=None,
            choice=None,
            observed_at=envelope.stands_at,
            recorded_by=envelope.staff_id,
            shown=False,
            disputed=False,
        )
        uow.session.add(row)
        sources[COLLECTED] = row
    # an older observation of the same value says nothing new, and must not make the value look older
    older = current is not None and envelope.stands_at < current.observed_at
    if outcome == "unchanged" and older:
        return True
    if outcome != "lost":
        row.amount = edit.value if isinstance(edit.value, int) else None
        row.choice = edit.value if isinstance(edit.value, str) else None
        row.observed_at = max(envelope.stands_at, row.observed_at)
        row.recorded_by = envelope.staff_id
    if contested:
        row.disputed = await disputes.contend(uow, customer, edit.field, value_of(row), other)
    elif row.disputed:
        row.disputed = await disputes.stands(uow, customer, edit.field, value_of(row))
    return outcome != "lost"


async def show_values(uow: UnitOfWork, customer_id: UUID) -> None:
    """Picks anew which source's value is shown, for each field. Needs the system's sight."""
    precedence = await policy.figure(uow, "value_source_precedence")
    for sources in (await _values_by_field(uow, customer_id)).values():
        _show(sources, precedence)
    await uow.session.flush()


def _show(sources: dict[str, CustomerValue], precedence: list[str]) -> None:
    shown = pick_shown({source: value_of(row) for source, row in sources.items()}, precedence)
    for source, row in sources.items():
        row.shown = source == shown


def value_of(row: CustomerValue) -> int | str | None:
    """The value that a row holds, whichever column it lies in."""
    return row.amount if row.amount is not None else row.choice


async def refresh(uow: UnitOfWork, customer_id: UUID, cause: str) -> None:
    """After any change that strategy reads: completeness anew, inputs_revision up, event
    `customers.changed`."""
    await uow.session.flush()
    standards = await ages.standards(uow)
    async with uow.elevated("completeness counts every source, also those the actor cannot see"):
        facts = (await queries.section_facts(uow, [customer_id]))[0]
        points, _ = ages.judged(facts, standards)
        await complete_to(uow, customer_id, points, cause)


async def complete_to(uow: UnitOfWork, customer_id: UUID, points: int, cause: str) -> None:
    """What `refresh` does, where the file's points are reckoned already. Needs the system's sight."""
    before = await uow.session.scalar(select(Customer.completeness_points).where(Customer.id == customer_id))
    await uow.session.execute(
        update(Customer)
        .where(Customer.id == customer_id)
        .values(inputs_revision=Customer.inputs_revision + 1, completeness_points=points)
        .execution_options(synchronize_session="fetch")
    )
    if before != points:
        books = (await queries.books_of(uow, [customer_id]))[customer_id]
        uow.touch_all(books, "file", customer_id)
    tell_inputs_changed(uow, customer_id, cause)


async def inputs_changed(uow: UnitOfWork, customer_id: UUID, cause: str) -> None:
    """Another domain's fact about the customer changed (a visit, say) that strategy reads."""
    async with uow.elevated("counting the change up is no look at the customer"):
        await write(uow.session, [queries.counting_inputs({customer_id: 1})])
    tell_inputs_changed(uow, customer_id, cause)


def tell_inputs_changed(uow: UnitOfWork, customer_id: UUID, cause: str) -> None:
    """Event `customers.changed`, for a change that `queries.counting_inputs` counts."""
    uow.emit("customers.changed", {"customer_id": str(customer_id), "cause": cause})


def _touch_all(uow: UnitOfWork, customer: Customer, kinds: Iterable[str]) -> None:
    for kind in kinds:
        uow.touch_all(customer.books, kind, customer.id)
