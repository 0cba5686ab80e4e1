"""The events that raise opportunities: those of the catalogue in force, and a limit that rises."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.kernel.uow import UnitOfWork
from backend.opportunities.rules import LIMIT_RAISED, Kind
from backend.strategy import api as strategy


@dataclass(frozen=True, slots=True)
class Known:
    """What each event says, by its name, and the names by their bits in a profile's event words."""

    kinds: Mapping[str, Kind]
    names: Mapping[int, str]

    def holding(self, words: list[int]) -> frozenset[str]:
        """The names of the events that hold by a profile's event words."""
        return frozenset(self.names[bit] for bit in strategy.bits_in(words) if bit in self.names)


async def known(uow: UnitOfWork) -> Known:
    """The events of the catalogue in force. Raises CatalogueError where none is."""
    catalogue = await strategy.catalogue_in_force(uow)
    living = [one for one in catalogue.offering.events if not one.retired]
    kinds = {one.name: _kind(one) for one in living} | {LIMIT_RAISED.name: LIMIT_RAISED}
    return Known(kinds, {one.bit: one.name for one in living})


def _kind(event: strategy.Event) -> Kind:
    return Kind(
        event.name,
        event.dimension,
        event.product,
        event.priority,
        event.valid_days,
        event.again_days,
        event.owner,
        event.agent_visible,
    )
