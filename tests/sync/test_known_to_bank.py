"""A household that the bank's systems know can only be the one that stays in a merge."""

from datetime import timedelta

import pytest

from backend.banking import models
from backend.customers.dealings import OF_THE_BANK
from backend.kernel.db import Base
from tests.support.bodies import new_household
from tests.support.till import ACCOUNTS, Till, account
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import HEAD, household_met

LOANS = "证件号码,合同号,合同金额,贷款余额,利率,发放日期,到期日期,逾期天数"


def _files(till: Till) -> dict[str, tuple[str, list[str]]]:
    """One row of each kind, and what has ended."""
    month = till.today.replace(day=1) - timedelta(days=1)
    ended = f"{HEAD},手机银行,2024-05-06,{till.day()}"
    return {
        "an account": ("accounts", [ACCOUNTS, account(HEAD, 1, "0")]),
        "a loan": ("loans", [LOANS, f"{HEAD},HT0001,60000,0,4.35,2020-03-01,2023-03-01,0"]),
        "flows": (
            "flows",
            ["id_number,month,in,out,in_count,out_count,wages,merchant", f"{HEAD},{month:%Y-%m},0,0,0,0,0,0"],
        ),
        "a product": ("products", ["证件号码,产品,签约日期", f"{HEAD},手机银行,2024-05-06"]),
        "a contract": ("contracts", ["证件号码,合同号,产品,签约日期", f"{HEAD},ETC-1,etc,2024-05-06"]),
        "an ended product": ("products", ["证件号码,产品,签约日期,解约日期", ended]),
    }


@pytest.mark.parametrize(
    "known", ["an account", "a loan", "flows", "a product", "a contract", "an ended product"]
)
async def test_it_is_not_merged_away_and_may_take_another_in(
    till: Till, phone_of: PhoneOf, world: World, work: Work, known: str
) -> None:
    manager = await phone_of("manager")
    theirs = await household_met(manager, world, work)
    other = new_household(world.grids["E1"], "李老四")
    manager.save("customer.create", other)
    assert (await manager.push())[0]["result"] == "applied"
    kind, lines = _files(till)[known]
    said = await till.take(kind, till.write(lines))
    assert "1 new" in said.out, said.err
    await work()
    manager.save("customer.merge", {"customer_id": theirs, "into_id": other["id"], "reason": "一户记了两遍"})
    refused = (await manager.push())[0]
    assert (refused["result"], refused["code"]) == ("rejected", "known_to_bank")
    manager.save("customer.merge", {"customer_id": other["id"], "into_id": theirs, "reason": "一户记了两遍"})
    assert (await manager.push())[-1]["result"] in {"applied", "merged"}


async def test_without_any_of_it_either_may_stay(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    theirs = await household_met(manager, world, work)
    other = new_household(world.grids["E1"], "李老四")
    manager.save("customer.create", other)
    manager.save("customer.merge", {"customer_id": theirs, "into_id": other["id"], "reason": "一户记了两遍"})
    assert (await manager.push())[-1]["result"] in {"applied", "merged"}


def test_every_table_of_the_banks_systems_is_asked() -> None:
    tables = {
        mapper.class_.__tablename__
        for mapper in Base.registry.mappers
        if mapper.class_.__module__ == models.__name__
    }
    assert {one for one in tables if "customer_id" in Base.metadata.tables[one].c} == set(OF_THE_BANK)
