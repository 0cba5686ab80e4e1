"""How a file of the bank's systems is taken: its rows are staged, judged together, and laid down."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from backend.banking.errors import (
    Faulty,
    another_unit,
    as_of_ahead,
    customers_moved,
    file_moved,
    import_running,
    no_as_of,
    too_many_rejected,
)
from backend.banking.models import ImportBatch
from backend.banking.queries import merged_among, taken_at
from backend.banking.reading import Record, Rejects, Source, cells_of, records
from backend.banking.rules import COLUMNS, Kind, Value, check, columns_of, day
from backend.banking.schemas import Counts, Order, Outcome
from backend.banking.shapes import (
    BY_CODE,
    HOLD_PLACES,
    REJECTED,
    SHAPES,
    SOME_REJECTED,
    TAKE_TURN,
    Shape,
    Statements,
    statements,
)
from backend.customers import api as customers
from backend.kernel.bulk import write
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy
from backend.products import api as products

AT_ONCE = 5_000
#: from so many customers on, one run over everybody costs less than an event each
MANY_CUSTOMERS = 5_000
#: of so many known things half differ by such a factor: it is the unit
GAUGED_FROM, GAUGE_FACTOR = 20, 30
ACCOUNT, CONTRACT, CUSTOMER = "account_number", "contract_number", "holder_customer"

#: told how many bytes of how many are read
Progress = Callable[[int, int], None]


def record(
    uow: UnitOfWork,
    order: Order,
    source: Source,
    state: str,
    reason: str | None,
    as_of: date | None,
    counts: Mapping[str, int],
) -> UUID:
    """The batch and its audit entry."""
    batch = ImportBatch(
        id=uuid7(),
        kind=order.kind.value,
        file_name=order.path.name,
        file_hash=source.sha256,
        as_of=as_of,
        state=state,
        reason=reason,
        counts=dict(counts),
        imported_at=uow.now,
        run_by=order.run_by,
    )
    uow.session.add(batch)
    detail = {"kind": batch.kind, "sha256": source.sha256, "counts": dict(counts), "forced": order.force}
    uow.audit(f"banking.import_{state}", "import_batch", batch.id, detail | {"reason": reason})
    return batch.id


@dataclass(slots=True)
class _Chunk:
    """Rows read and not staged yet, and lines rejected."""

    rows: list[tuple[int, Any, date, dict[str, Value]]] = field(default_factory=list)
    rejected: list[tuple[int, str, str]] = field(default_factory=list)


class Import:
    """One file. Who a row is about and how it is laid down, a kind may say otherwise."""

    def __init__(self, uow: UnitOfWork, order: Order, source: Source, progress: Progress) -> None:
        self.uow = uow
        self.order = order
        self.source = source
        self.progress = progress
        self.shape: Shape = SHAPES[order.kind]
        self.sql: Statements = statements(self.shape)
        self.counts = Counts()
        self.as_of: date | None = None
        self.products: Mapping[str, str] = {}

    async def run(self) -> Outcome:
        uow, order, source = self.uow, self.order, self.source
        outcome = Outcome(source.encoding, source.separator, counts=self.counts)
        if not await uow.session.scalar(TAKE_TURN):
            raise import_running()
        if not order.again:
            # on another day the same words say something else
            day_said = None if "as_of" in source.places else order.as_of
            outcome.taken_before = await taken_at(uow, order.kind, source.sha256, day_said)
            if outcome.taken_before is not None:
                return outcome
        if order.as_of is None and "as_of" not in source.places:
            raise no_as_of()
        if order.as_of is not None and order.as_of > uow.today:
            raise as_of_ahead()
        await uow.session.execute(HOLD_PLACES)
        await self._prepare()
        await self._stage()
        await uow.session.execute(self.sql.contradicting)
        await uow.session.execute(self.sql.dropping)
        self.counts.repeated = await self._run_counted(self.sql.repeated)
        outcome.by_code = {row.code: row.n for row in await uow.session.execute(BY_CODE)}
        self.counts.rejected = sum(outcome.by_code.values())
        if self.counts.rejected:
            outcome.rejects = await self._write_rejects()
        await self._judge()
        outcome.customers = await self._lay_down()
        outcome.as_of = self.as_of
        return outcome

    async def _prepare(self) -> None:
        """What rows are judged by."""
        self.products = await products.codes_by_name(self.uow)

    async def _stage(self) -> None:
        """Reads the file through, a chunk at a time."""
        connection = await self._connection()
        for statement in (self.sql.stage, REJECTED):
            await connection.execute(statement)
        chunk = _Chunk()
        for record in records(self.source):
            self.counts.rows += 1
            try:
                chunk.rows.append((record.line, *self._row(record)))
            except Faulty as fault:
                chunk.rejected.append((record.line, fault.code, fault.column))
            if len(chunk.rows) + len(chunk.rejected) >= AT_ONCE:
                await self._stage_chunk(connection, chunk)
                chunk = _Chunk()
                self.progress(record.end, self.source.size)
        await self._stage_chunk(connection, chunk)
        self.progress(self.source.size, self.source.size)
        await connection.execute("ANALYZE staged")

    async def _connection(self) -> Any:
        raw = await (await self.uow.session.connection()).get_raw_connection()
        return raw.driver_connection

    def _row(self, record: Record) -> tuple[Any, date, dict[str, Value]]:
        """A line's customer, day and values. Raises Faulty."""
        cells = cells_of(record)
        given = {name: cells[place] for name, place in self.source.places.items() if cells[place]}
        values: dict[str, Value] = {}
        for column in COLUMNS[self.order.kind]:
            cell = given.get(column.name)
            if cell is None and column.required:
                raise Faulty("missing", column.name)
            try:
                values[column.name] = None if cell is None else column.read(cell)
            except Faulty as fault:
                raise Faulty(fault.code, column.name) from None
        as_of = self._day(given.get("as_of"))
        check(self.order.kind, values, as_of)
        return self._named(given), as_of, values

    def _day(self, cell: str | None) -> date:
        if cell is None:
            if self.order.as_of is None:
                raise Faulty("no_as_of", "as_of")
            return self.order.as_of
        try:
            said = day(cell)
        except Faulty as fault:
            raise Faulty(fault.code, "as_of") from None
        if said > self.uow.today:
            raise Faulty("future", "as_of")
        return said

    def _named(self, given: Mapping[str, str]) -> Any:
        """How a row says who it is about. Raises Faulty."""
        number = customer_id = None
        if "id_number" in given:
            number = customers.number_index(self.uow, given["id_number"])
            if number is None:
                raise Faulty("id_number", "id_number")
        if "customer_id" in given:
            try:
                customer_id = UUID(given["customer_id"])
            except ValueError:
                raise Faulty("customer_id", "customer_id") from None
        if number is None and customer_id is None:
            raise Faulty("who")
        return customers.Named(number, customer_id)

    async def _stage_chunk(self, connection: Any, chunk: _Chunk) -> None:
        found = await self._find({named for _, named, _, _ in chunk.rows})
        staged = []
        for line, named, as_of, values in chunk.rows:
            whose = found[named]
            try:
                if isinstance(whose, customers.Unknown):
                    raise Faulty(whose.code)
                laid = self._laid(named, whose, values, as_of)
            except Faulty as fault:
                chunk.rejected.append((line, fault.code, fault.column))
                continue
            self.as_of = max(as_of, self.as_of or as_of)
            laid |= {"customer_id": whose.customer_id, "as_of": as_of}
            staged.append((line, *(laid[column] for column in self.shape.columns)))
        await connection.copy_records_to_table(
            "staged", records=staged, columns=["line", *self.shape.columns]
        )
        await connection.copy_records_to_table("rejected", records=chunk.rejected)

    async def _find(self, named: Collection[Any]) -> Mapping[Any, Any]:
        """Who is meant by each, a `customers.Unknown` where nobody is."""
        return await customers.holders(self.uow, named)

    def _laid(self, named: Any, whose: Any, values: dict[str, Value], as_of: date) -> dict[str, Any]:
        """Values as they are kept: whose, numbers as keyed hashes, products by their codes. Raises Faulty."""
        laid: dict[str, Any] = dict(values)
        keys = self.uow.keys
        if self.order.kind is Kind.flows and whose.household and not whose.in_person:
            # the sum of a household beside its members' own would count them twice
            raise Faulty("person", "id_number")
        # a person is the same holder in whichever household; a business stands for itself, whoever is named
        laid["holder"] = (
            named.number if whose.in_person else keys.blind_index(str(whose.customer_id), CUSTOMER)
        )
        laid["person_id"] = whose.person_id
        if self.order.kind is Kind.accounts:
            number = laid["account_number"]
            laid |= {"number_index": keys.blind_index(number, ACCOUNT), "number_tail": number[-4:]}
        elif "product" in laid:
            code = self.products.get(str(laid["product"]).lower())
            if code is None:
                raise Faulty("product", "product")
            number = laid.get("contract_number")
            laid |= {
                "product_code": code,
                "number_index": keys.blind_index(number, CONTRACT) if number else b"",
            }
        return laid

    async def _write_rejects(self) -> Any:
        """The rejected lines with their reasons, in the order of the file, before anything is committed."""
        rejects = Rejects(self.source)
        called = {name: self.source.header[place] for name, place in self.source.places.items()}
        called = {one.name: called.get(one.name, one.spelled[0]) for one in columns_of(self.order.kind)}
        try:
            lines, after = records(self.source), 0
            while page := (await self.uow.session.execute(SOME_REJECTED, {"after": after})).all():
                wanted = {row.line: row for row in page}
                after = page[-1].line
                for record in lines:
                    if row := wanted.pop(record.line, None):
                        rejects.add(record, row.code, called.get(row.field, row.field))
                    if not wanted:
                        break
            if rejects.written != self.counts.rejected:
                raise file_moved()
        except BaseException:
            rejects.drop()
            raise
        rejects.keep()
        return rejects.path

    async def _judge(self) -> None:
        """Refuses a file that is likely wrong as a whole."""
        if self.order.force:
            return
        most = int(await policy.figure(self.uow, "import_rejected_percent"))
        if self.counts.rejected * 100 > most * self.counts.rows:
            raise too_many_rejected(self.counts.rejected, self.counts.rows, most)
        if self.sql.gauge is not None:
            found = (await self.uow.session.execute(self.sql.gauge)).one()
            if found.n >= GAUGED_FROM and not 1 / GAUGE_FACTOR < found.ratio < GAUGE_FACTOR:
                raise another_unit(found.ratio)

    async def _lay_down(self) -> int:
        """Writes rows, batch, audit entry, events and partitions. Returns how many customers' figures
        changed."""
        uow, counts = self.uow, self.counts
        if self.sql.remembered is not None:
            await uow.session.execute(self.sql.remembered)
        await uow.session.execute(self.sql.compare)
        row = (await uow.session.execute(self.sql.counts)).one()
        counts.added, counts.changed, counts.unchanged, counts.older = row
        if not counts.add_up():
            raise RuntimeError(f"an import lost rows: {counts}")
        await uow.session.execute(self.sql.write)
        for statement in self.sql.tell_anew:
            await uow.session.execute(statement)
        touched = (await uow.session.execute(self.sql.touched)).all()
        changed = [one.id for one in touched if one.counts]
        # last, in the order in which everybody takes them: phones that hand in wait for no reading of files
        for some in portions(changed):
            await customers.lock_inputs(uow, some)
        if await merged_among(uow, [one.id for one in touched]):
            raise customers_moved()
        for some in portions([one.id for one in touched]):
            for customer_id, held in (await customers.home_books(uow, some)).items():
                uow.touch_all(held, "standing", customer_id)
        await self._told(changed)
        return len(changed)

    async def _told(self, changed: Sequence[UUID]) -> None:
        """Batch and audit entry, and whoever reckons with these customers."""
        uow = self.uow
        batch_id = record(uow, self.order, self.source, "taken", None, self.as_of, asdict(self.counts))
        if changed:
            await write(uow.session, [customers.counting_inputs(dict.fromkeys(changed, 1))])
        if len(changed) > MANY_CUSTOMERS:
            uow.emit("banking.many_changed", {"batch_id": str(batch_id)})
        else:
            for customer_id in changed:
                customers.tell_inputs_changed(uow, customer_id, "import")

    async def _run_counted(self, statement: Any) -> int:
        result: Any = await self.uow.session.execute(statement)
        return int(result.rowcount)


def portions(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """In their order, as many at once as a statement takes parameters."""
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
