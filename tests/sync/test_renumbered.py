"""A copied phone goes on in a new stream: what it seals anew under other places is known by its content."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import new_household
from tests.support.field_phone import FieldPhone, Sent, seal
from tests.support.world import World
from tests.sync.conftest import PhoneOf


@dataclass
class Typed:
    """What a person saved, to be sealed under one place or another."""

    envelope: dict[str, Any]

    def at(self, phone: FieldPhone, seq: int, **changes: Any) -> Sent:
        """Sealed for a place of the phone's stream. `changes` make it another command under the same id."""
        plain = msgspec.msgpack.encode(self.envelope | {"seq": seq} | changes)
        command_id = UUID(self.envelope["id"])
        sealed = seal(phone.seal_key, plain, f"command:{command_id}")
        return Sent(command_id, seq, hashlib.sha256(plain).hexdigest(), sealed)


def typed(phone: FieldPhone, body: dict[str, Any], *needs: Typed, **more: Any) -> Typed:
    envelope = {
        "id": str(uuid7()),
        "type": "customer.create",
        "version": 1,
        "at": phone.now(),
        "offset_minutes": 480,
        "needs": [one.envelope["id"] for one in needs],
        "body": body,
    }
    return Typed(envelope | more)


async def send(phone: FieldPhone, *sent: Sent) -> list[dict[str, Any]]:
    answer = await phone.push_raw([one.wire() for one in sent])
    assert answer.status_code == 200, answer.text
    receipts: list[dict[str, Any]] = msgspec.msgpack.decode(answer.content)["receipts"]
    for receipt, one in zip(receipts, sorted(sent, key=lambda one: one.seq), strict=True):
        assert receipt["hash"] == one.hash, "a phone heeds only answers about the very bytes it sent"
    return receipts


def told(receipts: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(one["result"], one.get("was", one.get("code"))) for one in receipts]


async def copy_of(phone: FieldPhone) -> FieldPhone:
    """A second phone of the same person under an installation of its own, as a copied one becomes."""
    other = FieldPhone(phone.phone, phone.clock, phone.seal_key, phone.staff)
    phone.phone.installation_id = uuid7()
    assert (await phone.phone.enrol()).status_code == 200
    return other


async def test_a_held_command_sealed_anew_takes_effect_once_its_ground_is_there(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    place = world.grids["E1"]
    first = typed(manager, new_household(place, " "))
    waits = typed(manager, new_household(place, "等人"), first)
    before = [first.at(manager, 1), waits.at(manager, 2)]
    assert told(await send(manager, *before)) == [("rejected", "bad_value"), ("held", "needs")]
    former = str(manager.phone.installation_id)

    copy = await copy_of(manager)
    anew = waits.at(copy, 1)
    assert told(await send(copy, anew)) == [("held", "needs")]
    assert await one_row(worker_db, waits, "hash") == anew.hash
    assert await audit(worker_db) == [{"hash": before[1].hash, "installation_id": former, "seq": 2}]
    # what support would open is what came last, and says what was typed
    kept = await one_row(worker_db, waits, "quarantined")
    assert bytes(kept) == anew.sealed

    body = first.envelope["body"] | {"name": "补正"}
    mended = typed(manager, body, replaces=first.envelope["id"])
    assert told(await send(copy, mended.at(copy, 2), anew)) == [("held", "needs"), ("applied", None)]
    assert told(await send(copy, anew)) == [("applied", None)]
    assert await names(worker_db) == ["等人", "补正"]


@pytest.mark.parametrize("name", ["李四", " "])
async def test_what_has_its_answer_is_repeated_under_any_place(
    phone_of: PhoneOf, world: World, worker_db: Database, name: str
) -> None:
    """Also where the first answer was lost, or the original goes on beside its copy."""
    manager = await phone_of("manager")
    saved = typed(manager, new_household(world.grids["E1"], name))
    other, after = (typed(manager, new_household(world.grids["E1"], one)) for one in ("先来", "后来"))
    sent = saved.at(manager, 1)
    (first,) = await send(manager, sent)
    copy = await copy_of(manager)
    before, again, behind = await send(copy, other.at(copy, 1), saved.at(copy, 2), after.at(copy, 3))
    assert told([again]) == [("repeated", first["result"])]
    assert again.get("code") == first.get("code")
    assert again["receipt"] != first["receipt"], "it is about other bytes"
    assert (before["result"], behind["result"]) == ("applied", "applied")
    (once_more,) = await send(copy, sent)
    assert (once_more["was"], once_more["receipt"]) == (first["result"], first["receipt"])
    assert await names(worker_db) == sorted(["先来", "后来", *([name] if name.strip() else [])])


@pytest.mark.parametrize(
    "changes",
    [
        {"at": 1763712000000},
        {"type": "customer.move"},
        {"needs": []},
        {"body": {"name": "换过"}},
        {"heard_at": 1763712000000, "reckoned_at": 1763712000000},
    ],
)
async def test_other_content_under_a_held_id_is_refused_and_the_first_stays(
    phone_of: PhoneOf, world: World, worker_db: Database, changes: dict[str, Any]
) -> None:
    manager = await phone_of("manager")
    place = world.grids["E1"]
    ground = typed(manager, new_household(place))
    waits = typed(manager, new_household(place, "等人"), ground)
    first = waits.at(manager, 1)
    assert told(await send(manager, first)) == [("held", "needs")]
    copy = await copy_of(manager)
    assert told(await send(copy, waits.at(copy, 1, **changes))) == [("rejected", "hash_mismatch")]
    assert await one_row(worker_db, waits, "hash") == first.hash
    assert bytes(await one_row(worker_db, waits, "quarantined")) == first.sealed
    assert told(await send(copy, ground.at(copy, 2), waits.at(copy, 3))) == [("applied", None)] * 2


async def test_a_person_does_not_take_over_anothers_held_command(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    mine, theirs = await phone_of("manager"), await phone_of("manager2")
    ground = typed(mine, new_household(world.grids["E1"]))
    waits = typed(mine, new_household(world.grids["E1"], "等人"), ground)
    first = waits.at(mine, 1)
    assert told(await send(mine, first)) == [("held", "needs")]
    assert told(await send(theirs, waits.at(theirs, 1))) == [("rejected", "hash_mismatch")]
    assert await one_row(worker_db, waits, "hash") == first.hash


async def one_row(database: Database, command: Typed, column: str) -> Any:
    async with database.unit(Actor.system("test")) as uow:
        statement = text(f"SELECT {column} FROM sync_command WHERE id = :id")
        return await uow.session.scalar(statement, {"id": UUID(command.envelope["id"])})


async def audit(database: Database) -> list[Any]:
    async with database.unit(Actor.system("test")) as uow:
        statement = text("SELECT detail FROM audit_entry WHERE action = 'sync.renumbered' ORDER BY at")
        return list(await uow.session.scalars(statement))


async def names(database: Database) -> list[str]:
    async with database.unit(Actor.system("test")) as uow:
        return list(await uow.session.scalars(text("SELECT name FROM customer ORDER BY name")))
