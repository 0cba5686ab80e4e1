"""The examples beside the rules hold, in the PostgreSQL that the product runs on."""

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.strategy.engine import shipped_catalogue
from backend.strategy.examples import cases, missed


def test_every_example_can_be_run() -> None:
    ready, problems = cases(shipped_catalogue())
    assert problems == []
    assert len(ready) > 80


async def test_every_example_holds(worker_db: Database) -> None:
    async with worker_db.unit(Actor.system("test")) as uow:
        assert await missed(uow, shipped_catalogue()) == []
