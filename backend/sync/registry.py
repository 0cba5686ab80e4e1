"""What the domains brought: command types and projections, looked up by name."""

from collections.abc import Iterable
from dataclasses import dataclass

from backend.kernel.commands import CommandType
from backend.kernel.projections import Projection


@dataclass(frozen=True, slots=True)
class Registry:
    """All commands by type and all projections by kind, as `app/wiring` assembled them."""

    commands: dict[str, CommandType]
    projections: dict[str, Projection]

    def command(self, name: str) -> CommandType | None:
        """The command of this name, or that had it before; None where there is none."""
        before = (one for one in self.commands.values() if one.former == name)
        return self.commands.get(name) or next(before, None)

    @classmethod
    def of(cls, commands: Iterable[CommandType], projections: Iterable[Projection]) -> "Registry":
        """Raises ValueError if two domains claim one name."""
        command_map: dict[str, CommandType] = {}
        for command in commands:
            if command.name in command_map:
                raise ValueError(f"two commands are named {command.name}")
            command_map[command.name] = command
        projection_map: dict[str, Projection] = {}
        for projection in projections:
            if projection.kind in projection_map:
                raise ValueError(f"two projections are named {projection.kind}")
            projection_map[projection.kind] = projection
        return cls(command_map, projection_map)
