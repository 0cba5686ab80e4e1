"""Slows guessing down. Every try is charged before the password is looked at and given back when it was
right.

So a hundred tries at once count as a hundred, and a right password is never slowed by an earlier slip of the
same person on the same phone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from backend.identity import errors
from backend.identity.rules import SLOPES, Slope
from backend.kernel.crypto import Keys
from backend.kernel.errors import Problem
from backend.kernel.uow import UnitOfWork

LOCK = text(
    "INSERT INTO login_throttle AS t (key, failures, last_at) VALUES (:key, 0, :now)"
    " ON CONFLICT (key) DO UPDATE SET key = t.key RETURNING failures, blocked_until, last_at"
)
CHARGE = text(
    "UPDATE login_throttle SET failures = :failures, blocked_until = :until, last_at = :now WHERE key = :key"
)
FORGET = text("UPDATE login_throttle SET failures = 0, blocked_until = NULL WHERE key = :key")
# a colleague's block, set meanwhile, stays
GIVE_BACK = text(
    "UPDATE login_throttle SET failures = greatest(failures - 1, 0),"
    " blocked_until = CASE WHEN blocked_until IS NOT DISTINCT FROM CAST(:until AS timestamptz) THEN NULL"
    " ELSE blocked_until END WHERE key = :key"
)


@dataclass(frozen=True, slots=True)
class Charge:
    """A try that was counted: until when each of its keys waits because of it."""

    until: Mapping[str, datetime | None]


def keys_of(keys: Keys, login: str, address: str, known: str | None) -> list[str]:
    """The counters of one try. They hold keyed hashes: nobody reads logins or addresses out of them.

    `known`: the nonce of a phone on which this login was right before.
    """
    if known is not None:
        return [_key(keys, "known", f"{login}\0{known}")]
    return [
        _key(keys, "address", address),
        _key(keys, "login", login),
        _key(keys, "pair", f"{login}\0{address}"),
    ]


def _key(keys: Keys, kind: str, value: str) -> str:
    return f"{kind}:{keys.blind_index(value, f'throttle/{kind}').hex()[:32]}"


def _slope(key: str) -> Slope:
    return SLOPES[key.split(":", maxsplit=1)[0]]


async def count_look_up(uow: UnitOfWork) -> None:
    """Counts one look-up of the actor's; who makes many without a pause waits longer and longer.

    Raises Problem `too_many_look_ups`.
    """
    key = _key(uow.keys, "look_up", str(uow.actor.require_staff()))
    async with uow.elevated("counters are kept apart from everybody's rows"):
        await charge(uow, [key], errors.too_many_look_ups)


async def count_wrong_code(uow: UnitOfWork, address: str) -> None:
    """Counts a code that opened nothing, by where it came from. Needs the system's sight.

    Raises Problem `too_many_codes`.
    """
    await charge(uow, [_key(uow.keys, "wrong_code", address)], errors.too_many_codes)


async def count_code(uow: UnitOfWork, whose: str) -> None:
    """Counts a use of a code that opens. Needs the system's sight. Raises Problem `too_many_codes`."""
    await charge(uow, [_key(uow.keys, "code", whose)], errors.too_many_codes)


async def charge(
    uow: UnitOfWork, counters: list[str], refused: Callable[[int], Problem] = errors.too_many_tries
) -> Charge:
    """Counts a try. Raises what `refused` makes of the seconds to wait while a counter waits; such a try is
    not counted."""
    found: dict[str, int] = {}
    wait = timedelta()
    for key in sorted(counters):  # one order for everybody
        row = (await uow.session.execute(LOCK, {"key": key, "now": uow.now})).one()
        found[key] = 0 if row.last_at < uow.now - _slope(key).forgotten else row.failures
        if row.blocked_until is not None:
            wait = max(wait, row.blocked_until - uow.now)
    if wait > timedelta():
        raise refused(max(1, -int(-wait.total_seconds() // 1)))
    until: dict[str, datetime | None] = {}
    for key, failures in found.items():
        pause = _slope(key).wait(failures + 1)
        until[key] = uow.now + pause if pause else None
        await uow.session.execute(
            CHARGE, {"key": key, "failures": failures + 1, "until": until[key], "now": uow.now}
        )
    return Charge(until)


async def give_back(uow: UnitOfWork, charged: Charge) -> None:
    """The password was right: the person's own counters are forgotten, the shared one loses this try only."""
    for key in sorted(charged.until):
        if key.startswith("address:"):
            await uow.session.execute(GIVE_BACK, {"key": key, "until": charged.until[key]})
        else:
            await uow.session.execute(FORGET, {"key": key})
