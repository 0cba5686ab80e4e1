"""Every field of a file, a record and a person, pushed with what cannot be.

The bank refuses it, names the field in plain words of both languages, keeps the entry whole, and nothing of
it has effect. What the fields are comes from their declarations, so that a new one is walked too.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from backend.customers import file_fields, person_fields, record_kinds
from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf
from tests.sync.test_people import edits, household, who

#: [what is wrong with it, value]
Bad = Iterator[tuple[str, Any]]
AT_ONCE = 100
TEXTS = {"bell": "茶\x07厂", "zero": "茶\0厂", "line": "茶\n厂", "turned": "茶\u202e厂", "number": 5}


def bad(unit: str, most: int | None) -> Bad:
    """What a field of this unit cannot be."""
    match unit:
        case "choice":
            yield from {"no such choice": "moon", "empty": "", "a number": 3}.items()
        case "flag":
            yield from {"a word": "yes", "a number": 1}.items()
        case "day":
            yield from {"no such day": "2026-02-30", "in one": "20260301", "a week": "2020-W19-3"}.items()
            yield from {"long ago": "1899-12-31", "far off": "2101-01-01", "a number": 20260301}.items()
        case "code":
            yield from {"short": "9142", "mistyped": "91421221MA49XXXXXX", "a number": 9142}.items()
        case "customer" | "person":
            yield from {"a name": "李四", "a number": 4}.items()
        case "id":
            yield from {"mistyped": "420000197903040011", "short": "4200", "long": "4" * 30}.items()
            yield from {"a letter": "4200001979030400１1", "a number": 42}.items()
        case "phone":
            yield from {"short": "139", "of a house": "0715123456", "wide digits": "1３912340001"}.items()
            yield from {"a line after": "13912340001\n", "a number": 13912340001}.items()
        case "text":
            assert most is not None
            yield from {"too long": "字" * (most + 1), **TEXTS}.items()
        case _:
            assert most is not None
            yield from {"below the least": 1899 if unit == "year" else -1, "above the most": most + 1}.items()
            yield from {"words": "很多", "far above": 1 << 62}.items()


async def refused(phone: FieldPhone, cases: list[tuple[str, str, str, dict[str, Any], str, str]]) -> None:
    """Pushes all cases (what, type, code, body, words of the field) and looks at each answer."""
    for start in range(0, len(cases), AT_ONCE):
        some = cases[start : start + AT_ONCE]
        for _, kind, _, body, _, _ in some:
            phone.save(kind, body)
        for (what, _, code, _, zh, en), answer in zip(some, await phone.push(), strict=True):
            assert (answer["result"], answer["code"]) == ("rejected", code), (what, answer)
            if code != "bad_value":
                continue
            said = answer["reason"].split("\n")
            assert len(said) == 2, (what, said)
            assert zh in said[0], (what, said)
            assert en.lower() in said[1].lower(), (what, said)
            assert "_" not in answer["reason"], (what, said)


async def effects(database: Database) -> list[int]:
    """How many values, records and changes of people there are, and how many entries are kept whole."""
    tables = ("customer_value", "file_record", "person_change", "sync_command WHERE quarantined IS NOT NULL")
    async with database.unit(Actor.system("test")) as uow:
        return [await uow.session.scalar(text(f"SELECT count(*) FROM {one}")) for one in tables]


async def test_every_field_of_a_file(phone_of: PhoneOf, world: World, worker_db: Database) -> None:
    phone = await phone_of("manager")
    body = await household(phone, world)
    cases = []
    for name, one in file_fields.declared().items():
        for what, value in bad(one.unit, one.largest):
            given = {"customer_id": body["id"], "edits": edits(**{name: value})}
            cases.append((f"{name}: {what}", "customer.set_values", "bad_value", given, one.zh, one.en))
    assert len({one[0].split(":")[0] for one in cases}) == len(file_fields.declared())
    await refused(phone, cases)
    assert await effects(worker_db) == [0, 0, 0, len(cases)]


async def test_every_field_of_every_kind_of_record(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    phone = await phone_of("manager")
    body = await household(phone, world)
    cases = []
    for kind, declared in record_kinds.kinds().items():
        plain = {"customer_id": body["id"], "kind": kind, "label": declared.zh}
        for what, label in {"too long": "字" * 81, **TEXTS}.items():
            # what is no text at all, or too long for any name, no app has ever sent
            code = "malformed" if what in ("too long", "number") else "bad_value"
            given = plain | {"id": str(uuid7()), "label": label}
            cases.append((f"{kind}.label: {what}", "record.put", code, given, "叫法", "Name"))
        for name, one in declared.fields.items():
            most = one.largest if one.most is not None else None
            for what, value in bad(one.unit, most):
                given = plain | {"id": str(uuid7())}
                column = name in record_kinds.COLUMNS
                given |= {name: value} if column else {"detail": {name: value}}
                code = "malformed" if column and what == "words" else "bad_value"
                cases.append((f"{kind}.{name}: {what}", "record.put", code, given, one.zh, one.en))
    await refused(phone, cases)
    assert await effects(worker_db) == [0, 0, 0, len(cases)]


async def test_every_field_of_a_person(phone_of: PhoneOf, world: World, worker_db: Database) -> None:
    phone = await phone_of("manager")
    body = await household(phone, world)
    cases = []
    for name, one in person_fields.fields().items():
        for what, value in bad(one.unit, one.most):
            given = who(body, 0) | {"edits": edits(**{name: value})}
            cases.append((f"{name}: {what}", "member.put", "bad_value", given, one.zh, one.en))
    for what, value in {"in the future": "2031-02-03", "long ago": "1901-02-03"}.items():
        given = who(body, 0) | {"edits": edits(birth_on=value)}
        cases.append((f"birth_on: {what}", "member.put", "bad_value", given, "出生日期", "birth date"))
    given = who(body, 0) | {"edits": edits(name=None)}
    cases.append(("name: none", "member.put", "bad_value", given, "姓名", "name"))
    await refused(phone, cases)
    assert await effects(worker_db) == [0, 0, 0, len(cases)]


@pytest.mark.parametrize(("place", "field"), [(0, "name"), (1, "address")])
async def test_what_a_new_household_is_called_is_text_that_people_can_read(
    phone_of: PhoneOf, world: World, place: int, field: str
) -> None:
    phone = await phone_of("manager")
    words = [("名字", "Name"), ("地址", "Address")][place]
    cases = [
        (
            f"{field}: {what}",
            "customer.create",
            "bad_value",
            new_household(world.grids["E1"]) | {field: value},
            *words,
        )
        for what, value in TEXTS.items()
        if isinstance(value, str)
    ]
    await refused(phone, cases)
