"""Brings the shipped figures into a database, once each."""

from sqlalchemy.dialects.postgresql import insert

from backend.kernel.uow import UnitOfWork
from backend.policy.figures import SHIPPED, SHIPPED_ON
from backend.policy.models import PolicyFigure


async def ensure_shipped(uow: UnitOfWork) -> int:
    """Adds the shipped figures that are missing; a bank's own later values stay. Returns how many were
    added."""
    added = await uow.session.scalars(
        insert(PolicyFigure)
        .values(
            [
                {
                    "key": one.key,
                    "valid_from": SHIPPED_ON,
                    "value": one.value,
                    "source": one.source,
                    "on_phone": one.on_phone,
                }
                for one in SHIPPED
            ]
        )
        .on_conflict_do_nothing()
        .returning(PolicyFigure.key)
    )
    phone = {one.key for one in SHIPPED if one.on_phone}
    keys = list(added)
    for key in keys:
        if key in phone:
            uow.touch("bank", "policy", key)
    return len(keys)
