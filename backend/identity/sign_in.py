"""Signing in and out.

No transaction is open while a password is checked: the try is charged in one, its outcome written in another.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, update

from backend.identity import errors, queries, throttling
from backend.identity.models import Session, StaffSecret
from backend.identity.passwords import Passwords
from backend.identity.rules import SESSION_LASTS, normal_login, token_hash
from backend.identity.schemas import StaffView
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database, UnitOfWork
from backend.policy import api as policy


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who knocks, before anybody knows who it is. `known`: the value of the phone's `tiange_known` cookie."""

    address: str
    request_id: str
    token: str | None = None
    known: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session. `token` and `known` go into cookies and are kept nowhere."""

    staff: StaffView
    token: str
    known: str
    expires_at: datetime
    prf_only: bool


async def sign_in(
    database: Database, keys: Keys, passwords: Passwords, login: str, password: str, visitor: Visitor
) -> Opened:
    """Opens a session. Raises Problem `wrong_password`, `too_many_tries` or `try_again` (busy)."""
    wanted = normal_login(login)
    # no scope exists before sign-in, so these units act as a job; they touch only what concerns this login
    door = Actor.system("sign-in", visitor.request_id)
    known = known_nonce(keys, wanted, visitor.known)
    counters = throttling.keys_of(keys, wanted, visitor.address, known)
    async with database.unit(door) as uow:
        charged = await throttling.charge(uow, counters)
        found = await queries.login_of(uow, wanted)
    right = await passwords.check(found[1] if found else None, password)
    if found is None or not right or not found[2]:
        async with database.unit(door) as uow:
            _note_failure(uow, keys, wanted, visitor, found, right)
        raise errors.wrong_password()
    staff_id, kept, _ = found
    renewed = await passwords.renewed(kept, password)
    token = secrets.token_urlsafe(32)
    async with database.unit(door) as uow:
        await throttling.give_back(uow, charged)
        if renewed is not None:
            await _keep_password(uow, staff_id, renewed)
        session_id, expires_at = await _open_session(uow, staff_id, token)
        await _end(uow, Session.token_hash == token_hash(visitor.token or ""))
        uow.audit("identity.signed_in", "staff", staff_id, {"session": str(session_id)})
        staff = await queries.staff_view(uow, staff_id)
        prf_only = await requires_prf(uow)
    return Opened(staff, token, _known_cookie(keys, wanted, known), expires_at, prf_only)


async def requires_prf(uow: UnitOfWork) -> bool:
    """Whether phones must be opened by fingerprint or face; a bank that never said so does not insist."""
    try:
        return bool(await policy.figure(uow, "unlock_requires_prf"))
    except LookupError:
        return False


async def confirm_password(
    database: Database,
    keys: Keys,
    passwords: Passwords,
    actor: Actor,
    password: str,
    address: str,
) -> None:
    """Asks the signed-in person's password again, with the same slowing down as at the door.

    Raises Problem `wrong_password`, `too_many_tries` or `try_again`.
    """
    door = Actor.system("confirm-password", actor.request_id)
    async with database.unit(door) as uow:
        login = await queries.login_name(uow, actor.require_staff())
        # counted by session: a stranger who guesses at the door cannot stand in a signed-in person's way
        counters = throttling.keys_of(keys, login, address, f"session {actor.session_id}")
        charged = await throttling.charge(uow, counters)
        found = await queries.login_of(uow, login)
    right = await passwords.check(found[1] if found else None, password)
    async with database.unit(door) as uow:
        if right:
            await throttling.give_back(uow, charged)
        else:
            uow.audit("identity.password_not_confirmed", "staff", actor.require_staff())
    if not right:
        raise errors.wrong_password()


async def sign_out(uow: UnitOfWork, *, everywhere: bool) -> int:
    """Ends the actor's session, or every session of the person. Returns how many ended."""
    staff_id = uow.actor.require_staff()
    condition = Session.staff_id == staff_id if everywhere else Session.id == uow.actor.session_id
    ended = await _end(uow, condition)
    installations = sorted({str(one) for _, one in ended if one is not None})
    # phones where nobody is signed in get no more reminders
    uow.emit("identity.signed_out", {"staff_id": str(staff_id), "installations": installations})
    uow.audit("identity.signed_out", "staff", staff_id, {"everywhere": everywhere, "sessions": len(ended)})
    return len(ended)


async def end_sessions_of(uow: UnitOfWork, installation_id: UUID) -> int:
    """Ends the sessions of a phone. Returns how many."""
    return len(await _end(uow, Session.installation_id == installation_id))


def known_nonce(keys: Keys, login: str, cookie: str | None) -> str | None:
    """The nonce of a `tiange_known` cookie that this server made for this very login, else None."""
    nonce, _, proof = (cookie or "").partition(".")
    holds = bool(nonce) and secrets.compare_digest(
        proof.encode(), keys.receipt("known phone", login, nonce).encode()
    )
    return nonce if holds else None


def _known_cookie(keys: Keys, login: str, nonce: str | None) -> str:
    nonce = nonce or secrets.token_hex(16)
    return f"{nonce}.{keys.receipt('known phone', login, nonce)}"


async def _open_session(uow: UnitOfWork, staff_id: UUID, token: str) -> tuple[UUID, datetime]:
    session = Session(
        id=uuid7(),
        token_hash=token_hash(token),
        staff_id=staff_id,
        created_at=uow.now,
        expires_at=uow.now + SESSION_LASTS,
    )
    uow.session.add(session)
    await uow.session.flush()
    return session.id, session.expires_at


async def _keep_password(uow: UnitOfWork, staff_id: UUID, hashed: str) -> None:
    await uow.session.execute(
        update(StaffSecret)
        .where(StaffSecret.staff_id == staff_id)
        .values(password_hash=hashed, changed_at=uow.now)
    )


async def _end(uow: UnitOfWork, condition: ColumnElement[bool]) -> list[tuple[UUID, UUID | None]]:
    rows = await uow.session.execute(
        update(Session)
        .where(condition, Session.ended_at.is_(None))
        .values(ended_at=uow.now)
        .returning(Session.id, Session.installation_id)
    )
    return [(row.id, row.installation_id) for row in rows]


def _note_failure(
    uow: UnitOfWork,
    keys: Keys,
    login: str,
    visitor: Visitor,
    found: tuple[UUID, str, bool] | None,
    right: bool,
) -> None:
    """A failed try in the audit trail. What was typed may be anything, a password too: only keyed hashes
    stay."""
    reason = "unknown_login" if found is None else "wrong_password" if not right else "inactive"
    hashed = keys.blind_index(login, "audit/login").hex()[:16]
    uow.audit(
        "identity.sign_in_failed",
        "staff" if found else "login",
        found[0] if found else hashed,
        {"reason": reason, "address": keys.blind_index(visitor.address, "audit/address").hex()[:16]},
    )
