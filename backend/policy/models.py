"""Dated policy figures: what was in force on a day can be read again later."""

from datetime import date
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class PolicyFigure(Base):
    """The value of `key` from `valid_from` on, with where it comes from. Units are in the key (`_m`,
    `_days`)."""

    __tablename__ = "policy_figure"
    key: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    source: Mapped[str]
    on_phone: Mapped[bool]
