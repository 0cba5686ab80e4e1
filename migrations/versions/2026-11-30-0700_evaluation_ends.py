"""Evaluations end, and a settled result counts for the household that the judged one became part of."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

FACTS = (
    "SELECT counts_for AS customer_id, settled_percent AS percent, CAST(settled_at AS date) AS settled_on"
    " FROM evaluation_result WHERE current"
)
# households that were merged before: as `inheriting.settle_heirs` would have done
HEIRS = (
    "WITH RECURSIVE ends AS ("
    "   SELECT customer_id AS part, other_id AS upto FROM customer_move"
    "   WHERE kind = 'merge' AND undone_at IS NULL"
    "   UNION SELECT e.part, m.other_id FROM ends e JOIN customer_move m ON m.customer_id = e.upto"
    "   AND m.kind = 'merge' AND m.undone_at IS NULL),"
    " last AS (SELECT part, upto FROM ends WHERE NOT EXISTS (SELECT 1 FROM customer_move m"
    "   WHERE m.customer_id = ends.upto AND m.kind = 'merge' AND m.undone_at IS NULL)),"
    " ripe AS (SELECT DISTINCT ON (l.upto) r.session_id, r.customer_id, l.upto FROM evaluation_result r"
    "   JOIN last l ON l.part = r.customer_id WHERE r.current AND NOT EXISTS (SELECT 1 FROM evaluation_result o"
    "     WHERE o.customer_id = l.upto AND o.current)"
    "   ORDER BY l.upto, r.settled_at DESC, r.session_id DESC)"
    " UPDATE evaluation_result r SET counts_for = ripe.upto FROM ripe"
    " WHERE r.session_id = ripe.session_id AND r.customer_id = ripe.customer_id"
)


def upgrade() -> None:
    """Forward only."""
    op.add_column("evaluation_session", sa.Column("closed_at", sa.DateTime(timezone=True)))
    op.add_column("evaluation_session", sa.Column("closed_by", sa.Uuid()))
    op.add_column("evaluation_result", sa.Column("counts_for", sa.Uuid()))
    # row security binds the owner too
    op.execute("SELECT set_config('tiange.role', 'system', true)")
    op.execute("UPDATE evaluation_result SET counts_for = customer_id")
    op.execute(HEIRS)
    op.execute("SELECT set_config('tiange.role', '', true)")
    op.alter_column("evaluation_result", "counts_for", nullable=False)
    op.create_foreign_key(
        op.f("fk_evaluation_result_counts_for"), "evaluation_result", "customer", ["counts_for"], ["id"]
    )
    op.create_index(
        "ix_evaluation_result_counts_for",
        "evaluation_result",
        ["counts_for"],
        postgresql_where=sa.text("current"),
    )
    op.execute(f"CREATE OR REPLACE VIEW facts.evaluation WITH (security_invoker = true) AS {FACTS}")
