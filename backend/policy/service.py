"""Brings the shipped figures into a database, once each."""

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from backend.kernel.uow import UnitOfWork
from backend.policy.figures import SHIPPED, SHIPPED_ON
from backend.policy.models import PolicyFigure


async def ensure_shipped(uow: UnitOfWork) -> int:
    """Adds the shipped figures that are missing; a bank's own later values stay. Phones receive those that
    the code says they need, whatever it said before. Returns how many were added."""
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
    keys = set(added)
    needed = await uow.session.scalars(
        update(PolicyFigure)
        .where(PolicyFigure.key.in_(phone), PolicyFigure.on_phone.is_(False))
        .values(on_phone=True)
        .returning(PolicyFigure.key)
        .execution_options(synchronize_session=False)
    )
    for key in sorted(phone & (keys | set(needed))):
        uow.touch("bank", "policy", key)
    return len(keys)
