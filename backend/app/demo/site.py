"""One grid while it is being filled: its stream of randomness, numbers, houses, and rows that both kinds
share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.app.demo.ground import Places
from backend.app.demo.numbers import Numbers
from backend.app.demo.rows import CustomerRow, RecordRow, ValueRow
from backend.app.demo.seeded import Stream
from backend.app.demo.staffing import GridTeam
from backend.app.demo.townships import TOWNSHIPS, short
from backend.app.demo.world import World
from backend.customers.api import THINGS
from backend.grids.api import GridKind, book_of

_HAMLETS = "一二三四五六七八"


@dataclass(frozen=True, slots=True)
class Recorded:
    """When and by whom a file was last gone through; `by` is None where only a register names the
    customer."""

    at: datetime
    by: UUID | None

    @property
    def source(self) -> str:
        """Where the customer is known from."""
        return "register" if self.by is None else "collected"


@dataclass(frozen=True, slots=True)
class Spot:
    """An address, with its point where there is one. `placed`: it lies in the grid."""

    address: str
    lon: float | None
    lat: float | None
    placed: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """What is the customer's own in its row."""

    id: UUID
    kind: str
    name: str
    spot: Spot
    phone_person_id: UUID | None
    members: int
    recorded: Recorded
    since: date


class Site:
    """A grid being filled."""

    def __init__(self, world: World, team: GridTeam) -> None:
        self.world = world
        self.team = team
        self.stream = Stream(world.seed, world.today, "grid", team.grid.code)
        self.numbers = Numbers(team.grid.index)
        self._places = Places(self.stream, team.grid)
        self._houses = [0] * len(self._places.hamlets)

    def since(self) -> date:
        """The day a customer was first recorded: over the years, some new ones in the last two months."""
        calendar = self.world.calendar
        if self.stream.chance(0.03):
            return calendar.before(self.stream.randint(8, 60))
        return calendar.before(self.stream.randint(61, 2_200))

    def recorded(self, since: date, *, visited: bool) -> Recorded:
        """Who went through a file, the manager or the agent, and when."""
        stream, calendar = self.stream, self.world.calendar
        day = stream.day(max(since, calendar.before(680)), calendar.before(3))
        at = calendar.at(day, stream.randint(8, 17), stream.randint(0, 59))
        if not visited:
            return Recorded(at, None)
        agent = self.team.agent_id
        return Recorded(at, agent if agent is not None and stream.chance(0.35) else self.team.manager_id)

    def spot(self, *, located: bool) -> Spot:
        """The next house of the grid; `located`: its point is known."""
        grid = self.team.grid
        hamlet = self.stream.randrange(len(self._houses))
        self._houses[hamlet] += 1
        number = self._houses[hamlet]
        lon, lat = self._places.house(hamlet)
        if grid.kind is GridKind.village:
            address = f"{grid.name}{_HAMLETS[hamlet]}组 {number} 号"
        elif grid.kind is GridKind.community:
            address = f"{grid.name} {hamlet + 1} 幢 {number} 室"
        else:
            address = f"{short(TOWNSHIPS[grid.township])}街 {hamlet + 1} 段 {number} 号"
        return Spot(address, lon, lat) if located else Spot(address, None, None)

    def nowhere(self) -> Spot:
        """For a prospect whose place nobody knows yet."""
        return Spot(f"{TOWNSHIPS[self.team.grid.township]}，详址不明", None, None, placed=False)

    def value(
        self,
        customer_id: UUID,
        name: str,
        value: int | str,
        recorded: Recorded,
        *,
        source: str = "collected",
        shown: bool = True,
    ) -> None:
        """Adds a value of the file: an amount or a choice."""
        amount, choice = (value, None) if isinstance(value, int) else (None, value)
        self.world.batch.add(
            ValueRow(
                customer_id,
                name,
                source,
                amount,
                choice,
                recorded.at,
                recorded.by,
                shown=shown,
                disputed=False,
            )
        )

    def record(
        self,
        customer_id: UUID,
        kind: str,
        label: str,
        recorded: Recorded,
        *,
        value_fen: int | None,
        area_m2: int | None,
        quantity: int | None,
        detail: str,
    ) -> None:
        """Adds an asset that was collected."""
        self.world.batch.add(
            RecordRow(
                self.stream.id_at(recorded.at),
                customer_id,
                kind,
                label,
                value_fen,
                area_m2,
                quantity,
                detail,
                "collected",
                recorded.at,
                recorded.by,
                None,
            )
        )

    def customer(self, shape: Shape, fields: Iterable[str], things: Iterable[str] = ()) -> None:
        """Adds the customer's row; its completeness follows from what the file has: `fields` with a value,
        kinds of `things`."""
        world, team, spot = self.world, self.team, shape.spot
        there = {
            "members": shape.members > 0,
            "phone": shape.phone_person_id is not None,
            "point": spot.lon is not None,
        }
        day = None if shape.recorded.by is None else shape.recorded.at.astimezone(world.calendar.zone).date()
        points, _ = world.standards.judged(
            shape.kind,
            [name for name, has in there.items() if has],
            dict.fromkeys(fields, day),
            {kind: day for kind in things if kind in THINGS},
        )
        pinyin, initials = world.namer.reading(shape.name)
        world.batch.add(
            CustomerRow(
                id=shape.id,
                kind=shape.kind,
                name=shape.name,
                pinyin=pinyin,
                initials=initials,
                branch_id=team.branch_id,
                grid_id=team.grid_id if spot.placed else None,
                owner_id=team.manager_id if spot.placed else None,
                address=spot.address,
                lon=spot.lon,
                lat=spot.lat,
                accuracy_m=self.stream.randint(4, 30) if spot.lon is not None else None,
                point_source="phone" if spot.lon is not None else None,
                phone_person_id=shape.phone_person_id,
                member_count=shape.members,
                completeness_points=points,
                status="active",
                source=shape.recorded.source,
                created_on=shape.since,
                created_by=shape.recorded.by,
                inputs_revision=1,
                books=[book_of(team.grid_id)] if spot.placed else [],
            )
        )
