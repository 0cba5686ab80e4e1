"""Grids and who holds them from when to when."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class Grid(Base):
    """A grid (网格). `outline_wkb`: polygon, WGS-84; `lon`, `lat`: a point inside it; `manager_id`:
    responsible today."""

    __tablename__ = "grid"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    branch_id: Mapped[uuid.UUID] = mapped_column(index=True)
    township: Mapped[str]
    area_code: Mapped[str | None]
    outline_wkb: Mapped[bytes]
    lon: Mapped[float]
    lat: Mapped[float]
    area_m2: Mapped[int]
    manager_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    source: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    changed_at: Mapped[datetime]


class GridAssignment(Base):
    """`staff_id` holds `grid_id` as responsible, agent, assistant or supervisor from a day to a day
    (exclusive). `ended_at`: the instant at which the last day was set (the database notes it)."""

    __tablename__ = "grid_assignment"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    grid_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("grid.id"), index=True)
    staff_id: Mapped[uuid.UUID]
    duty: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    assigned_by: Mapped[uuid.UUID | None]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_grid_assignment_staff_id", "staff_id", postgresql_where=text("to_on IS NULL")),
        Index(
            "uq_grid_assignment_responsible",
            "grid_id",
            unique=True,
            postgresql_where=text("duty = 'responsible' AND to_on IS NULL"),
        ),
    )
