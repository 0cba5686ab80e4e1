"""Phones: enrolment, the escrow of their data key, withdrawal."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from backend.identity import errors, queries
from backend.identity.models import Device, DeviceEscrow, Session
from backend.identity.rules import RELEASES_A_DAY, base64url, kept_key, public_key, unbase64
from backend.identity.schemas import DeviceView, Enrolled, Enrolment, ServerKey
from backend.identity.sign_in import end_sessions_of
from backend.kernel.actor import Role
from backend.kernel.clock import millis
from backend.kernel.crypto import Keys, SealBroken, SealKey, seal_to
from backend.kernel.errors import not_found
from backend.kernel.uow import UnitOfWork


async def enrol(uow: UnitOfWork, keys: Keys, wanted: Enrolment) -> Enrolled:
    """Makes a phone known and binds the session to it. Repeating it with the same key is harmless.

    Raises Problem `malformed` for a key that is none, `installation_taken` for an id of somebody else,
    `device_revoked` for one that the bank withdrew.
    """
    try:
        public_key(wanted.public_key)
    except ValueError as error:
        raise errors.bad_key(f"public_key: {error}") from error
    staff_id = uow.actor.require_staff()
    added = await uow.session.scalar(
        insert(Device)
        .values(
            installation_id=wanted.installation_id,
            staff_id=staff_id,
            public_key=kept_key(wanted.public_key),
            label=wanted.label,
            platform=wanted.platform,
            app_version=wanted.app_version,
            enrolled_at=uow.now,
        )
        .on_conflict_do_nothing()
        .returning(Device.installation_id)
    )
    if added is None:
        await _enrol_again(uow, wanted)
    await bind_session(uow, wanted.installation_id)
    if added is not None:
        uow.audit("identity.device_enrolled", "device", wanted.installation_id)
    return Enrolled(wanted.installation_id, _server_key(keys.seal), _server_key(keys.escrow))


async def _enrol_again(uow: UnitOfWork, wanted: Enrolment) -> None:
    device = await queries.device(uow, wanted.installation_id, lock=True)
    # row security hides other people's phones, except from an administrator
    if (
        device is None
        or device.staff_id != uow.actor.staff_id
        or device.public_key != kept_key(wanted.public_key)
    ):
        raise errors.installation_taken()
    if device.revoked_at is not None:
        raise errors.device_revoked(deliver=device.delivered_at is None)
    device.label, device.platform, device.app_version = wanted.label, wanted.platform, wanted.app_version


async def bind_session(uow: UnitOfWork, installation_id: UUID) -> None:
    """The actor's session is this phone's from now on."""
    await uow.session.execute(
        update(Session).where(Session.id == uow.actor.session_id).values(installation_id=installation_id)
    )


async def list_devices(uow: UnitOfWork) -> list[DeviceView]:
    """The actor's phones, newest first."""
    return [
        DeviceView(
            installation_id=one.installation_id,
            label=one.label,
            platform=one.platform,
            app_version=one.app_version,
            enrolled_at=millis(one.enrolled_at),
            revoked_at=millis(one.revoked_at) if one.revoked_at else None,
            last_seen_at=millis(one.last_seen_at) if one.last_seen_at else None,
            outbox_depth=one.outbox_depth,
            unlock_ways=one.unlock_ways,
            current=one.installation_id == uow.actor.installation_id,
        )
        for one in await queries.devices_of(uow, uow.actor.require_staff())
    ]


async def note_unlock(uow: UnitOfWork, ways: Sequence[str]) -> None:
    """Notes how the phone says that it is opened. Raises Problem `not_enrolled`."""
    installation_id = await _own_device(uow)
    device = await queries.device(uow, installation_id, lock=True)
    if device is None or device.unlock_ways == sorted(set(ways)):
        return
    uow.audit(
        "identity.unlock_changed", "device", installation_id, {"from": device.unlock_ways, "to": list(ways)}
    )
    device.unlock_ways = sorted(set(ways))
    await uow.session.flush()


async def keep_escrow(uow: UnitOfWork, keys: Keys, sealed: str) -> None:
    """Keeps the phone's data key, sealed, for the day its PIN is forgotten.

    It is opened once to be sure that it can be: a broken one would be noticed only when it is needed. Raises
    Problem `not_enrolled` or `malformed`.
    """
    installation_id = await _own_device(uow)
    try:
        content = unbase64(sealed)
        keys.escrow.open(content, _context(installation_id))
    except ValueError as error:  # SealBroken is one
        raise errors.bad_key(f"sealed: {error}") from error
    row = {"installation_id": installation_id, "sealed": content, "stored_at": uow.now}
    await uow.session.execute(
        insert(DeviceEscrow)
        .values(row)
        .on_conflict_do_update(
            index_elements=["installation_id"], set_={"sealed": content, "stored_at": uow.now}
        )
    )
    uow.audit("identity.escrow_kept", "device", installation_id)


async def release_escrow(uow: UnitOfWork, keys: Keys, to: str) -> bytes:
    """The phone's data key, sealed to a fresh key of the phone with context `escrow:<installation id>`.

    The caller has confirmed the password. Raises Problem `not_enrolled`, `no_escrow`, `malformed`,
    `too_many_releases`.
    """
    installation_id = await _own_device(uow)
    escrow = await queries.escrow_of(uow, installation_id)
    if escrow is None:
        raise errors.no_escrow()
    today = uow.clock.local(uow.now).date()
    used = escrow.releases
    if escrow.released_at is None or uow.clock.local(escrow.released_at).date() != today:
        used = 0
    if used >= RELEASES_A_DAY:
        midnight = uow.clock.local(uow.now).replace(hour=0, minute=0, second=0, microsecond=0)
        wait = midnight + timedelta(days=1) - uow.clock.local(uow.now)
        raise errors.too_many_releases(int(wait.total_seconds()) + 1)
    context = _context(installation_id)
    try:
        resealed = seal_to(unbase64(to), keys.escrow.open(escrow.sealed, context), context)
    except SealBroken as error:
        raise errors.no_escrow() from error
    except ValueError as error:
        raise errors.bad_key(f"public_key: {error}") from error
    escrow.releases, escrow.released_at = used + 1, uow.now
    uow.audit("identity.escrow_released", "device", installation_id, {"today": used + 1})
    return resealed


async def revoke(uow: UnitOfWork, installation_id: UUID) -> None:
    """Withdraws a phone: its sessions end, its requests are refused, its reminders stop.

    One's own, or anybody's for an administrator. Raises Problem `not_found`. Repeating it changes nothing.
    """
    device = await queries.device(uow, installation_id, lock=True)
    mine = device is not None and device.staff_id == uow.actor.staff_id
    if device is None or not (mine or uow.actor.role is Role.admin):
        raise not_found("Phone")
    if device.revoked_at is not None:
        return
    device.revoked_at = uow.now
    ended = await end_sessions_of(uow, installation_id)
    uow.emit("identity.device_revoked", {"installation_id": str(installation_id)})
    uow.audit("identity.device_revoked", "device", installation_id, {"own": mine, "sessions": ended})


async def _own_device(uow: UnitOfWork) -> UUID:
    """The phone this session is bound to, where it is known and not withdrawn. Raises Problem."""
    installation_id = uow.actor.installation_id
    device = await queries.device(uow, installation_id) if installation_id else None
    if device is None or device.staff_id != uow.actor.staff_id:
        raise errors.not_enrolled()
    if device.revoked_at is not None:
        raise errors.device_revoked(deliver=device.delivered_at is None)
    return device.installation_id


def _context(installation_id: UUID) -> str:
    return f"escrow:{installation_id}"


def _server_key(key: SealKey) -> ServerKey:
    return ServerKey(key.key_id.hex(), base64url(key.public_raw))
