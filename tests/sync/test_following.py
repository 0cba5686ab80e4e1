"""What the bank's systems say of a person lies where that person lives, between files too. Decision 0028."""

import asyncio
from typing import Any

import pytest

from backend.embedded import Urls
from tests.support.bodies import member, new_household
from tests.support.databases import connect
from tests.support.field_phone import FieldPhone
from tests.support.signing import members_of, sign, take_back
from tests.support.till import ACCOUNTS, Till, account, standing
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_accounts_consented import FLOWS, LOANS, flow, months
from tests.sync.test_duplicates import HEAD, WIFE, household_met

#: the tag's bit
OVERDUE = 17
LOAN = "60000,60000,4.35,2025-03-01,2028-03-01"
Shown = dict[str, Any]
#: what is shown of each of the two
HEADS = {
    "deposits_fen": 30_000_000,
    "flow_in_fen": 300_000,
    "loans_fen": 6_000_000,
    "overdue_days": 0,
    "products": ["etc"],
}
WIFES = {
    "deposits_fen": 5_000_000,
    "flow_in_fen": 40_000,
    "loans_fen": 6_000_000,
    "overdue_days": 40,
    "products": ["mobile_banking"],
}
BOTH = {
    "deposits_fen": 35_000_000,
    "flow_in_fen": 340_000,
    "loans_fen": 12_000_000,
    "overdue_days": 40,
    "products": ["etc", "mobile_banking"],
}
NOBODYS = {"deposits_fen": 0, "flow_in_fen": 0, "loans_fen": 0, "overdue_days": 0, "products": []}


def files(till: Till) -> dict[str, list[str]]:
    """Head and wife have an account, two months of it, a loan and a product each; hers is overdue."""
    return {
        "accounts": [ACCOUNTS, account(HEAD, 1, "300000"), account(WIFE, 2, "50000")],
        "flows": [
            FLOWS,
            *(flow(*row) for one in months(till) for row in ((HEAD, one, 1500), (WIFE, one, 200))),
        ],
        "loans": [LOANS, f"{HEAD},HT0001,{LOAN},0", f"{WIFE},HT0002,{LOAN},40"],
        "products": ["证件号码,产品,签约日期", f"{WIFE},手机银行,2024-05-06"],
        "contracts": ["证件号码,合同号,产品,签约日期", f"{HEAD},ETC-1,etc,2024-05-06"],
    }


async def taken(till: Till, lines: dict[str, list[str]], *more: str) -> str:
    """Imports them. What the commands said."""
    said = [await till.take(kind, till.write(rows, f"{kind}.csv"), *more) for kind, rows in lines.items()]
    assert all(one.code == 0 for one in said), [one.err for one in said]
    return "\n".join(one.out for one in said)


async def home(manager: FieldPhone, world: World, till: Till, work: Work) -> str:
    """The household whose head and wife deal with the bank, and let it be looked at."""
    customer = await household_met(manager, world, work)
    await sign(manager, customer, "head", "spouse")
    await taken(till, files(till))
    await work()
    assert await dealings(manager, customer) == BOTH
    return customer


async def neighbour(manager: FieldPhone, world: World) -> str:
    """Another household, without dealings."""
    other = new_household(
        world.grids["E2"], "王老五", members=[member("王老五", "head", "m", "1950-01-02", None)]
    )
    await does(manager, "customer.create", other)
    return str(other["id"])


async def dealings(phone: FieldPhone, customer: str) -> Shown:
    """What the phone shows of them."""
    row = await standing(phone, customer)
    return {name: row[name] for name in BOTH}


async def does(phone: FieldPhone, kind: str, body: dict[str, Any]) -> None:
    phone.save(kind, body)
    answers = await phone.push()
    assert {one["result"] for one in answers} <= {"applied", "merged"}, answers


def overdue(phone: FieldPhone, customer: str) -> bool:
    """Whether the customer is reckoned as one with an overdue loan."""
    return bool(int.from_bytes(phone.of("profile")[customer]["tags"][0], "big") >> OVERDUE & 1)


async def moves(phone: FieldPhone, customer: str, there: str, relation: str, to: str) -> None:
    """Somebody lives there from now on."""
    one = (await members_of(phone, customer))[relation]
    body = {"id": one["id"], "customer_id": customer, "into_id": there, "relation": to}
    await does(phone, "member.move", body)


async def test_who_moves_takes_along_what_the_bank_knows_of_them_and_brings_it_back(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    here = await home(manager, world, till, work)
    there = await neighbour(manager, world)
    await work()
    await manager.pull()
    before = manager.of("profile")[here]
    assert (overdue(manager, here), overdue(manager, there)) == (True, False)
    await moves(manager, here, there, "spouse", "child")
    await work()
    assert await dealings(manager, here) == HEADS
    assert await dealings(manager, there) == WIFES
    # her overdue loan burdens them there, and him no more
    assert (overdue(manager, here), overdue(manager, there)) == (False, True)
    await take_back(manager, there, "child")
    assert (await dealings(manager, there))["deposits_fen"] == 0
    await sign(manager, there, "child")
    await moves(manager, there, here, "child", "spouse")
    await work()
    assert await dealings(manager, here) == BOTH
    assert await dealings(manager, there) == NOBODYS
    shown = ("score", "tags", "limit_fen", "tier", "reasons")
    again = manager.of("profile")[here]
    assert [again[name] for name in shown] == [before[name] for name in shown]


async def test_half_of_a_household_takes_its_own_along_and_a_merge_takes_that_back(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    here = await home(manager, world, till, work)
    wife = (await members_of(manager, here))["spouse"]["id"]
    half = new_household(world.grids["E1"], "王五妹")
    apart = {"id": half["id"], "customer_id": here, "name": "王五妹", "address": "村东 1 号"}
    await does(manager, "customer.split", apart | {"member_ids": [wife], "head_id": wife, "record_ids": []})
    await work()
    there = str(half["id"])
    assert (await dealings(manager, here), await dealings(manager, there)) == (HEADS, WIFES)
    # no file has named the new half: it may become part again, and comes apart as it was
    await does(manager, "customer.merge", {"customer_id": there, "into_id": here, "reason": "分错了"})
    await work()
    assert await dealings(manager, here) == BOTH
    await does(manager, "customer.unmerge", {"customer_id": there, "reason": "没分错"})
    await work()
    assert (await dealings(manager, here), await dealings(manager, there)) == (HEADS, WIFES)


async def test_who_was_entered_twice_has_it_where_they_live_until_they_are_told_apart(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    here = await home(manager, world, till, work)
    twin = member("王五妹", "child", "f", "1981-08-09", None)
    parents = new_household(
        world.grids["E1"], "王老六", members=[member("王老六", "head", "m", "1951-01-02", None), twin]
    )
    await does(manager, "customer.create", parents)
    there = str(parents["id"])
    wife = (await members_of(manager, here))["spouse"]["id"]
    one = {"id": wife, "customer_id": here, "into_member_id": twin["id"], "into_id": there}
    await does(manager, "member.unite", one)
    await work()
    assert await dealings(manager, here) == HEADS
    assert await dealings(manager, there) == WIFES
    await does(manager, "member.part", {"id": wife, "customer_id": here, "reason": "看错了"})
    await work()
    assert await dealings(manager, here) == BOTH
    assert await dealings(manager, there) == NOBODYS


async def test_the_next_file_says_where_it_lies_and_nothing_counts_twice(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    here = await home(manager, world, till, work)
    there = await neighbour(manager, world)
    await moves(manager, here, there, "spouse", "child")
    await work()
    merge = {"customer_id": there, "into_id": here, "reason": "一户记了两遍"}
    refused = {"customer_id": here, "into_id": there, "reason": "一户记了两遍"}
    manager.save("customer.merge", refused)
    assert [(one["result"], one["code"]) for one in await manager.push()] == [("rejected", "known_to_bank")]
    # a file that names the household alone takes nothing from whose it is
    named = files(till)["loans"]
    alone = [named[0].replace("证件号码", "客户编号"), *(line.replace(WIFE, here) for line in named[2:])]
    assert "0 changed, 1 as they were" in await taken(till, {"loans": alone})
    assert await dealings(manager, there) == WIFES
    said = await taken(till, files(till), "--again")
    assert said.count("0 customers are worked out anew") == 5, said
    assert (await dealings(manager, here), await dealings(manager, there)) == (HEADS, WIFES)
    # by now a file has named them there
    manager.save("customer.merge", merge)
    assert [(one["result"], one["code"]) for one in await manager.push()] == [("rejected", "known_to_bank")]


async def test_while_a_file_is_read_nothing_follows_and_then_it_does(
    till: Till, phone_of: PhoneOf, world: World, work: Work, databases: Urls
) -> None:
    manager = await phone_of("manager")
    here = await home(manager, world, till, work)
    there = await neighbour(manager, world)
    reading = await connect(databases.admin)
    try:
        await reading.execute("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('banking places', 0))")
        await moves(manager, here, there, "spouse", "child")
        working = asyncio.ensure_future(work())
        await asyncio.sleep(1)
        laid = "SELECT count(*) FROM loan WHERE customer_id::text = $1"
        assert await reading.fetchval(laid, there) == 0
        # the file that was read before she moved
        await reading.execute("COMMIT")
        await working
    finally:
        await reading.close()
    assert await dealings(manager, there) == WIFES


@pytest.mark.parametrize("reason", ["died", "moved_out"])
async def test_who_left_leaves_what_the_bank_lent_them_where_they_lived(
    till: Till, phone_of: PhoneOf, world: World, work: Work, reason: str
) -> None:
    manager = await phone_of("manager")
    here = await home(manager, world, till, work)
    there = await neighbour(manager, world)
    await moves(manager, here, there, "spouse", "child")
    wife = (await members_of(manager, there))["child"]["id"]
    gone = {"id": wife, "customer_id": there, "reason": reason, "on": till.day()}
    await does(manager, "member.remove", gone)
    await work()
    wanted = WIFES | {"deposits_fen": 0, "flow_in_fen": 0}
    assert await dealings(manager, there) == wanted
    assert await dealings(manager, here) == HEADS
