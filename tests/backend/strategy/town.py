"""A few customers with everything that strategy reads, written straight into the tables."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import text

from backend.banking.models import Account, FlowPart, Holding, Loan
from backend.customers.models import Customer, CustomerValue, FileRecord, Membership, Person
from backend.grids.models import Grid
from backend.kernel.actor import Actor
from backend.kernel.uow import Database, UnitOfWork
from backend.strategy.models import Decision, Profile
from backend.visits.models import Visit

TODAY = date(2026, 1, 15)
WHEN = datetime(2026, 1, 2, 4, 0, tzinfo=UTC)
SYSTEM = Actor.system("test")


@dataclass
class Town:
    """Grids and customers of one test. All amounts in yuan here; they are written in fen."""

    db: Database
    branch: UUID = field(default_factory=uuid4)

    async def grid(self, code: str = "G1", township: str = "T") -> UUID:
        """A grid without an outline of any meaning."""
        made = Grid(
            id=uuid4(),
            code=code,
            name=code,
            kind="village",
            branch_id=self.branch,
            township=township,
            area_code=None,
            outline_wkb=b"",
            lon=114.0,
            lat=29.5,
            area_m2=1,
            manager_id=None,
            source="test",
            changed_at=WHEN,
        )
        async with self.db.unit(SYSTEM) as uow:
            uow.session.add(made)
        return made.id

    async def customer(self, grid: UUID | None, kind: str = "household", completeness: int = 71) -> UUID:
        """An active customer with nothing known of it."""
        made = self._customer(grid, kind, completeness)
        async with self.db.unit(SYSTEM) as uow:
            uow.session.add(made)
        return made.id

    def _customer(self, grid: UUID | None, kind: str, completeness: int) -> Customer:
        return Customer(
            id=uuid4(),
            kind=kind,
            name="汪德海",
            pinyin="wangdehai",
            initials="wdh",
            branch_id=self.branch,
            grid_id=grid,
            owner_id=None,
            address="",
            lon=None,
            lat=None,
            accuracy_m=None,
            point_source=None,
            phone_person_id=None,
            completeness_points=completeness,
            source="test",
            created_on=date(2024, 1, 1),
            created_by=None,
            books=[f"grid:{grid}"] if grid else [],
        )

    async def reference(self, grid: UUID) -> UUID:
        """The household of the reference screen: 176,000 − 26,000 = 150,000 yuan."""
        one = await self.customer(grid)
        await self.person(one, "head", date(1973, 6, 1))
        await self.person(one, "spouse", date(1975, 6, 1))
        await self.person(one, "child", date(1999, 6, 1), "away_work")
        await self.person(one, "child", date(2008, 6, 1), "studying")
        await self.value(one, "income_planting_fen", 86_000)
        await self.value(one, "income_migrant_fen", 56_000)
        await self.value(one, "spending_living_fen", 24_666)
        await self.value(one, "deposits_elsewhere_fen", 18_000)
        async with self.db.unit(SYSTEM) as uow:
            uow.session.add(choice_of(one, "harmony", "good"))
            uow.session.add(record_of(one, "real_estate", 400_000))
            uow.session.add(record_of(one, "machinery", 50_000))
            uow.session.add(account_of(one, 38_000, 29_000))
            uow.session.add(loan_of(one, 60_000))
            uow.session.add(debt_of(one, 26_000))
            for code in ("social_card", "mobile_banking"):
                uow.session.add(Holding(customer_id=one, product_code=code, since_on=date(2022, 1, 1)))
            for month in range(1, 13):
                uow.session.add(flow_of(one, date(2025, month, 1), 7_000))
        return one

    async def villagers(self, grid: UUID, *yuan: int) -> list[UUID]:
        """Households of one, each with an income of so many yuan a year."""
        made = [self._customer(grid, "household", 71) for _ in yuan]
        people = [person_of(date(1980, 6, 1)) for _ in yuan]
        async with self.db.unit(SYSTEM) as uow:
            uow.session.add_all([*made, *people])
            await uow.session.flush()
            for one, person, income in zip(made, people, yuan, strict=True):
                uow.session.add(membership_of(one.id, person.id, "head", "home"))
                uow.session.add(amount_of(one.id, "income_planting_fen", income * 100))
        return [one.id for one in made]

    async def person(self, customer: UUID, relation: str, born: date, whereabouts: str = "home") -> None:
        """A member, or an owner."""
        person = person_of(born)
        async with self.db.unit(SYSTEM) as uow:
            uow.session.add(person)
            await uow.session.flush()
            uow.session.add(membership_of(customer, person.id, relation, whereabouts))

    async def value(self, customer: UUID, name: str, yuan: int, *, per_yuan: int = 100) -> None:
        """A collected amount, replacing the one before, with the inputs counted up. `per_yuan` 1: a count."""
        async with self.db.unit(SYSTEM) as uow:
            await uow.session.merge(amount_of(customer, name, yuan * per_yuan))
            await touch_inputs(uow, customer)

    async def add(self, *rows: Any) -> None:
        """Further rows, with the inputs of their customers counted up."""
        async with self.db.unit(SYSTEM) as uow:
            uow.session.add_all(rows)
            await uow.session.flush()
            for row in rows:
                await touch_inputs(uow, row.customer_id)

    async def profile(self, customer: UUID) -> Profile:
        """The result in force."""
        async with self.db.unit(SYSTEM) as uow:
            found = await uow.session.get(Profile, customer)
        assert found is not None
        return found

    async def decisions(self, customer: UUID) -> list[Decision]:
        """All decisions, oldest first."""
        async with self.db.unit(SYSTEM) as uow:
            rows = await uow.session.execute(
                text("SELECT id FROM decision WHERE customer_id = :one ORDER BY id"), {"one": customer}
            )
            found = [await uow.session.get(Decision, row.id) for row in rows]
        return [one for one in found if one is not None]

    async def written(self) -> dict[str, Any]:
        """What a run leaves behind, as far as a repeated one must not add to it."""
        async with self.db.unit(SYSTEM) as uow:
            row = (
                await uow.session.execute(
                    text(
                        "SELECT (SELECT count(*) FROM decision) AS decisions,"
                        " (SELECT sum(revision) FROM sync_partition) AS revisions,"
                        " (SELECT count(*) FROM sync_change) AS changes,"
                        " (SELECT count(*) FROM outbox_event) AS events,"
                        " (SELECT array_agg(xmin::text ORDER BY customer_id) FROM profile) AS profiles"
                    )
                )
            ).one()
        return dict(row._mapping)

    async def events(self, name: str) -> list[dict[str, Any]]:
        """Payloads of the events of a name."""
        async with self.db.unit(SYSTEM) as uow:
            rows = await uow.session.scalars(
                text("SELECT payload::text FROM outbox_event WHERE name = :name ORDER BY id"), {"name": name}
            )
            return [msgspec.json.decode(row) for row in rows]


async def touch_inputs(uow: UnitOfWork, customer: UUID) -> None:
    await uow.session.execute(
        text("UPDATE customer SET inputs_revision = inputs_revision + 1 WHERE id = :one"), {"one": customer}
    )


def person_of(born: date) -> Person:
    return Person(
        id=uuid4(),
        name="某",
        sex="m",
        birth_on=born,
        education=None,
        occupation=None,
        created_by=None,
        consented=["accounts", "credit", "whereabouts"],
    )


def membership_of(customer: UUID, person: UUID, relation: str, whereabouts: str) -> Membership:
    return Membership(
        id=uuid4(),
        customer_id=customer,
        person_id=person,
        relation=relation,
        whereabouts=whereabouts,
        since_on=date(2020, 1, 1),
        until_on=None,
        in_household=relation not in ("owner", "legal_person"),
    )


def amount_of(customer: UUID, name: str, amount: int) -> CustomerValue:
    return CustomerValue(
        customer_id=customer,
        field=name,
        source="collected",
        amount=amount,
        choice=None,
        observed_at=WHEN,
        recorded_by=None,
        shown=True,
        disputed=False,
    )


def choice_of(customer: UUID, name: str, choice: str) -> CustomerValue:
    return CustomerValue(
        customer_id=customer,
        field=name,
        source="collected",
        amount=None,
        choice=choice,
        observed_at=WHEN,
        recorded_by=None,
        shown=True,
        disputed=False,
    )


def record_of(customer: UUID, kind: str, yuan: int) -> FileRecord:
    return FileRecord(
        id=uuid4(),
        customer_id=customer,
        kind=kind,
        label="",
        value_fen=yuan * 100,
        area_m2=None,
        quantity=None,
        detail={},
        source="collected",
        observed_at=WHEN,
        recorded_by=None,
        removed_at=None,
    )


def account_of(customer: UUID, yuan: int, average_yuan: int) -> Account:
    return Account(
        id=uuid4(),
        customer_id=customer,
        account_kind="demand",
        balance_fen=yuan * 100,
        year_average_fen=average_yuan * 100,
        opened_on=date(2020, 1, 1),
        as_of=TODAY,
    )


def loan_of(customer: UUID, yuan: int, overdue_days: int = 0) -> Loan:
    return Loan(
        id=uuid4(),
        customer_id=customer,
        contract=uuid4().hex,
        balance_fen=yuan * 100,
        granted_fen=yuan * 100,
        rate_bp=480,
        granted_on=date(2025, 1, 1),
        due_on=date(2027, 1, 1),
        overdue_days=overdue_days,
        as_of=TODAY,
    )


def debt_of(customer: UUID, yuan: int) -> FileRecord:
    debt = record_of(customer, "debt", yuan)
    debt.detail = {"lender": "elsewhere"}
    return debt


def flow_of(customer: UUID, month: date, yuan: int) -> FlowPart:
    return FlowPart(
        holder=customer.bytes,
        customer_id=customer,
        month=month,
        in_fen=yuan * 100,
        out_fen=yuan * 90,
        in_count=3,
        out_count=5,
        wages_fen=0,
        merchant_fen=0,
        as_of=TODAY,
    )


def visit_of(customer: UUID, at: datetime, needs: list[str]) -> Visit:
    """A visit on site at which the customer was met."""
    return Visit(
        id=uuid4(),
        customer_id=customer,
        grid_id=None,
        staff_id=uuid4(),
        staff_role="manager",
        companion_id=None,
        channel="onsite",
        purpose="follow_up",
        outcome="met",
        needs=needs,
        presented=[],
        wanted_fen=None,
        wanted_for=None,
        note=None,
        lon=None,
        lat=None,
        accuracy_m=None,
        distance_m=None,
        flags=[],
        at=at,
        device_at=at,
        offset_minutes=480,
        clock_error_s=0,
        received_at=at,
        next_on=None,
        next_purpose=None,
        installation_id=None,
    )
