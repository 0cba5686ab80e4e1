"""Until which month the bank's files tell of flows: at a month's turn windows wait for the month that is not told yet."""

from collections.abc import Sequence

from alembic import op

revision: str = "0052"
down_revision: str | None = "0051"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# As of 0050, and the day after the last month that the files tell to its end; nil where none was ever taken.
CONSENTED = (
    "SELECT f.customer_id, f.month, sum(f.in_fen)::bigint AS in_fen, sum(f.out_fen)::bigint AS out_fen,"
    " sum(f.in_count)::bigint AS in_count, sum(f.out_count)::bigint AS out_count,"
    " sum(f.wages_fen)::bigint AS wages_fen, sum(f.merchant_fen)::bigint AS merchant_fen,"
    " (SELECT CAST(date_trunc('month', max(b.as_of) + 1) AS date) FROM import_batch b"
    "  WHERE b.kind = 'flows' AND b.state = 'taken') AS told_until_on"
    " FROM flow_part f LEFT JOIN person s ON s.id = f.person_id"
    " WHERE EXISTS (SELECT 1 FROM membership m JOIN person p ON p.id = m.person_id"
    "  WHERE m.customer_id = f.customer_id AND m.until_on IS NULL AND 'accounts' = ANY (p.consented)"
    "  AND CASE WHEN f.person_id IS NULL THEN m.relation IN ('head', 'legal_person', 'owner')"
    "   ELSE m.person_id = coalesce(s.part_of, f.person_id) END)"
    " GROUP BY f.customer_id, f.month"
)
FLOW = (
    "SELECT customer_id, month, in_fen, out_fen, in_count, out_count, wages_fen, merchant_fen, told_until_on"
    " FROM consented_flow"
)


def upgrade() -> None:
    """Forward only."""
    op.execute(f"CREATE OR REPLACE VIEW consented_flow WITH (security_invoker = true) AS {CONSENTED}")
    op.execute(f"CREATE OR REPLACE VIEW facts.flow WITH (security_invoker = true) AS {FLOW}")
