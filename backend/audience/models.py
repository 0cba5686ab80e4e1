"""Groups that choosers keep: a choice counted anew each time, or customers as they were chosen."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class AudienceGroup(Base):
    """A group (客群). `fixed`: its customers are those of AudienceMember, `size` of them when it was made;
    else whoever meets `choice` today. `branch_id`: of its owner, none for head office."""

    __tablename__ = "audience_group"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[uuid.UUID] = mapped_column(index=True)
    branch_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    name: Mapped[str]
    why: Mapped[str]
    choice: Mapped[dict[str, Any]]
    fixed: Mapped[bool]
    size: Mapped[int]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class AudienceMember(Base):
    """A customer of a fixed group."""

    __tablename__ = "audience_member"
    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("audience_group.id"), primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
