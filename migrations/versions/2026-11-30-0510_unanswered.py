"""Questions of a file that were asked and not answered; a business counts as complete without a home."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
BANK = "(SELECT scope.bank_staff())"
OF_CUSTOMER = "((SELECT scope.bank_wide()) OR EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id))"
# what a business cannot have counts no more
BUSINESSES = (
    "WITH weights AS (SELECT value FROM policy_figure WHERE key = 'completeness_weights' AND valid_from <= now()"
    "   ORDER BY valid_from DESC LIMIT 1),"
    " total AS (SELECT sum(CAST(part.value AS bigint)) AS whole,"
    "   sum(CAST(part.value AS bigint)) FILTER (WHERE part.key <> 'home') AS theirs"
    "   FROM weights, jsonb_each_text(weights.value) AS part)"
    " UPDATE customer SET completeness_points = LEAST(100, completeness_points * total.whole / total.theirs)"
    " FROM total WHERE kind = 'business' AND total.theirs > 0"
)


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "customer_unanswered",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid()),
        sa.PrimaryKeyConstraint("customer_id", "question", name=op.f("pk_customer_unanswered")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_unanswered_customer_id")
        ),
        sa.CheckConstraint("why IN ('unknown', 'refused')", name="why"),
    )
    op.execute("ALTER TABLE customer_unanswered ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE customer_unanswered FORCE ROW LEVEL SECURITY")
    reads = f"{SYSTEM} OR ({BANK} AND {OF_CUSTOMER})"
    op.execute(f"CREATE POLICY reads ON customer_unanswered FOR SELECT USING ({reads})")
    op.execute(f"CREATE POLICY adds ON customer_unanswered FOR INSERT WITH CHECK ({SYSTEM})")
    op.execute(
        f"CREATE POLICY changes ON customer_unanswered FOR UPDATE USING ({SYSTEM}) WITH CHECK ({SYSTEM})"
    )
    op.execute(f"CREATE POLICY removes ON customer_unanswered FOR DELETE USING ({SYSTEM})")
    op.execute("GRANT SELECT, INSERT, UPDATE ON customer_unanswered TO tiange_web, tiange_worker")
    op.execute("GRANT SELECT ON customer_unanswered TO tiange_nightly")
    # the migration's own role sees no rows under forced row security
    op.execute("SELECT set_config('tiange.role', 'system', true)")
    op.execute(BUSINESSES)
    op.execute("SELECT set_config('tiange.role', '', true)")
