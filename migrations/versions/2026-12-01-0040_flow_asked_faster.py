"""Flows of those who consent, found by looking for one who does: gathering who is asked took twice as long a row."""

from collections.abc import Sequence

from alembic import op

revision: str = "0050"
down_revision: str | None = "0049"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# Whom `held_flow` asks (0038), and no more than whether: the nightly copy reads a county's months through it.
CONSENTED = (
    "SELECT f.customer_id, f.month, sum(f.in_fen)::bigint AS in_fen, sum(f.out_fen)::bigint AS out_fen,"
    " sum(f.in_count)::bigint AS in_count, sum(f.out_count)::bigint AS out_count,"
    " sum(f.wages_fen)::bigint AS wages_fen, sum(f.merchant_fen)::bigint AS merchant_fen"
    " FROM flow_part f LEFT JOIN person s ON s.id = f.person_id"
    " WHERE EXISTS (SELECT 1 FROM membership m JOIN person p ON p.id = m.person_id"
    "  WHERE m.customer_id = f.customer_id AND m.until_on IS NULL AND 'accounts' = ANY (p.consented)"
    "  AND CASE WHEN f.person_id IS NULL THEN m.relation IN ('head', 'legal_person', 'owner')"
    "   ELSE m.person_id = coalesce(s.part_of, f.person_id) END)"
    " GROUP BY f.customer_id, f.month"
)


def upgrade() -> None:
    """Forward only."""
    op.execute(f"CREATE OR REPLACE VIEW consented_flow WITH (security_invoker = true) AS {CONSENTED}")
