"""Another figure of the policy, from today on."""

from datetime import date

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.policy.models import PolicyFigure


async def set_figure(database: Database, key: str, value: int, *, on_phone: bool = False) -> date:
    """The bank says another number for `key`. From which day."""
    async with database.unit(Actor.system("test")) as uow:
        uow.session.add(
            PolicyFigure(key=key, valid_from=uow.today, value=value, source="test", on_phone=on_phone)
        )
    return uow.today
