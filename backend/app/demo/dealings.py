"""What the bank's own systems say: accounts, loans, monthly flows, products. Amounts in fen. All made up."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from backend.app.demo.rows import AccountRow, FlowRow, HoldingRow, LoanRow
from backend.app.demo.seeded import Calendar, Stream
from backend.app.demo.world import World

YUAN = 100


class Holder(NamedTuple):
    """Whose accounts are: as the bank's files name them (`key`), and the person where those name one."""

    key: bytes
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Profile:
    """What decides how somebody deals with the bank.

    `holders`: who has accounts, first who most deal through; `income_fen`: a year's; `rich`: standing around
    0; `wages_fen`: a year's wages earned nearby; `trade_fen`: a year's takings; `cars`: whether there is
    one; `wants_loan`: chance of a loan; `since`: the earliest day.
    """

    holders: tuple[Holder, ...]
    income_fen: int
    rich: float
    wages_fen: int
    trade_fen: int
    cars: bool
    wants_loan: float
    business: bool
    since: date


def deal(world: World, stream: Stream, customer_id: UUID, profile: Profile) -> None:
    """Adds a customer's dealings to the batch."""
    if not stream.chance(0.93 if profile.business else 0.89):
        return
    calendar = world.calendar
    rows = world.batch
    opened = stream.day(profile.since, calendar.before(20))
    lively = stream.pick({"lively": 0.80, "slack": 0.14, "asleep": 0.06})
    deposits = _accounts(world, stream, customer_id, profile, opened, asleep=lively == "asleep")
    loan = _loan(world, stream, customer_id, profile, opened)
    if loan and stream.chance(0.12):
        # a second one beside it; the first of them is what the product was signed for
        loan = min(loan, _lend(world, stream, customer_id, profile, opened))
    held = {"deposit": opened} | _products(stream, profile, opened, calendar, deposits)
    if loan:
        held["loan"] = loan
    for code in sorted(held):
        rows.add(HoldingRow(customer_id, code, held[code]))
    _flows(world, stream, customer_id, profile, opened, held, lively)


def _is_leaving(world: World, customer_id: UUID) -> bool:
    """Whether the money has begun to go elsewhere."""
    return Stream(world.seed, world.today, "leaving", customer_id).chance(0.05)


def _accounts(
    world: World, stream: Stream, customer_id: UUID, profile: Profile, opened: date, *, asleep: bool
) -> int:
    calendar = world.calendar
    as_of = calendar.before(1)
    wealth = 2.718281828 ** (0.9 * profile.rich)
    kinds = [("demand", 5_200 if not profile.business else 26_000, 1.15, 1.0)]
    if stream.chance(0.34):
        kinds.append(("term", 34_000, 0.9, 1.0))
    if not profile.business and stream.chance(0.55):
        kinds.append(("social", 2_300, 0.9, 1.0))
    total = 0
    whose = Stream(world.seed, world.today, "holders", customer_id)
    leaves = _is_leaving(world, customer_id)
    for kind, median, sigma, factor in kinds:
        balance = stream.amount(median * YUAN * wealth * factor, sigma, 1, 3_000_000 * YUAN)
        if asleep and kind == "demand":
            balance //= 40
        average = int(balance * stream.uniform(0.72, 1.12) * (2.0 if leaves else 1.0))
        day = opened if kind == "demand" else stream.day(opened, calendar.before(10))
        total += balance
        world.batch.add(
            AccountRow(
                stream.id_at(calendar.at(day, 10)),
                customer_id,
                (profile.holders[0] if whose.chance(0.8) else profile.holders[-1]).person_id,
                kind,
                balance,
                average,
                day,
                as_of,
            )
        )
    return total


def _loan(world: World, stream: Stream, customer_id: UUID, profile: Profile, opened: date) -> date | None:
    """Adds a loan or none; tells since when there is one."""
    if not stream.chance(profile.wants_loan):
        return None
    return _lend(world, stream, customer_id, profile, opened)


def _lend(world: World, stream: Stream, customer_id: UUID, profile: Profile, opened: date) -> date:
    """Adds a loan; tells since when there is one."""
    calendar = world.calendar
    earliest = max(opened, calendar.before(1_300))
    granted_on = stream.day(earliest, calendar.before(25))
    median = 160_000 if profile.business else 68_000
    granted = (
        max(1, stream.amount(median * YUAN, 0.6, 10_000 * YUAN, 1_000_000 * YUAN) // 1_000_000) * 1_000_000
    )
    years = stream.choice((1, 1, 2, 3))
    due_on = granted_on + timedelta(days=365 * years)
    overdue = 0
    if due_on <= calendar.today:
        if stream.chance(0.06):
            overdue = min((calendar.today - due_on).days, stream.randint(3, 200))
            due_on = calendar.today - timedelta(days=overdue)
        else:
            # renewed where it was
            while due_on <= calendar.today:
                due_on += timedelta(days=365)
    elif stream.chance(0.012):
        overdue = stream.randint(1, 60)
    share = stream.pick({0.0: 0.24, 0.4: 0.16, 0.7: 0.2, 1.0: 0.4})
    balance = int(granted * share) // 10_000 * 10_000 if not overdue else granted
    rate = stream.choice((385, 405, 435, 435, 460, 480, 520, 560))
    at = calendar.at(granted_on, 11)
    number = stream.id_at(at)
    contract = f"DEMO{granted_on:%Y%m%d}{number.int & 0xFFFFFFFFFF:010X}"
    world.batch.add(
        LoanRow(
            number,
            customer_id,
            profile.holders[0].person_id,
            contract,
            balance,
            granted,
            rate,
            granted_on,
            due_on,
            overdue,
            calendar.before(1),
        )
    )
    return granted_on


def _products(
    stream: Stream, profile: Profile, opened: date, calendar: Calendar, deposits: int
) -> dict[str, date]:
    chances = {
        "mobile_banking": 0.60,
        "social_card": 0.0 if profile.business else 0.62,
        "merchant_qr": 0.66 if profile.business else 0.28 if profile.trade_fen else 0.02,
        "etc": 0.22 if profile.cars else 0.0,
        "insurance": 0.10 + (0.06 if profile.rich > 0.4 else 0.0),
        "wealth": 0.20 if deposits > 80_000 * YUAN else 0.02,
        "credit_card": 0.09 if profile.rich > 0 else 0.03,
        "wages": 0.27 if profile.wages_fen else 0.0,
    }
    return {
        code: stream.day(opened, calendar.before(3))
        for code, chance in chances.items()
        if stream.chance(chance)
    }


def _flows(
    world: World,
    stream: Stream,
    customer_id: UUID,
    profile: Profile,
    opened: date,
    held: dict[str, date],
    lively: str,
) -> None:
    """The twelve full months before this one; a slack customer has fewer, one asleep none of the last six."""
    share = {"lively": stream.uniform(0.35, 0.95), "slack": stream.uniform(0.08, 0.3), "asleep": 0.05}[lively]
    trend = stream.gauss(0.0, 0.025)
    # some hang up another bank's code
    stopped = stream.randint(2, 5) if stream.chance(0.12) else 0
    month = world.today.replace(day=1)
    leaves = _is_leaving(world, customer_id)
    holder = profile.holders[0]
    for back in range(1, 13):
        month = (month - timedelta(days=1)).replace(day=1)
        if month < opened.replace(day=1) or (lively == "asleep" and back <= 6):
            continue
        if lively == "slack" and stream.chance(0.35):
            continue
        season = 1.35 if month.month in (1, 9, 10) else 0.9
        usual = profile.income_fen * share / 12 * season * (1 - trend * back)
        wages = int(profile.wages_fen / 12 * stream.uniform(0.9, 1.1)) if "wages" in held else 0
        qr = held.get("merchant_qr")
        takings = 0
        if qr is not None and qr <= month and profile.trade_fen and back > stopped:
            takings = int(profile.trade_fen * stream.uniform(0.25, 0.5) / 12 * season)
        received = max(0, int(usual * stream.uniform(0.6, 1.4))) + wages + takings
        spent = int(received * stream.uniform(0.72, 1.16) * (2.2 if leaves and back == 1 else 1.0))
        world.batch.add(
            FlowRow(
                holder.key,
                month,
                customer_id,
                holder.person_id,
                received,
                spent,
                stream.randint(1, 9) + takings // (90 * YUAN),
                stream.randint(2, 22),
                wages,
                takings,
                world.calendar.before(1),
            )
        )
