"""What the bank's own systems know of a customer. An agent sees none of it."""

import uuid
from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class Account(Base):
    """A deposit account: `demand`, `term` or `social` (social-security card). Balances in fen as of
    `as_of`."""

    __tablename__ = "account"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    account_kind: Mapped[str]
    balance_fen: Mapped[int]
    year_average_fen: Mapped[int]
    opened_on: Mapped[date]
    as_of: Mapped[date]


class Loan(Base):
    """A loan contract. Amounts in fen, rate in basis points, `overdue_days` as of `as_of`."""

    __tablename__ = "loan"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    contract: Mapped[str] = mapped_column(unique=True)
    balance_fen: Mapped[int]
    granted_fen: Mapped[int]
    rate_bp: Mapped[int]
    granted_on: Mapped[date]
    due_on: Mapped[date]
    overdue_days: Mapped[int]
    as_of: Mapped[date]


class FlowMonth(Base):
    """One month's movements over a customer's accounts (`month`: its first day). Amounts in fen."""

    __tablename__ = "flow_month"
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    in_fen: Mapped[int]
    out_fen: Mapped[int]
    in_count: Mapped[int]
    out_count: Mapped[int]
    wages_fen: Mapped[int]
    merchant_fen: Mapped[int]


class Holding(Base):
    """A product signed with the bank."""

    __tablename__ = "holding"
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    product_code: Mapped[str] = mapped_column(primary_key=True)
    since_on: Mapped[date]
