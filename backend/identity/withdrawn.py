"""A phone that the bank withdrew: it may deliver what waits on it, then it wipes itself."""

from uuid import UUID

from sqlalchemy import text, update

from backend.identity import errors
from backend.identity.access import NonceStore, Signature, parsed, signed_content, use_nonce
from backend.identity.models import Device
from backend.identity.rules import signature_holds
from backend.kernel.actor import HEADS, Actor, Role
from backend.kernel.errors import Problem
from backend.kernel.uow import Database, UnitOfWork

WITHDRAWN = text(
    "SELECT d.public_key, d.delivered_at, s.id, s.name, s.role, s.unit_id, s.branch_id, s.active,"
    " ARRAY(SELECT a.grid_id FROM grid_assignment a WHERE a.staff_id = s.id AND a.from_on <= :today"
    "   AND (a.to_on IS NULL OR a.to_on > :today) ORDER BY a.grid_id) AS grid_ids"
    " FROM device d JOIN staff s ON s.id = d.staff_id"
    " WHERE d.installation_id = :id AND d.revoked_at IS NOT NULL"
)


async def delivering(
    database: Database, nonces: NonceStore, given: Signature, request_id: str, *, delivery: bool
) -> Actor | None:
    """The person of a withdrawn phone, with today's scope, for a request that delivers (`delivery`).

    None where the request was not signed by a withdrawn phone: whoever lacks its key learns nothing. Raises
    Problem `device_revoked` for anything but a delivery and where all was delivered, `nonce_used`,
    `try_again`.
    """
    try:
        installation_id, nonce = parsed(given)
    except Problem:
        return None
    async with database.unit(Actor.system("withdrawn-phone", request_id)) as uow:
        row = (
            await uow.session.execute(WITHDRAWN, {"id": installation_id, "today": uow.today})
        ).one_or_none()
    if row is None or not signature_holds(row.public_key, given.signature, signed_content(given)):
        return None
    if not delivery or row.delivered_at is not None:
        raise errors.device_revoked(deliver=row.delivered_at is None)
    await use_nonce(nonces, installation_id, nonce)
    role = Role(row.role)
    return Actor(
        staff_id=row.id,
        role=role,
        unit_id=row.unit_id,
        branch_id=row.branch_id,
        branch_ids=(row.branch_id,) if role in HEADS and row.branch_id else (),
        grid_ids=tuple(row.grid_ids),
        installation_id=installation_id,
        request_id=request_id,
        name=row.name,
        withdrawn=True,
        left=not row.active,
    )


async def note_delivered(uow: UnitOfWork) -> None:
    """Nothing waits on the actor's withdrawn phone any more: it is not heard again."""
    installation_id: UUID | None = uow.actor.installation_id
    await uow.session.execute(
        update(Device)
        .where(Device.installation_id == installation_id)
        .values(
            delivered_at=uow.now,
            outbox_depth=0,
            outbox_oldest_at=None,
            outbox_same_since=None,
            outbox_photos=0,
        )
    )
    uow.audit("identity.device_delivered", "device", str(installation_id))
