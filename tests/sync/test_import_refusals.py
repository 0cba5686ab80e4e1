"""`tiange import`: rows and whole files that are refused, each with its reason."""

import pytest

from tests.support.signing import sign
from tests.support.till import ACCOUNTS, Till, account, standing
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import HEAD, household_met, number

STRANGER = number("1990-01-01", "m")


async def test_nobody_is_guessed_and_every_wrong_row_has_its_reason(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await sign(manager, customer, "head")
    other = "0197b2c4-5f5e-7c3a-9d2e-0b8f1c6a4e21"
    header = f"姓名,客户编号,{ACCOUNTS}"
    rows = {
        "unknown_person": f"甲,,{account(STRANGER, 1, '1')}",
        "id_number": f"甲,,{account(HEAD[:-1] + 'Y', 2, '1')}",
        "who": f"甲,,{account('', 3, '1')}",
        "unknown_customer": f"甲,{other},{account('', 4, '1')}",
        "not_member": f"甲,{customer},{account(STRANGER, 5, '1')}".replace(STRANGER, STRANGER),
        "customer_id": f"甲,8812,{account('', 6, '1')}",
        "negative": f"甲,,{account(HEAD, 7, '-5')}",
        "unit": f"甲,,{account(HEAD, 8, '50000000000')}",
        "amount": f"甲,,{account(HEAD, 9, '1.005')}",
        "future": f"甲,,{account(HEAD, 10, '1', opened='2199-01-01')}",
        "day": f"甲,,{account(HEAD, 11, '1', opened='2026-02-30')}",
        "account_kind": f"甲,,{account(HEAD, 12, '1', kind='活定两便')}",
        "missing": f"甲,,{account(HEAD, 13, '')}",
        "cells": f"甲,,{account(HEAD, 14, '1')},多余",
        "rounded": f"甲,,{HEAD},6.2280E+17,活期,1,1,2020-01-02",
    }
    rows["not_member"] = f"甲,{customer},{account(number('1950-01-01', 'm'), 5, '1')}"
    formula = f'"=HYPERLINK(""http://x"")",,{HEAD},6228000000000015,@SUM(1),1,1,2020-01-02'
    good = f"甲,{customer},{account(HEAD, 16, '12.5')}"
    twice = [f"甲,,{account(HEAD, 17, '1')}", f"甲,,{account(HEAD, 17, '2')}"]
    path = till.write([header, *rows.values(), formula, good, *twice])
    refused = await till.take("accounts", path)
    assert refused.code == 2
    assert "18 of 19 rows cannot be taken, more than 20 %" in refused.err
    assert "Nothing was changed" in refused.err
    await manager.pull()
    assert manager.of("standing").get(customer, {}).get("deposits_fen", 0) == 0

    said = await till.take("accounts", path, "--force")
    assert "19 rows: 1 new" in said.out
    rejected = till.rejects(path)[1:]
    expected = list(rows)
    # a person nobody knows is not known as a member either
    expected[expected.index("not_member")] = "unknown_person"
    assert [row[1] for row in rejected] == [*expected, "account_kind", "contradicts", "contradicts"]
    assert [int(row[0]) for row in rejected] == [*range(2, 18), 19, 20]
    assert all(row[2] for row in rejected)
    assert rejected[15][3] == '\'=HYPERLINK("http://x")'
    assert rejected[15][7] == "'@SUM(1)"
    assert rejected[6][8] == "'-5"
    assert (await standing(manager, customer))["deposits_fen"] == 1_250
    listed = await till.type("--list")
    assert "refused as of -  too_many_rejected" in listed.out

    # mended where it lies, the file of rejects is itself a file to import
    mended = path.with_name(f"{path.name}.rejects.csv")
    lines = mended.read_text("utf-8-sig").splitlines()
    mended.write_text(
        "\n".join([lines[0], lines[7].replace("'-5", "5"), lines[16].replace("'@SUM(1)", "定期")])
    )
    assert "2 rows: 2 new" in (await till.take("accounts", mended)).out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04\x00\x00rest of a spreadsheet", "zero bytes"),
        ("证件号码,账号".encode("utf-16"), "zero bytes"),
        (b"", "The file is empty"),
        (ACCOUNTS.encode(), "has no rows"),
        (ACCOUNTS.replace("余额", "余额（万元）", 1).encode() + b"\n1", "余额（万元）"),
        (ACCOUNTS.replace(",账号", "").encode() + b"\n1", "Missing: account_number (账号)"),
        (ACCOUNTS.replace("证件号码,", "").encode() + b"\n1", "id_number (证件号码) or customer_id"),
        (b"62280000,HEAD,1\n62280001,HEAD,2\n", "Not known for accounts"),
        (ACCOUNTS.encode() + b"\n" + b"x" * 70_000, "more than 64 KB"),
    ],
)
async def test_a_file_that_is_wrong_as_a_whole_is_refused(till: Till, content: bytes, says: str) -> None:
    path = till.folder / "wrong.csv"
    path.write_bytes(content)
    said = await till.take("accounts", path)
    assert said.code == 2
    assert says in said.err
    assert not path.with_name("wrong.csv.rejects.csv").exists()


async def test_the_day_must_be_said_and_must_not_lie_ahead(till: Till) -> None:
    path = till.write([ACCOUNTS, account(HEAD, 1, "1")])
    assert "--as-of 2026-03-01" in (await till.type("accounts", str(path))).err
    assert "still to come" in (await till.take("accounts", path, ago=-2)).err
    assert (await till.type("accounts", str(path), "--as-of", "yesterday")).code == 2
    assert (await till.type()).code == 2


async def test_amounts_in_another_unit_are_noticed_against_what_is_known(
    till: Till, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await sign(manager, customer, "head")
    yuan = till.write([ACCOUNTS, *(account(HEAD, n, f"{n}00") for n in range(1, 26))], "yuan.csv")
    assert "25 new" in (await till.take("accounts", yuan, ago=1)).out
    fen = till.write([ACCOUNTS, *(account(HEAD, n, f"{n}0000") for n in range(1, 26))], "fen.csv")
    refused = await till.take("accounts", fen)
    assert refused.code == 2
    assert "seem to be in another unit" in refused.err
    assert "100 times" in refused.err
    assert (await standing(manager, customer))["deposits_fen"] == sum(range(1, 26)) * 10_000
    assert "25 changed" in (await till.take("accounts", fen, "--force")).out
