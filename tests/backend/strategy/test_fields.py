"""A changed rule as fields, and a figure changed without touching YAML: its text keeps all else."""

from datetime import date

import pytest

from backend.strategy import drafting, fields
from backend.strategy.documents import shipped_files
from backend.strategy.figure_text import with_value
from backend.strategy.schemas import FieldMove
from tests.backend.strategy.desks import DeskOf
from tests.backend.strategy.town import Town
from tests.support.world import World

BLOCK = """# 第一行
figures:
  - name: other_fen  # 别的
    values: [{from: 2025-01-01, value: 1}]
  - name: a_fen
    zh: 某额
    unit: fen
    values:
      # 为什么
      - from: 2025-01-01
        value: 100  # 旧

      - from: 2026-01-01
        value: 200

  # 后面的一句
  - name: z_fen
    values: [{from: 2025-01-01, value: 1}]
"""


def test_only_the_number_of_that_day_changes() -> None:
    changed = with_value("figures/a.yaml", BLOCK, "a_fen", date(2025, 1, 1), 150)
    assert changed == BLOCK.replace("value: 100  # 旧", "value: 150  # 旧")
    flow = with_value("figures/a.yaml", BLOCK, "z_fen", date(2025, 1, 1), -7)
    assert flow == BLOCK[: BLOCK.rindex("1}")] + "-7}]\n"


@pytest.mark.parametrize("name", ["a_fen", "z_fen", "other_fen"])
def test_a_later_day_stands_behind_the_last(name: str) -> None:
    changed = with_value("figures/a.yaml", BLOCK, name, date(2026, 6, 1), 300)
    before, _ = drafting.definitions({"figures/a.yaml": BLOCK})
    after, problems = drafting.definitions({"figures/a.yaml": changed})
    assert not problems
    days = list(before["figures", name].data["values"])
    assert after["figures", name].data["values"] == [*days, {"from": "2026-06-01", "value": 300}]
    assert {key: one.data for key, one in after.items() if key[1] != name} == {
        key: one.data for key, one in before.items() if key[1] != name
    }
    assert [line for line in changed.splitlines() if "#" in line] == [
        line for line in BLOCK.splitlines() if "#" in line
    ]


def test_a_day_between_is_refused() -> None:
    with pytest.raises(ValueError, match="none of its days"):
        with_value("figures/a.yaml", BLOCK, "a_fen", date(2025, 6, 1), 150)
    with pytest.raises(LookupError):
        with_value("figures/a.yaml", BLOCK, "no_fen", date(2025, 6, 1), 150)


def test_every_shipped_figure_can_be_changed_and_back() -> None:
    files = shipped_files()
    found, _ = drafting.definitions({path: text for path, text in files.items() if "figures/" in path})
    assert len(found) > 150
    for (_, name), one in list(found.items())[::9]:
        first = one.data["values"][0]
        since, value = date.fromisoformat(first["from"]), first["value"]
        changed = with_value(one.path, files[one.path], name, since, value + 1)
        assert changed != files[one.path]
        assert with_value(one.path, changed, name, since, value) == files[one.path]


def changed(before: str, after: str, key: str = "when") -> list[FieldMove]:
    """The fields of a tag whose rule changes."""
    files = shipped_files()
    tag = f"tags:\n  - name: a\n    zh: 甲\n    en: A\n    priority: 3\n    {key}: %s\n"
    base, _ = drafting.definitions({**files, "tags/x.yaml": tag % before})
    now, _ = drafting.definitions({**files, "tags/x.yaml": tag % after})
    (change,) = drafting.between(base, now)
    return list(fields.moves(change.before, change.after, fields.names_of(base, now)))


def test_a_condition_shows_what_is_compared_from_and_to() -> None:
    old = "deposits_fen >= yuan(50000) OR loans_fen > 0"
    first, second, third = changed(old, "deposits_fen >= yuan(40000) OR (loans_fen > 0 AND age_years < 60)")
    assert (first.path, first.sign, first.unit) == (("when", "deposits_fen"), ">=", "fen")
    assert first.zh
    assert (first.before and first.before.number, first.after and first.after.number) == (
        5_000_000,
        4_000_000,
    )
    assert (second.join, second.before) == ("or", second.after)
    assert (third.join, third.before, third.after and third.after.number) == ("and", None, 60)


@pytest.mark.parametrize(
    ("before", "after", "sign", "was", "will"),
    [
        ("share(deposits_fen, 50) > loans_fen", "share(deposits_fen, 60) > loans_fen", "share", 50, 60),
        ("age_years BETWEEN 18 AND 60", "age_years BETWEEN 18 AND 65", "between", "18、60", "18、65"),
        (
            "kind IN ('household')",
            "kind IN ('household', 'business')",
            "in",
            "household",
            "household、business",
        ),
        ("5 < age_years", "6 < age_years", ">", 5, 6),
        ("age_years < 60", "age_years < oldest_years", "<", 60, "最高年龄"),
    ],
)
def test_signs_and_values(before: str, after: str, sign: str, was: object, will: object) -> None:
    one = changed(before, after)[0]
    assert one.before is not None
    assert one.after is not None
    assert one.sign == sign
    assert (one.before.number or one.before.zh, one.after.number or one.after.zh) == (was, will)


def test_other_values_and_what_is_no_field() -> None:
    (one,) = changed("3", "5", key="again_days")
    assert (one.path, one.before and one.before.number, one.after and one.after.number) == (
        ("again_days",),
        3,
        5,
    )
    assert changed("deposits_fen > loans_fen + debts_fen", "deposits_fen > loans_fen - debts_fen") == []


async def test_a_figure_is_changed_at_a_desk(town: Town, world: World, desk_of: DeskOf) -> None:
    business, risk = await desk_of("business"), await desk_of("risk")
    draft = await business.draft()
    told = await business.ask("GET", f"/drafts/{draft}/figures")
    figure = next(one for one in told["figures"] if one["name"] == "limit_step_fen")
    assert (figure["unit"], figure["path"]) == ("fen", "figures/limit.yaml")
    assert figure["zh"]
    (day,) = figure["values"]
    assert day["value"] == day["base"] == 100_000
    wanted = {"since": day["since"], "value": 200_000}
    path = f"/drafts/{draft}/figures/limit_step_fen"
    assert await risk.refused("PUT", path, revision=told["revision"], **wanted) == "not_allowed"
    after = await business.ask("PUT", path, revision=told["revision"], since=day["since"], value=200_000)
    (again,) = next(one for one in after["figures"] if one["name"] == "limit_step_fen")["values"]
    assert (again["value"], again["base"]) == (200_000, 100_000)
    file = await business.file(draft, "figures/limit.yaml")
    assert file["text"] == file["base"].replace("value: 100000}", "value: 200000}")
    # a colleague's change that came between is not written over
    await business.edit(draft, "# The policy numbers", "# Our policy numbers", "figures/limit.yaml")
    assert (
        await business.refused("PUT", path, revision=told["revision"], **wanted | {"value": 1})
        == "file_moved"
    )
    early = {"revision": 99, "since": "2020-01-01", "value": 1}
    assert await business.refused("PUT", path, **early) == "bad_day"
    assert await business.refused("PUT", f"/drafts/{draft}/figures/nothing_fen", **early) == "not_found"
    (rule,) = (await business.ask("GET", f"/drafts/{draft}/difference"))["rules"]
    (field,) = rule["fields"]
    assert (field["sign"], field["unit"], field["path"]) == ("from", "fen", ["values", day["since"]])
    assert (field["before"]["number"], field["after"]["number"]) == (100_000, 200_000)
    assert await business.check(draft) == []
