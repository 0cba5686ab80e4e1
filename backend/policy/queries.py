"""Reads of dated figures."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from backend.kernel.bulk import Part, look
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


FIGURES = (
    "SELECT array_agg(f.key) AS figure_keys, array_agg(CAST(f.value AS text)) AS figure_values FROM"
    " (SELECT DISTINCT ON (key) key, value FROM policy_figure WHERE key = ANY(:keys) AND valid_from <= :today"
    "  ORDER BY key, valid_from DESC) f"
)


async def figures(uow: UnitOfWork, keys: Sequence[str]) -> dict[str, Any]:
    """The values of `keys` in force today. Raises LookupError for an unknown key."""
    return figures_in(uow, await look(uow.session, figures_part(uow, keys)), keys)


def figures_part(uow: UnitOfWork, keys: Sequence[str]) -> Part:
    """What asks for `figures` together with other things; `figures_in` reads the answer."""
    return Part(FIGURES, {"keys": list(keys), "today": uow.today})


def figures_in(uow: UnitOfWork, row: Any, keys: Sequence[str]) -> dict[str, Any]:
    """As `figures`, from a row that `figures_part` was asked for."""
    values = (msgspec.json.decode(value) for value in row.figure_values or ())
    found = dict(zip(row.figure_keys or (), values, strict=True))
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
