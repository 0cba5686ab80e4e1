"""Passwords of the demo logins, kept as hashes."""

import asyncio
import secrets
from typing import Any

from sqlalchemy import text

from backend.app.demo.accounts import LOGINS, Login
from backend.app.demo.errors import DemoRefused
from backend.audit.api import write_audit
from backend.identity.api import hash_password, set_password
from backend.kernel.actor import Actor
from backend.kernel.clock import Clock
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork

# letters and digits that are not taken for one another
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


async def give_passwords(uow: UnitOfWork) -> list[Login]:
    """Sets a new random password for the first person of each role, ends their sessions, returns the
    logins."""
    wanted = {f"{prefix}01": role for role, prefix in LOGINS.items()}
    rows: list[Any] = list(
        (
            await uow.session.execute(
                text(
                    "SELECT s.id, s.login, s.name, coalesce(b.name, '') AS branch FROM staff s"
                    " LEFT JOIN org_unit b ON b.id = s.branch_id WHERE s.login = ANY(:logins)"
                ),
                {"logins": list(wanted)},
            )
        ).all()
    )
    order = list(wanted)
    logins: list[Login] = []
    for row in sorted(rows, key=lambda one: order.index(one.login)):
        password = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
        await set_password(uow, row.id, await asyncio.to_thread(hash_password, password))
        logins.append(Login(wanted[row.login], row.login, password, row.name, row.branch))
    return logins


async def reset(settings: Settings) -> list[Login]:
    """See `backend.app.demo.reset_logins`."""
    if settings.environment == "production":
        raise DemoRefused("This installation says production; it has no demo logins.")
    clock = Clock(settings.timezone, settings.clock_file)
    database = Database.open(
        settings.database_url_worker, clock, write_audit=write_audit, pool_size=1, application="tiange-demo"
    )
    try:
        async with database.unit(Actor.system("demo")) as uow:
            found = await uow.session.scalar(text("SELECT value FROM server_fact WHERE name = 'demo'"))
            if found is None:
                raise DemoRefused("There is no demo county in this database. Make one: tiange demo")
            logins = await give_passwords(uow)
            if not logins:
                raise DemoRefused("The demo county is not complete. Run again: tiange demo")
            return logins
    finally:
        await database.close()
