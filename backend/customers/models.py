"""Customers (households and businesses), people, values per source, records of the file."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class Customer(Base):
    """A customer (客户): `household` or `business`.

    Lies in one grid, or (grid_id null) in the branch's unplaced pool. `inputs_revision` counts changes to
    anything that
    strategy reads of it. `books` are the partitions that hold it, kept here so that a change knows where
    to be stamped.
    """

    __tablename__ = "customer"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    pinyin: Mapped[str]
    initials: Mapped[str]
    branch_id: Mapped[uuid.UUID] = mapped_column(index=True)
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("grid.id"), index=True)
    owner_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    address: Mapped[str]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    accuracy_m: Mapped[int | None]
    point_source: Mapped[str | None]
    phone_person_id: Mapped[uuid.UUID | None]
    member_count: Mapped[int] = mapped_column(server_default=text("0"))
    completeness_points: Mapped[int] = mapped_column(server_default=text("0"))
    status: Mapped[str] = mapped_column(server_default=text("'active'"))
    source: Mapped[str]
    created_on: Mapped[date]
    created_by: Mapped[uuid.UUID | None]
    inputs_revision: Mapped[int] = mapped_column(server_default=text("1"))
    books: Mapped[list[str]]
    __table_args__ = (CheckConstraint("kind IN ('household', 'business')", name="kind"),)


class Person(Base):
    """A person (个人). What an agent must not see lies in tables of its own.

    `consented`: the purposes of consents in force, as the rows of `Consent` say; `guardian_id`: a minor's;
    `part_of`: the entry that this one has become part of, as both are one person.
    """

    __tablename__ = "person"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    sex: Mapped[str | None]
    birth_on: Mapped[date | None]
    education: Mapped[str | None]
    occupation: Mapped[str | None]
    created_by: Mapped[uuid.UUID | None]
    consented: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    guardian_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    part_of: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    __table_args__ = (Index("ix_person_part_of", "part_of", postgresql_where=text("part_of IS NOT NULL")),)


class PersonPrivate(Base):
    """What only the bank's people may see of a person: an object of fields, AES-GCM as a whole."""

    __tablename__ = "person_private"
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    sealed: Mapped[bytes]


class PersonChange(Base):
    """One field of a person as somebody gave it: what it was and what it became, AES-GCM by field.

    `outcome` as of a value: what lost stays on record here.
    """

    __tablename__ = "person_change"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    field: Mapped[str]
    before_sealed: Mapped[bytes | None]
    after_sealed: Mapped[bytes | None]
    outcome: Mapped[str]
    observed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID | None]
    command_id: Mapped[uuid.UUID | None]


class Consent(Base):
    """A consent (授权) that was given, or withdrawn (`given` false). Rows are only ever added: of one purpose
    the one observed last counts.

    `signed_by`: the person, or a minor's guardian. `signature_hash`: the file; none where it was signed on
    paper, which lies at `paper`.
    """

    __tablename__ = "consent"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    purpose: Mapped[str]
    given: Mapped[bool]
    text_number: Mapped[int | None]
    signed_by: Mapped[uuid.UUID | None]
    signature_hash: Mapped[str | None] = mapped_column(index=True)
    paper: Mapped[str | None]
    reason: Mapped[str | None]
    observed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID | None]


class PersonContact(Base):
    """A person's phone: AES-GCM by field, blind index for look-up."""

    __tablename__ = "person_contact"
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    phone_sealed: Mapped[bytes]
    phone_index: Mapped[bytes] = mapped_column(index=True)


class PersonIdentity(Base):
    """A person's ID number: AES-GCM by field, blind index for look-up. Never sent to a phone.

    `given_by`: who entered it.
    """

    __tablename__ = "person_identity"
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    number_sealed: Mapped[bytes]
    number_index: Mapped[bytes] = mapped_column(unique=True)
    valid_until: Mapped[date | None]
    given_by: Mapped[list[uuid.UUID]] = mapped_column(server_default=text("'{}'"))


class NumberEntry(Base):
    """The last ID number that somebody entered of a person who has another one, as long as it is open which
    is right. By its blind index alone: sealed it lies in PersonChange."""

    __tablename__ = "number_entry"
    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person_identity.person_id", onupdate="CASCADE"), primary_key=True
    )
    entered_by: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number_index: Mapped[bytes]
    observed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Membership(Base):
    """A person's place in a customer: member of one household at a time; any number of roles in
    businesses."""

    __tablename__ = "membership"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    relation: Mapped[str]
    whereabouts: Mapped[str | None]
    since_on: Mapped[date]
    until_on: Mapped[date | None]
    in_household: Mapped[bool]
    left_reason: Mapped[str | None]
    __table_args__ = (
        Index(
            "uq_membership_household",
            "person_id",
            unique=True,
            postgresql_where=text("in_household AND until_on IS NULL"),
        ),
    )


class CustomerValue(Base):
    """The latest value of a field per source. `shown` marks the one that the precedence of sources picks.

    `amount` (fen, years or count, by the field's unit) or `choice` (a choice, day or code) is set.
    """

    __tablename__ = "customer_value"
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int | None]
    choice: Mapped[str | None]
    observed_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID | None]
    shown: Mapped[bool]
    disputed: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = (
        Index("ix_customer_value_credit_code", "choice", postgresql_where=text("field = 'credit_code'")),
    )


class CustomerValueHistory(Base):
    """Every value ever given, the ones that lost a merge too."""

    __tablename__ = "customer_value_history"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    field: Mapped[str]
    source: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    observed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID | None]
    outcome: Mapped[str]
    command_id: Mapped[uuid.UUID | None]


class CustomerUnanswered(Base):
    """A question of the file that was asked and not answered: nobody knew (`unknown`), or nobody would say
    (`refused`). It rests for the days that policy says."""

    __tablename__ = "customer_unanswered"
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    why: Mapped[str]
    observed_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID | None]
    __table_args__ = (CheckConstraint("why IN ('unknown', 'refused')", name="why"),)


class FileRecord(Base):
    """One thing, debt, guarantee, plan, honour or trading partner of a household or business (`RecordKind`).

    `value_fen`: what a thing is worth, a debt's balance, a guarantee's or a plan's amount. Area in
    square metres, quantity in pieces or heads. `detail`: what else the kind has, by field.
    """

    __tablename__ = "file_record"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    kind: Mapped[str]
    label: Mapped[str]
    value_fen: Mapped[int | None]
    area_m2: Mapped[int | None]
    quantity: Mapped[int | None]
    detail: Mapped[dict[str, Any]]
    source: Mapped[str]
    observed_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID | None]
    removed_at: Mapped[datetime | None]
    __table_args__ = (
        # another customer that it names
        Index(
            "ix_file_record_named",
            text("(detail ->> 'customer')"),
            postgresql_where=text("(detail ->> 'customer') IS NOT NULL"),
        ),
    )


class FileRecordHistory(Base):
    """What a record was before a change, and who changed it. `lost`: what of it gave way to something newer,
    by field."""

    __tablename__ = "file_record_history"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    record_id: Mapped[uuid.UUID] = mapped_column(index=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    lost: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    observed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID | None]
    command_id: Mapped[uuid.UUID | None]


class CustomerPhoto(Base):
    """A photo of the file: `file_class` says what it shows, `person_id` whose papers. Its bytes follow."""

    __tablename__ = "customer_photo"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    file_hash: Mapped[str] = mapped_column(index=True)
    file_class: Mapped[str]
    taken_at: Mapped[datetime]
    observed_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID | None]
    removed_at: Mapped[datetime | None]
    removed_reason: Mapped[str | None]


class RetentionDeletion(Base):
    """What was deleted of a person by rule (`withdrawn`, `died`): for which consent, and how much of it."""

    __tablename__ = "retention_deletion"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[str]
    rule: Mapped[str]
    since: Mapped[datetime]
    deleted_at: Mapped[datetime]
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)


class CustomerPast(Base):
    """Where a customer lay, and whose it was, until `ended_at`. The database writes it at each move."""

    __tablename__ = "customer_past"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    grid_id: Mapped[uuid.UUID | None]
    owner_id: Mapped[uuid.UUID | None]
    branch_id: Mapped[uuid.UUID]
    ended_at: Mapped[datetime]
    __table_args__ = (Index("ix_customer_past_customer_id", "customer_id", "ended_at"),)


class CustomerSuggestion(Base):
    """An edit whose author no longer looks after the customer: `open`, then `accepted` or `dismissed`.

    `id` is the command's. `body`: the command's body, of `version`.
    """

    __tablename__ = "customer_suggestion"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    author_id: Mapped[uuid.UUID]
    installation_id: Mapped[uuid.UUID]
    type: Mapped[str]
    version: Mapped[int]
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    observed_at: Mapped[datetime]
    offset_minutes: Mapped[int]
    clock_error_s: Mapped[int]
    received_at: Mapped[datetime]
    state: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None]


class CustomerDispute(Base):
    """Amounts of one field of which a person must say which is right: `open`, then `settled`.

    The value that stands lies in CustomerValue. `others`: those against it, oldest first,
    each `{value, source, observed_at (ms), staff_id}`. `value`: `{"value": …}`, what was decided.
    """

    __tablename__ = "customer_dispute"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    field: Mapped[str]
    others: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    opened_at: Mapped[datetime]
    state: Mapped[str]
    value: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[uuid.UUID | None]
    __table_args__ = (
        CheckConstraint("state IN ('open', 'settled')", name="state"),
        Index(
            "uq_customer_dispute_open",
            "customer_id",
            "field",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )


class CustomerMove(Base):
    """A merge of `customer_id` into `other_id`, a split of `other_id` off `customer_id`, a member who went
    there, or a person who had an entry in both and lives there.

    `id` is the command's. `detail`: ids of what moved, and the relations and books from before, by which a
    merge is
    taken back.
    """

    __tablename__ = "customer_move"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    other_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    detail: Mapped[dict[str, Any]]
    moved_at: Mapped[datetime]
    moved_by: Mapped[uuid.UUID]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[uuid.UUID | None]
    __table_args__ = (
        CheckConstraint("kind IN ('merge', 'split', 'member', 'person')", name="kind"),
        Index(
            "uq_customer_move_merged",
            "customer_id",
            unique=True,
            postgresql_where=text("kind = 'merge' AND undone_at IS NULL"),
        ),
    )
