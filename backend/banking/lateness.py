"""Files of the bank's systems that came before and are late now. Results stand meanwhile on what is known."""

from dataclasses import dataclass
from datetime import date, timedelta

from backend.banking import queries
from backend.banking.rules import Kind
from backend.identity import api as identity
from backend.kernel.actor import Role
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify
from backend.policy import api as policy

#: who sees to it that files come, and who ought to know what results stand on
TOLD = (Role.hq_data, Role.hq_business, Role.risk_officer)
_DAYS = "file_late_days"


@dataclass(frozen=True, slots=True)
class Late:
    """A kind of file whose newest one tells of `day` only."""

    kind: Kind
    day: date


async def late(uow: UnitOfWork) -> list[Late]:
    """The kinds that came before and whose newest file tells of a day too long ago (policy figure
    `file_late_days`); a kind that never came is not waited for."""
    days = (await policy.figures(uow, (_DAYS,)))[_DAYS]
    newest = await queries.newest_days(uow)
    return [
        Late(Kind(kind), day)
        for kind, day in sorted(newest.items())
        if kind in days and day < uow.today - timedelta(days=int(days[kind]))
    ]


async def tell(uow: UnitOfWork) -> None:
    """Says of each late kind that it is late, once for the day that its newest file tells of."""
    found = await late(uow)
    people = await identity.of_roles(uow, TOLD) if found else []
    for one in found:
        for person in people:
            await notify.send(
                uow,
                person,
                "file_late",
                {"file": one.kind.value, "day": one.day.isoformat()},
                dedupe=f"file_late:{one.kind}:{one.day}:{person}",
            )
