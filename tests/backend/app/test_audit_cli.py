"""`tiange audit verify`: what it says."""

from backend.app.audit_cli import verified
from backend.audit.service import seal
from backend.embedded import Urls
from backend.kernel.actor import Actor
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from tests.support.databases import connect

SYSTEM = Actor.system("test")


async def test_it_names_the_head_the_tail_and_the_first_bad_entry(
    settings: Settings, system_db: Database, databases: Urls
) -> None:
    holds, said = await verified(settings)
    assert (holds, said.split(".")[0]) == (True, "0 sealed entries hold")
    for number in range(3):
        async with system_db.unit(SYSTEM) as uow:
            uow.audit("test.done", "thing", str(number))
    async with system_db.unit(SYSTEM) as uow:
        assert await seal(uow) == 3
    async with system_db.unit(SYSTEM) as uow:
        uow.audit("test.done", "thing", "last")
    holds, said = await verified(settings)
    assert holds
    assert said.startswith("3 sealed entries hold. Head: ")
    assert "1 entries are not sealed yet" in said
    connection = await connect(databases.admin)
    bad = await connection.fetchval("SELECT entry_id FROM audit_seal WHERE position = 2")
    await connection.execute("UPDATE audit_entry SET role = 'admin' WHERE id = $1", bad)
    await connection.close()
    holds, said = await verified(settings)
    assert not holds
    assert said.startswith(f"Entry {bad} (position 2) was changed")
