"""Who is in the figures of a simulation: every customer before and after, in one file for each."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0056"
down_revision: str | None = "0055"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

READS = "((SELECT scope.role()) IN ('system', 'hq_business', 'risk_officer', 'hq_lead', 'auditor'))"
WRITES = "((SELECT scope.role()) = 'system')"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "strategy_simulated",
        sa.Column("simulation_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["simulation_id"],
            ["strategy_simulation.id"],
            name=op.f("fk_strategy_simulated_simulation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("simulation_id", name=op.f("pk_strategy_simulated")),
    )
    op.create_index(op.f("ix_strategy_simulated_made_at"), "strategy_simulated", ["made_at"])
    # it is compressed already
    op.execute("ALTER TABLE strategy_simulated ALTER COLUMN content SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE strategy_simulated ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE strategy_simulated FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON strategy_simulated FOR SELECT USING ({READS})")
    op.execute(f"CREATE POLICY adds ON strategy_simulated FOR INSERT WITH CHECK ({WRITES})")
    op.execute(f"CREATE POLICY removes ON strategy_simulated FOR DELETE USING ({WRITES})")
    op.execute("GRANT SELECT ON strategy_simulated TO tiange_web")
    op.execute("GRANT SELECT, INSERT, DELETE ON strategy_simulated TO tiange_worker")
