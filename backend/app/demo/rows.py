"""The rows that the generator makes, one class a table, fields as the table's columns."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

Row = tuple[Any, ...]
"""A row of a table; always one of the named tuples below."""


class CustomerRow(NamedTuple):
    id: UUID
    kind: str
    name: str
    pinyin: str
    initials: str
    branch_id: UUID
    grid_id: UUID | None
    owner_id: UUID | None
    address: str
    lon: float | None
    lat: float | None
    accuracy_m: int | None
    point_source: str | None
    phone_person_id: UUID | None
    member_count: int
    completeness_points: int
    status: str
    source: str
    created_on: date
    created_by: UUID | None
    inputs_revision: int
    books: list[str]


class PersonRow(NamedTuple):
    id: UUID
    name: str
    sex: str
    birth_on: date
    education: str | None
    occupation: str | None
    created_by: UUID | None
    consented: list[str]
    guardian_id: UUID | None


class PrivateRow(NamedTuple):
    person_id: UUID
    sealed: bytes


class ConsentRow(NamedTuple):
    id: UUID
    person_id: UUID
    customer_id: UUID
    purpose: str
    given: bool
    text_number: int | None
    signed_by: UUID | None
    signature_hash: str | None
    reason: str | None
    observed_at: datetime
    recorded_at: datetime
    recorded_by: UUID | None


class ContactRow(NamedTuple):
    person_id: UUID
    phone_sealed: bytes
    phone_index: bytes


class IdentityRow(NamedTuple):
    person_id: UUID
    number_sealed: bytes
    number_index: bytes
    valid_until: date | None
    given_by: list[UUID]


class MembershipRow(NamedTuple):
    id: UUID
    customer_id: UUID
    person_id: UUID
    relation: str
    whereabouts: str | None
    since_on: date
    until_on: date | None
    in_household: bool


class ValueRow(NamedTuple):
    customer_id: UUID
    field: str
    source: str
    amount: int | None
    choice: str | None
    observed_at: datetime
    recorded_by: UUID | None
    shown: bool
    disputed: bool


class RecordRow(NamedTuple):
    id: UUID
    customer_id: UUID
    kind: str
    label: str
    value_fen: int | None
    area_m2: int | None
    quantity: int | None
    detail: str
    source: str
    observed_at: datetime
    recorded_by: UUID | None
    removed_at: datetime | None


class AccountRow(NamedTuple):
    id: UUID
    customer_id: UUID
    person_id: UUID | None
    account_kind: str
    balance_fen: int
    year_average_fen: int
    opened_on: date
    as_of: date


class LoanRow(NamedTuple):
    id: UUID
    customer_id: UUID
    person_id: UUID | None
    contract: str
    balance_fen: int
    granted_fen: int
    rate_bp: int
    granted_on: date
    due_on: date
    overdue_days: int
    as_of: date


class FlowRow(NamedTuple):
    holder: bytes
    month: date
    customer_id: UUID
    person_id: UUID | None
    in_fen: int
    out_fen: int
    in_count: int
    out_count: int
    wages_fen: int
    merchant_fen: int
    as_of: date


class HoldingRow(NamedTuple):
    customer_id: UUID
    product_code: str
    since_on: date


class VisitRow(NamedTuple):
    id: UUID
    customer_id: UUID
    grid_id: UUID | None
    staff_id: UUID
    staff_role: str
    companion_id: UUID | None
    channel: str
    purpose: str
    outcome: str
    needs: list[str]
    presented: list[str]
    wanted_fen: int | None
    wanted_for: str | None
    note: str | None
    lon: float | None
    lat: float | None
    accuracy_m: int | None
    distance_m: int | None
    flags: list[str]
    at: datetime
    device_at: datetime
    offset_minutes: int
    clock_error_s: int
    received_at: datetime
    next_on: date | None
    next_purpose: str | None
    installation_id: UUID | None


class UnitRow(NamedTuple):
    id: UUID
    parent_id: UUID | None
    kind: str
    code: str
    name: str


class StaffRow(NamedTuple):
    id: UUID
    login: str
    name: str
    role: str
    unit_id: UUID
    branch_id: UUID | None
    active: bool
    created_at: datetime


class GridRow(NamedTuple):
    id: UUID
    code: str
    name: str
    kind: str
    branch_id: UUID
    township: str
    area_code: str | None
    outline_wkb: bytes
    lon: float
    lat: float
    area_m2: int
    manager_id: UUID | None
    source: str
    active: bool
    changed_at: datetime


class AssignmentRow(NamedTuple):
    id: UUID
    grid_id: UUID
    staff_id: UUID
    duty: str
    from_on: date
    to_on: date | None
    assigned_by: UUID | None


class DutyRow(NamedTuple):
    customer_id: UUID
    duty_kind: str
    rhythm_days: int
    due_on: date
    last_done_on: date | None


class TaskRow(NamedTuple):
    id: UUID
    kind: str
    duty_kind: str | None
    customer_id: UUID
    customer_name: str
    grid_id: UUID | None
    branch_id: UUID
    assignee_id: UUID
    state: str
    due_on: date
    rhythm_days: int | None
    opened_at: datetime
    evidence_id: UUID | None
    submitted_at: datetime | None
    decided_at: datetime | None
    decided_by: UUID | None
    reason: str | None
    closed_at: datetime | None


class MoveRow(NamedTuple):
    id: UUID
    task_id: UUID
    move: str
    from_state: str
    to_state: str
    staff_id: UUID | None
    reason: str | None
    evidence_id: UUID | None
    at: datetime


#: tables in the order in which their foreign keys allow them to be written
TABLES: dict[type[Any], str] = {
    UnitRow: "org_unit",
    StaffRow: "staff",
    GridRow: "grid",
    AssignmentRow: "grid_assignment",
    PersonRow: "person",
    ContactRow: "person_contact",
    IdentityRow: "person_identity",
    PrivateRow: "person_private",
    CustomerRow: "customer",
    MembershipRow: "membership",
    ConsentRow: "consent",
    ValueRow: "customer_value",
    RecordRow: "file_record",
    AccountRow: "account",
    LoanRow: "loan",
    FlowRow: "flow_part",
    HoldingRow: "holding",
    VisitRow: "visit",
    DutyRow: "duty",
    TaskRow: "task",
    MoveRow: "task_move",
}


class Batch:
    """Rows on their way to the database, by table."""

    def __init__(self) -> None:
        self.rows: dict[type[Any], list[Row]] = {kind: [] for kind in TABLES}

    def add(self, row: Row) -> None:
        self.rows[type(row)].append(row)

    def extend(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.add(row)

    def count(self, kind: type[Any]) -> int:
        return len(self.rows[kind])

    def clear(self) -> None:
        for rows in self.rows.values():
            rows.clear()
