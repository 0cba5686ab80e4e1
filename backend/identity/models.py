"""Tables of identity: the org tree, staff, sessions, devices."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class OrgUnit(Base):
    """A node of the org tree: `hq`, `branch` (支行) or `team`."""

    __tablename__ = "org_unit"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("org_unit.id"))
    kind: Mapped[str]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Staff(Base):
    """A person who signs in. `branch_id` is the branch the unit lies in; HQ staff have none."""

    __tablename__ = "staff"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("org_unit.id"))
    branch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("org_unit.id"), index=True)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime]


class StaffSecret(Base):
    """The argon2id hash of a password; read only through `identity_login`."""

    __tablename__ = "staff_secret"
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    password_hash: Mapped[str]
    changed_at: Mapped[datetime]


class LoginThrottle(Base):
    """Failed tries per key (`login:<hash>` or `address:<hash>`) and until when the key waits."""

    __tablename__ = "login_throttle"
    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    blocked_until: Mapped[datetime | None]
    last_at: Mapped[datetime]


class Device(Base):
    """An enrolled installation of the phone app, bound to one person by a P-256 public key (`public_key`:
    JWK). `delivered_at`: a withdrawn phone said that nothing waits on it any more. `outbox_same_since`: since
    when its oldest entry that waits has been the same one. `unlock_ways`: pin,
    passphrase, prf, as it says."""

    __tablename__ = "device"
    installation_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    public_key: Mapped[dict[str, Any]]
    label: Mapped[str]
    platform: Mapped[str]
    app_version: Mapped[str]
    enrolled_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    outbox_depth: Mapped[int] = mapped_column(server_default=text("0"))
    outbox_oldest_at: Mapped[datetime | None]
    outbox_same_since: Mapped[datetime | None]
    outbox_photos: Mapped[int] = mapped_column(server_default=text("0"))
    delivered_at: Mapped[datetime | None]
    unlock_ways: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))


class DeviceContact(Base):
    """When the bank heard of a phone: one row for each ten minutes in which it did."""

    __tablename__ = "device_contact"
    installation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("device.installation_id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)


class DeviceEscrow(Base):
    """The phone's data key, sealed to the escrow key, which lies outside the database."""

    __tablename__ = "device_escrow"
    installation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("device.installation_id"), primary_key=True)
    sealed: Mapped[bytes]
    stored_at: Mapped[datetime]
    releases: Mapped[int] = mapped_column(server_default=text("0"))
    released_at: Mapped[datetime | None]


class Session(Base):
    """A sign-in. Only the SHA-256 of the cookie's token is kept."""

    __tablename__ = "session"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    installation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("device.installation_id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (Index("ix_session_staff_id", "staff_id", postgresql_where=text("ended_at IS NULL")),)
