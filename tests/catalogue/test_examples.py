"""The examples beside the rules hold, in the PostgreSQL that the product runs on."""

from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.strategy.engine import shipped_catalogue
from backend.strategy.examples import Case, cases


def test_every_example_can_be_run() -> None:
    ready, problems = cases(shipped_catalogue())
    assert problems == []
    assert len(ready) > 80


async def test_every_example_holds(worker_db: Database) -> None:
    ready, _ = cases(shipped_catalogue())
    wrong: list[str] = []
    async with worker_db.unit(Actor.system("test")) as uow:
        for case in ready:
            found = await uow.session.scalar(text(case.statement), {"as_of": case.as_of})
            if found != case.expect or type(found) is not type(case.expect):
                wrong.append(_said(case, found))
    assert wrong == []


def _said(case: Case, found: object) -> str:
    line = case.part.document.line(case.part.place)
    return f"{case.part.document.file}:{line}: {case.name} is {found!r}, the example says {case.expect!r}"
