"""A file of the provincial credit system's grades, made up around ours and brought in as any file is.

It stays in the installation's folder, so that whoever looks around can read it and import it again. All of it
is invented: most grades are ours, some lie one or two apart.
"""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from backend.app.demo.seeded import Calendar, Stream
from backend.banking import api as banking
from backend.kernel.actor import Actor
from backend.kernel.uow import Database

FILE = "信e代等级.csv"
#: so many customers at most, of the first branch on: a file to look at, not a county's whole
MOST = 3_000
#: the province's last round lies so many days back
DAYS_AGO = 40
_HEAD = "客户编号,信用等级,授信额度(元),评定日期"
#: what the province would have granted, in yuan
_LIMITS = {"AAA": 300_000, "AA": 150_000, "A": 80_000}
_STEPS = {0: 0.80, 1: 0.08, -1: 0.07, 2: 0.03, -2: 0.02}
_SPELLED = {"AAA": "AAA级", "AA": "AA级", "A": "A级", "none": "无"}
# those whom the bank's systems know: others have no place in a file of the credit system
_CUSTOMERS = text(
    "SELECT c.id, coalesce(p.grade, 'none') AS grade FROM customer c JOIN profile p ON p.customer_id = c.id"
    " WHERE c.status = 'active' AND c.kind = 'household'"
    " AND EXISTS (SELECT 1 FROM held_account a WHERE a.customer_id = c.id)"
    " ORDER BY c.branch_id, c.id LIMIT :most"
)


async def bring_grades(database: Database, folder: Path, seed: int, calendar: Calendar) -> None:
    """Writes the file and imports it; a second time it is known by its content, and nothing happens."""
    async with database.unit(Actor.system("demo")) as uow:
        rows = (await uow.session.execute(_CUSTOMERS, {"most": MOST})).all()
    lines = list(_lines([(str(row.id), row.grade) for row in rows], seed, calendar))
    if not lines:
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    # as most of such systems write: GB18030, for nobody else on the machine
    path.touch(mode=0o600)
    path.write_bytes("\r\n".join([_HEAD, *lines, ""]).encode("gb18030"))
    order = banking.Order(banking.Kind.grades, path, run_by="demo")
    await banking.take_file(database, order, lambda _done, _total: None)


def _lines(customers: list[tuple[str, str]], seed: int, calendar: Calendar) -> Iterator[str]:
    stream = Stream(seed, "province")
    day = calendar.before(DAYS_AGO).isoformat()
    for customer, ours in customers:
        if not stream.chance(0.7):
            continue
        place = banking.GRADES.index(ours) + stream.pick(_STEPS)
        grade = banking.GRADES[min(max(place, 0), len(banking.GRADES) - 1)]
        yield f"{customer},{_SPELLED[grade]},{_LIMITS.get(grade, '')},{day}"
