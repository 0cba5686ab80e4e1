"""`tiange import`: files of the bank's systems that are taken, and what phones then show."""

import asyncio
import os
import stat
import subprocess
import sys
from datetime import timedelta
from functools import partial

import pytest

from backend.embedded import Urls
from tests.support.bodies import member, new_household
from tests.support.databases import connect
from tests.support.signing import sign
from tests.support.till import ACCOUNTS, Till, account, standing
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import CHILD, HEAD, WIFE, household_met


async def test_a_file_in_gb18030_with_a_broken_row_in_the_middle_is_taken_without_that_row(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    customer = await household_met(manager, world, work)
    await sign(manager, customer)
    await work()
    lines = [ACCOUNTS, *(account(HEAD, place, f"{place}000.25") for place in range(1, 9))]
    raw = [line.encode("gb18030") for line in lines]
    # half a character, as a transfer cut in fixed blocks leaves it
    raw[4] = raw[4].replace("活期".encode("gb18030"), "活期".encode("gb18030")[:3])
    raw[5] = raw[5] + b',"'
    path = till.folder / "存款.csv"
    path.write_bytes(b"\n".join(raw))

    said = await till.take("accounts", path, "--force")
    assert said.code == 0, said.err
    assert "8 rows: 6 new, 0 changed" in said.out
    assert "2 rejected" in said.out
    assert "gb18030" in said.out

    rejected = till.rejects(path)
    assert rejected[0] == ["行号", "代码", "原因", *ACCOUNTS.split(",")]
    assert [row[:2] for row in rejected[1:]] == [["5", "text"], ["6", "quotes"]]
    assert stat.S_IMODE(path.with_name("存款.csv.rejects.csv").stat().st_mode) == 0o600

    await work()
    row = await standing(manager, customer)
    assert row["deposits_fen"] == sum(place * 100_000 + 25 for place in (1, 2, 3, 6, 7, 8))
    assert row["as_of"] == till.day()
    await agent.pull()
    assert customer in agent.of("customer")
    assert "standing" not in agent.everything()
    assert str(row["deposits_fen"]) not in agent.everything()


async def test_the_same_file_twice_counts_once_by_its_content_and_by_its_rows(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await sign(manager, customer)
    await work()
    path = till.write([ACCOUNTS, account(HEAD, 1, "1000.00"), account(WIFE, 2, "500")])
    assert "2 new" in (await till.take("accounts", path)).out
    await work()
    before = await standing(manager, customer)

    again = await till.take("accounts", path)
    assert again.code == 0
    assert "taken before" in again.out
    whole = await till.take("accounts", path, "--again")
    assert "2 rows: 0 new, 0 changed, 2 as they were" in whole.out
    assert "0 customers are worked out anew" in whole.out
    # another file with the same rows, one of them twice
    other = till.write(
        [
            ACCOUNTS,
            account(WIFE, 2, "500"),
            account(HEAD, 1, "1,000").replace("1,000", "1000"),
            account(WIFE, 2, "500.00"),
        ],
        "other.csv",
    )
    assert (
        "3 rows: 0 new, 0 changed, 2 as they were, 0 older than what is known, 1 said before"
        in (await till.take("accounts", other)).out
    )
    assert await work() == 0
    assert await standing(manager, customer) == before
    assert before["deposits_fen"] == 150_000

    listed = await till.type("--list")
    assert listed.out.count("accounts  taken") == 3


async def test_an_older_day_never_replaces_a_newer_one(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await sign(manager, customer)
    await work()
    await till.take("accounts", till.write([ACCOUNTS, account(HEAD, 1, "900")], "b.csv"), ago=1)
    older = await till.take("accounts", till.write([ACCOUNTS, account(HEAD, 1, "100")], "a.csv"), ago=2)
    assert "0 new, 0 changed, 0 as they were, 1 older than what is known" in older.out
    assert (await standing(manager, customer))["deposits_fen"] == 90_000
    # one file with a history of its own: the newest line stands
    path = till.write(
        [
            f"{ACCOUNTS},数据日期",
            f"{account(HEAD, 1, '950')},{till.day()}",
            f"{account(HEAD, 1, '940')},{till.day(1)}",
        ]
    )
    newer = await till.type("accounts", str(path))
    assert "1 changed" in newer.out, newer.err
    assert (await standing(manager, customer))["deposits_fen"] == 95_000
    closed = till.write([f"{ACCOUNTS},销户日期", f"{account(HEAD, 1, '0')},{till.day(1)}"], "closed.csv")
    assert "1 changed" in (await till.take("accounts", closed)).out
    assert (await standing(manager, customer))["deposits_fen"] == 0


async def test_loans_flows_products_and_contracts_of_several_members_come_together(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    customer = await household_met(manager, world, work)
    await sign(manager, customer)
    await work()
    loans = till.write(
        [
            "证件号码\t合同号\t合同金额(元)\t贷款余额\t年利率(%)\t发放日期\t到期日\t逾期天数",
            f'{HEAD}\t农商借字〔2025〕第 8 号\t60000\t"45,000.50"\t4.35%\t20250301\t20280301\t0',
        ],
        "loans.csv",
    )
    assert "1 new" in (await till.take("loans", loans)).out
    month = till.today.replace(day=1) - timedelta(days=1)
    flows = till.write(
        [
            "id_number;month;in;out;in_count;out_count;wages;merchant",
            f"{HEAD};{month:%Y-%m};3000;1000.5;3;4;2000;0",
            f"{WIFE};{month:%Y%m};500;100;1;1;0;500",
        ],
        "flows.csv",
    )
    assert "2 new" in (await till.take("flows", flows)).out
    products = till.write(
        ["证件号码|产品|签约日期", f"{HEAD}|手机银行|2024-05-06", f"{WIFE}|mobile_banking|2023-05-06"],
        "p.csv",
    )
    assert "2 new" in (await till.take("products", products, ago=1)).out
    contracts = till.write(["证件号码,合同号,产品,签约日期", f"{CHILD},ETC-0001,etc,2024-05-06"], "c.csv")
    assert "1 new" in (await till.take("contracts", contracts, ago=1)).out
    await work()
    row = await standing(manager, customer)
    assert (row["loans_fen"], row["granted_fen"], row["next_due_on"]) == (4_500_050, 6_000_000, "2028-03-01")
    assert row["flow_in_fen"] == 350_000
    assert row["products"] == ["etc", "mobile_banking"]

    # one of two cancels: the household still has it; both: gone
    header = "证件号码,产品,签约日期,解约日期"
    one = till.write([header, f"{HEAD},手机银行,2024-05-06,{till.day()}"], "one.csv")
    both = till.write([header, f"{WIFE},手机银行,2023-05-06,{till.day()}"], "both.csv")
    await till.take("products", one)
    assert (await standing(manager, customer))["products"] == ["etc", "mobile_banking"]
    await till.take("products", both)
    assert (await standing(manager, customer))["products"] == ["etc"]
    # a month told anew replaces that holder's part and no other
    flows.write_text(flows.read_text().replace(";3000;", ";3100;"))
    assert "1 changed, 1 as they were" in (await till.take("flows", flows)).out
    assert (await standing(manager, customer))["flow_in_fen"] == 360_000
    await agent.pull()
    assert "standing" not in agent.everything()


async def test_what_is_imported_moves_limit_and_tags(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await sign(manager, customer)
    await work()
    await manager.pull()
    before = manager.of("profile")[customer]
    loans = "证件号码,合同号,合同金额,贷款余额,利率,发放日期,到期日期,逾期天数"
    path = till.write([loans, f"{HEAD},HT0001,60000,60000,4.35,2025-03-01,2028-03-01,95"])
    said = await till.take("loans", path)
    assert "1 customers are worked out anew" in said.out
    path = till.write([ACCOUNTS, account(HEAD, 1, "380000")], "accounts.csv")
    await till.take("accounts", path)
    assert await work() > 0
    await manager.pull()
    after = manager.of("profile")[customer]
    assert after["tags"] != before["tags"]
    assert (after["score"], after["reasons"]) != (before["score"], before["reasons"])


async def test_a_business_is_named_by_its_own_id_and_keeps_apart_from_its_owners_household(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    home = await household_met(manager, world, work)
    owner = [member("李四", "owner", "m", "1979-03-04", None)]
    shop = new_household(world.grids["E1"], "李四超市", "13500001111", kind="business", members=owner)
    manager.save("customer.create", shop)
    assert [one["result"] for one in await manager.push()] == ["applied"]
    for one in (home, str(shop["id"])):
        await sign(manager, one)
    month = till.today.replace(day=1) - timedelta(days=1)
    rest = f"{month:%Y-%m},100,1,1,1,0,0"
    header = "客户编号,证件号码,月份,流入金额,流出金额,流入笔数,流出笔数,代发工资,商户收款"
    lines = [f",{HEAD},{rest}", f"{home},{WIFE},{rest}", f"{shop['id']},,{rest}", f"{home},,{rest}"]
    path = till.write([header, *lines])
    assert "3 new" in (await till.take("flows", path, "--force", ago=1)).out
    assert [row[1] for row in till.rejects(path)[1:]] == ["person"]
    assert (await standing(manager, home))["flow_in_fen"] == 20_000
    assert (await standing(manager, str(shop["id"])))["flow_in_fen"] == 10_000
    # the same people, named in another way, and the same file for the day after
    other = till.write([header, f"{home},{HEAD},{rest}", f",{WIFE},{rest}", lines[2]], "other.csv")
    assert "0 new, 0 changed, 3 as they were" in (await till.take("flows", other, ago=1)).out
    assert "0 new, 0 changed, 3 as they were" in (await till.take("flows", other)).out
    assert (await standing(manager, home))["flow_in_fen"] == 20_000


async def test_very_many_customers_are_worked_out_in_one_run(
    till: Till, phone_of: PhoneOf, world: World, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await sign(manager, customer)
    await work()
    await manager.pull()
    before = manager.of("profile")[customer]
    monkeypatch.setattr("backend.banking.importing.MANY_CUSTOMERS", 0)
    await till.take("accounts", till.write([ACCOUNTS, account(HEAD, 1, "380000")]))
    assert await work() > 0
    await manager.pull()
    assert manager.of("profile")[customer]["tags"] != before["tags"]


async def test_what_was_collected_stays_and_numbers_are_kept_nowhere_whole(
    till: Till, phone_of: PhoneOf, world: World, work: Work, databases: Urls
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    edits = [{"field": "deposits_elsewhere_fen", "value": 700_000, "seen": None}]
    manager.save("customer.set_values", {"customer_id": customer, "edits": edits})
    assert [one["result"] for one in await manager.push()] == ["applied"]
    await manager.pull()
    before = manager.of("file")[customer]["values"]
    path = till.write([ACCOUNTS, account(HEAD, 1, "1000")])
    await till.take("accounts", path)
    await work()
    await manager.pull()
    assert manager.of("file")[customer]["values"] == before
    connection = await connect(databases.admin)
    try:
        for table in ("account", "import_batch", "audit_entry", "outbox_event", "job", "decision"):
            rows = await connection.fetch(f"SELECT t::text AS said FROM {table} t")
            assert rows, table
            assert not [row for row in rows if "62280000000000" in row["said"] or HEAD in row["said"]], table
        kept = await connection.fetchrow("SELECT number_tail, length(number_index) AS long FROM account")
        audited = await connection.fetchrow(
            "SELECT role, detail::text AS detail FROM audit_entry WHERE action = 'banking.import_taken'"
        )
    finally:
        await connection.close()
    assert kept is not None
    assert tuple(kept) == ("0001", 32)
    assert audited is not None
    assert audited["role"] == "system"
    assert '"added":1' in audited["detail"].replace(" ", "")


async def test_the_command_itself_in_a_process_of_its_own(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await sign(manager, customer)
    await work()
    path = till.write([ACCOUNTS, account(HEAD, 1, "88.8")])
    command = [
        sys.executable,
        "-m",
        "backend.app.cli",
        "import",
        "accounts",
        str(path),
        "--as-of",
        till.day(),
    ]
    run = partial(
        subprocess.run,
        command,
        env=os.environ | till.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    done = await asyncio.to_thread(run)
    assert done.returncode == 0, done.stderr
    assert "1 rows: 1 new" in done.stdout
    assert (await standing(manager, customer))["deposits_fen"] == 8_880
