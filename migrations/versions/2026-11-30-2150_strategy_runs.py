"""The history of recalculations of everybody; the nightly login reads what the facts views read."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
COUNTS = ("customers", "source_rows", "changed", "requeued", "known", "tiers", "zeroed")


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "strategy_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in COUNTS),
        sa.Column("seconds", pg.JSONB(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategy_run")),
    )
    op.create_index(op.f("ix_strategy_run_started_at"), "strategy_run", ["started_at"])
    op.execute("ALTER TABLE strategy_run ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE strategy_run FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON strategy_run FOR SELECT USING ({SYSTEM})")
    op.execute(f"CREATE POLICY adds ON strategy_run FOR INSERT WITH CHECK ({SYSTEM})")
    op.execute(f"CREATE POLICY changes ON strategy_run FOR UPDATE USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
    op.execute("GRANT SELECT, INSERT, UPDATE ON strategy_run TO tiange_worker")
    op.execute("GRANT SELECT ON evaluation_session TO tiange_nightly")
