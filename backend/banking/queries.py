"""Reads of what the bank's systems know, under the actor's row security."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, true

from backend.banking.models import ImportBatch
from backend.kernel.uow import UnitOfWork

# One row per customer of :ids with its sums; a customer about whom core knows nothing stands with zeros.
# Deposits and inflow are of those holders who consent, of the others there is the count.
STANDING = text(
    """
    SELECT c.id,
      coalesce(a.deposits, 0) AS deposits_fen, coalesce(a.average, 0) AS year_average_fen,
      coalesce(l.balance, 0) AS loans_fen, coalesce(l.granted, 0) AS granted_fen,
      coalesce(l.overdue, 0) AS overdue_days, l.next_due, coalesce(h.codes, '{}') AS products,
      coalesce(f.inflow, 0) AS flow_in_fen, coalesce(a.as_of, l.as_of) AS as_of,
      w.open AS open_holders, w.closed AS closed_holders,
      g.grade AS province_grade, g.limit_fen AS province_limit_fen, g.as_of AS province_on
    FROM customer c
    LEFT JOIN LATERAL (
      SELECT sum(balance_fen)::bigint AS deposits, sum(year_average_fen)::bigint AS average,
        max(as_of) AS as_of
      FROM held_account WHERE customer_id = c.id AND consented) a ON true
    LEFT JOIN LATERAL (
      SELECT sum(balance_fen)::bigint AS balance, sum(granted_fen)::bigint AS granted,
        max(overdue_days) AS overdue, min(due_on) FILTER (WHERE balance_fen > 0) AS next_due,
        max(as_of) AS as_of
      FROM loan WHERE customer_id = c.id) l ON true
    LEFT JOIN LATERAL (
      SELECT array_agg(product_code ORDER BY product_code) AS codes
      FROM holding WHERE customer_id = c.id) h ON true
    LEFT JOIN LATERAL (
      SELECT sum(in_fen)::bigint AS inflow FROM consented_flow
      WHERE customer_id = c.id AND month > CAST(:today AS date) - 366) f ON true
    LEFT JOIN LATERAL (
      SELECT count(DISTINCT holder_id) FILTER (WHERE consented) AS open,
        count(DISTINCT holder_id) FILTER (WHERE NOT consented) AS closed
      FROM (
        SELECT holder_id, consented FROM held_account WHERE customer_id = c.id
        UNION ALL
        SELECT holder_id, consented FROM held_flow
        WHERE customer_id = c.id AND month > CAST(:today AS date) - 366) held) w ON true
    LEFT JOIN LATERAL (SELECT grade, limit_fen, as_of FROM shown_grade WHERE customer_id = c.id) g ON true
    WHERE c.id = ANY(:ids)
    """
)


async def standing(uow: UnitOfWork, ids: Sequence[UUID]) -> Sequence[Any]:
    """Deposits, loans, products and a year's inflow per customer, and how many holders' accounts are in it
    and are not, and the province's grade beside ours; amounts in fen."""
    return (await uow.session.execute(STANDING, {"ids": list(ids), "today": uow.today})).all()


async def taken_at(uow: UnitOfWork, kind: str, sha256: str, as_of: date | None) -> datetime | None:
    """When the very same file was taken last; for that day, where one is given."""
    found: datetime | None = await uow.session.scalar(
        select(func.max(ImportBatch.imported_at)).where(
            ImportBatch.kind == kind,
            ImportBatch.file_hash == sha256,
            ImportBatch.state == "taken",
            true() if as_of is None else ImportBatch.as_of == as_of,
        )
    )
    return found


STAGED_PAPERS = text(
    "SELECT person_id, customer_id, purpose, text_number, signed_by, as_of, place FROM staged"
    " ORDER BY customer_id, person_id, purpose"
)
MERGED = text("SELECT count(*) FROM customer WHERE id = ANY(:ids) AND status = 'merged'")


async def merged_among(uow: UnitOfWork, ids: Sequence[UUID]) -> int:
    """How many of the customers are part of another one by now."""
    return int(await uow.session.scalar(MERGED, {"ids": list(ids)}) or 0)


async def newest_days(uow: UnitOfWork) -> dict[str, date]:
    """By kind the day that the newest file taken tells of."""
    wanted = (
        select(ImportBatch.kind, func.max(ImportBatch.as_of).label("day"))
        .where(ImportBatch.state == "taken", ImportBatch.as_of.is_not(None))
        .group_by(ImportBatch.kind)
    )
    return {row.kind: row.day for row in await uow.session.execute(wanted)}


async def newest_batch(uow: UnitOfWork, kind: str) -> ImportBatch | None:
    """The file of a kind that was taken last."""
    taken = select(ImportBatch).where(ImportBatch.kind == kind, ImportBatch.state == "taken")
    newest = taken.order_by(ImportBatch.imported_at.desc(), ImportBatch.id.desc()).limit(1)
    found: ImportBatch | None = await uow.session.scalar(newest)
    return found


async def batches(uow: UnitOfWork, most: int) -> Sequence[ImportBatch]:
    """The last files that were taken or refused, newest first."""
    newest = select(ImportBatch).order_by(ImportBatch.imported_at.desc(), ImportBatch.id.desc()).limit(most)
    return (await uow.session.scalars(newest)).all()
