"""How many new opportunities a person gets a day from the runs over everybody.

A new catalogue may raise one with every customer in one night. Nobody does a thousand: everyone has a share a
day, and another of urgent ones; what waits is dealt out on the days after, by priority.
"""

from uuid import UUID

from backend.kernel.uow import UnitOfWork
from backend.opportunities import queries
from backend.opportunities.models import Opportunity
from backend.opportunities.rules import urgent
from backend.policy import api as policy


class Shares:
    """What is left of the day's shares of several people. Two transactions side by side do not see what the
    other deals: a person may get a few more then."""

    def __init__(self, uow: UnitOfWork, most: int) -> None:
        self._uow = uow
        self._most = most
        self._dealt: dict[tuple[UUID, bool], int] = {}

    @classmethod
    async def of_today(cls, uow: UnitOfWork) -> "Shares":
        """As policy has it today."""
        return cls(uow, int(await policy.figure(uow, "opportunities_day_most")))

    async def deal(self, row: Opportunity, keeper: UUID | None) -> bool:
        """Whether the row may be taken up for the person today; it counts then. What nobody keeps
        takes nobody's share."""
        if keeper is None:
            return True
        share = (keeper, urgent(row))
        if share not in self._dealt:
            self._dealt[share] = await queries.dealt(self._uow, *share, self._uow.today)
        if self._dealt[share] >= self._most:
            return False
        self._dealt[share] += 1
        row.dealt_on = self._uow.today
        return True
