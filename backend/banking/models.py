"""What the bank's own systems know of a customer. An agent sees none of it.

A row lies with its customer (`customer_id`) as the last file said. One that names a person (`person_id`)
goes where that person lives, between files too; `filed_under` is then where the file had laid it (decision
0028).
"""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


def _filed_under(table: str) -> Index:
    """Finds the few rows that have followed somebody since their file."""
    return Index(f"ix_{table}_filed_under", "filed_under", postgresql_where=text("filed_under IS NOT NULL"))


class Account(Base):
    """A deposit account: `demand`, `term` or `social` (social-security card). Balances in fen as of
    `as_of`.

    Its number is kept as a keyed hash and its last four digits (`number_tail`), never whole. `person_id`:
    whose it is, where the file named a person. Read by the view `held_account` alone (decision 0026).
    """

    __tablename__ = "account"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    account_kind: Mapped[str]
    balance_fen: Mapped[int]
    year_average_fen: Mapped[int]
    opened_on: Mapped[date]
    as_of: Mapped[date]
    number_index: Mapped[bytes | None] = mapped_column(unique=True)
    number_tail: Mapped[str | None]
    closed_on: Mapped[date | None]
    filed_under: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customer.id"))
    __table_args__ = (_filed_under("account"),)


class Loan(Base):
    """A loan contract. Amounts in fen, rate in basis points, `overdue_days` as of `as_of`."""

    __tablename__ = "loan"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    contract: Mapped[str] = mapped_column(unique=True)
    balance_fen: Mapped[int]
    granted_fen: Mapped[int]
    rate_bp: Mapped[int]
    granted_on: Mapped[date]
    due_on: Mapped[date]
    overdue_days: Mapped[int]
    as_of: Mapped[date]
    filed_under: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customer.id"))
    __table_args__ = (_filed_under("loan"),)


class FlowPart(Base):
    """One month's movements of one holder, as a file told them (`month`: its first day). Amounts in fen.

    A household has several holders; `holder` is the keyed hash of how the file named this one, `person_id`
    whose it is where it named a person. Read by the view `held_flow` alone (decision 0026).
    """

    __tablename__ = "flow_part"
    holder: Mapped[bytes] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    in_fen: Mapped[int]
    out_fen: Mapped[int]
    in_count: Mapped[int]
    out_count: Mapped[int]
    wages_fen: Mapped[int]
    merchant_fen: Mapped[int]
    as_of: Mapped[date]
    filed_under: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customer.id"))
    __table_args__ = (
        Index("ix_flow_part_customer_id_month", "customer_id", "month"),
        _filed_under("flow_part"),
    )


class Holding(Base):
    """A product signed with the bank: by any of the customer's holders, `since_on` the first of them."""

    __tablename__ = "holding"
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    product_code: Mapped[str] = mapped_column(primary_key=True)
    since_on: Mapped[date]


class HoldingPart(Base):
    """One product or contract of one holder, as a file told it. `number_index` is empty where the file has
    no contract numbers; `until_on`: cancelled on that day."""

    __tablename__ = "holding_part"
    holder: Mapped[bytes] = mapped_column(primary_key=True)
    product_code: Mapped[str] = mapped_column(primary_key=True)
    number_index: Mapped[bytes] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    since_on: Mapped[date]
    until_on: Mapped[date | None]
    as_of: Mapped[date]
    filed_under: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customer.id"))
    __table_args__ = (
        Index("ix_holding_part_customer_id_product_code", "customer_id", "product_code"),
        _filed_under("holding_part"),
    )


class ProvincialGrade(Base):
    """What the provincial credit system (信e代) said on a day (`as_of`) of one holder, as a file told it: one
    of `rules.GRADES`, and a limit in fen where it gives one.

    It is shown and compared (view `shown_grade`, by the consent `credit`), and enters no rule: no view of
    `facts` may read it (decision 0036). `batch_id`: the file that said it last.
    """

    __tablename__ = "provincial_grade"
    holder: Mapped[bytes] = mapped_column(primary_key=True)
    as_of: Mapped[date] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    grade: Mapped[str]
    limit_fen: Mapped[int | None]
    batch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("import_batch.id"))
    filed_under: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customer.id"))
    __table_args__ = (
        Index("ix_provincial_grade_customer_id_as_of", "customer_id", "as_of"),
        _filed_under("provincial_grade"),
    )


class ImportBatch(Base):
    """A file of the bank's systems that was taken, or refused as a whole for `reason`.

    `as_of`: the newest day that its rows tell of. `counts`: rows by what became of them.
    """

    __tablename__ = "import_batch"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    file_name: Mapped[str]
    file_hash: Mapped[str] = mapped_column(index=True)
    as_of: Mapped[date | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    counts: Mapped[dict[str, Any]]
    imported_at: Mapped[datetime]
    run_by: Mapped[str]
    __table_args__ = (CheckConstraint("state IN ('taken', 'refused')", name="state"),)
