"""Many rows in one statement: what was there gets the values given, what was not is added, all else stays."""

from uuid import uuid4

from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.bulk import inserting, upserting, write
from backend.kernel.models import ServerFact
from backend.kernel.uow import Database

SYSTEM = Actor.system("test")


async def facts(db: Database, names: list[str]) -> dict[str, str]:
    async with db.unit(SYSTEM) as uow:
        rows = await uow.session.execute(
            text("SELECT name, value FROM server_fact WHERE name = ANY(:names)"), {"names": names}
        )
        return {row.name: row.value for row in rows}


async def test_rows_are_added_or_take_the_new_values(worker_db: Database) -> None:
    one, two, three = (f"test.{letter}.{uuid4().hex}" for letter in "abc")
    async with worker_db.unit(SYSTEM) as uow:
        rows = [{"name": one, "value": "旧"}, {"name": three, "value": "stays"}]
        await write(uow.session, inserting(ServerFact, rows))
    async with worker_db.unit(SYSTEM) as uow:
        assert upserting(ServerFact, []) == []
        rows = [{"name": one, "value": 'it\'s "new"'}, {"name": two, "value": ":value"}]
        await write(uow.session, upserting(ServerFact, rows))
    assert await facts(worker_db, [one, two, three]) == {one: 'it\'s "new"', two: ":value", three: "stays"}
