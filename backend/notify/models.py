"""Inbox items, push subscriptions, deliveries."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class InboxItem(Base):
    """A message to one person. `params` hold ids and counts; the text is made on the phone. `dedupe` makes
    it single."""

    __tablename__ = "inbox_item"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    params: Mapped[dict[str, Any]]
    urgency: Mapped[str] = mapped_column(server_default=text("'normal'"))
    dedupe: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    __table_args__ = (Index("ix_inbox_item_staff_id", "staff_id", "created_at"),)


class PushSubscription(Base):
    """A browser's Web Push subscription, belonging to the session's person and installation."""

    __tablename__ = "push_subscription"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(index=True)
    installation_id: Mapped[uuid.UUID]
    endpoint: Mapped[str] = mapped_column(unique=True)
    p256dh: Mapped[str]
    auth: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    last_ok_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))


class PushDelivery(Base):
    """One item sent to one subscription: `sent`, `gone` (404 or 410), `failed`."""

    __tablename__ = "push_delivery"
    inbox_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("inbox_item.id"), primary_key=True)
    subscription_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID]
    state: Mapped[str]
    status: Mapped[int | None]
    at: Mapped[datetime]
