"""Which partitions a person's phone holds, and as what. Pure: the actor's scope decides."""

import re
from dataclasses import dataclass

from backend.kernel.actor import Actor, Role

VERSION = 11


@dataclass(frozen=True, slots=True)
class Key:
    """`book/projection@version`, as phones hold it."""

    book: str
    projection: str
    version: int = VERSION

    def __str__(self) -> str:
        return f"{self.book}/{self.projection}@{self.version}"

    @property
    def kind(self) -> str:
        """The partition's kind: grid, care, team, staff or bank."""
        return self.book.partition(":")[0]

    @classmethod
    def parsed(cls, name: str) -> "Key | None":
        """The key that a phone says it holds; None where it has not the form of one."""
        found = re.fullmatch(r"(.+)/([a-z]+)@([0-9]{1,9})", name)
        return cls(found[1], found[2], int(found[3])) if found else None

    def narrows(self, other: "Key") -> bool:
        """Whether `other` may show what this one does not."""
        return self.projection != other.projection and self.projection == "agent"

    def stored_as(self, actor: Actor) -> str:
        """Under which key pages are kept: an agent's pages hold only their own records, so they are
        theirs alone."""
        return f"{self}#{actor.staff_id}" if self.projection == "agent" else str(self)


def keys_for(actor: Actor) -> list[Key]:
    """The keys that the actor's phone should hold, in the order in which it should fetch them."""
    me = actor.require_staff()
    if actor.is_agent:
        keys = [Key("bank", "agent"), Key(f"staff:{me}", "agent")]
        return keys + [Key(f"grid:{grid}", "agent") for grid in actor.grid_ids]
    keys = [Key("bank", "bank"), Key(f"staff:{me}", "staff")]
    if actor.is_head:
        keys += [Key(f"team:{branch}", "head") for branch in actor.branch_ids]
    if actor.is_head or actor.role is Role.manager:
        keys += [Key(f"grid:{grid}", "manager") for grid in actor.grid_ids]
        keys.append(Key(f"care:{me}", "manager"))
    return keys
