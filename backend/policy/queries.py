"""Reads of dated figures."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from backend.kernel.uow import UnitOfWork
from backend.policy.models import PolicyFigure


async def figure(uow: UnitOfWork, key: str, on: date | None = None) -> Any:
    """The value of `key` in force on `on` (default: today). Raises LookupError for an unknown key."""
    row = await uow.session.scalar(
        select(PolicyFigure)
        .where(PolicyFigure.key == key, PolicyFigure.valid_from <= (on or uow.today))
        .order_by(PolicyFigure.valid_from.desc())
        .limit(1)
    )
    if row is None:
        raise LookupError(f"no policy figure {key!r} is in force on {on or uow.today}")
    return row.value


async def figures(uow: UnitOfWork, keys: Sequence[str]) -> dict[str, Any]:
    """The values of `keys` in force today. Raises LookupError for an unknown key."""
    rows = await uow.session.execute(
        select(PolicyFigure.key, PolicyFigure.value)
        .ext(distinct_on(PolicyFigure.key))
        .where(PolicyFigure.key.in_(keys), PolicyFigure.valid_from <= uow.today)
        .order_by(PolicyFigure.key, PolicyFigure.valid_from.desc())
    )
    found = {row.key: row.value for row in rows}
    if missing := set(keys) - found.keys():
        raise LookupError(f"no policy figures {sorted(missing)} are in force on {uow.today}")
    return found


async def figures_on_phone(uow: UnitOfWork, keys: Sequence[str]) -> dict[str, Any]:
    """The values in force today of those of `keys` that phones receive."""
    rows = await uow.session.execute(
        select(PolicyFigure.key, PolicyFigure.value)
        .ext(distinct_on(PolicyFigure.key))
        .where(PolicyFigure.on_phone, PolicyFigure.key.in_(keys), PolicyFigure.valid_from <= uow.today)
        .order_by(PolicyFigure.key, PolicyFigure.valid_from.desc())
    )
    return {row.key: row.value for row in rows}
