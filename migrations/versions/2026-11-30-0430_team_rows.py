"""What heads' phones hold of their branch beside approvals. The worker fills it within seconds of its start."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
HEADS = (
    "((SELECT scope.role()) IN ('branch_head', 'deputy_head')"
    " AND branch_id = ANY ((SELECT scope.branches())::uuid[]))"
)


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "team_row",
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("value", pg.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("branch_id", "kind", "row_id", name=op.f("pk_team_row")),
    )
    op.create_index(op.f("ix_team_row_row_id"), "team_row", ["row_id"])
    op.create_table(
        "team_turn",
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date()),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("branch_id", name=op.f("pk_team_turn")),
    )
    op.create_index(
        "ix_task_waiting",
        "task",
        ["branch_id", "due_on"],
        postgresql_include=["assignee_id", "grid_id", "customer_id", "state"],
        postgresql_where=sa.text("state IN ('open', 'in_progress', 'returned')"),
    )
    op.create_index(
        "ix_task_done",
        "task",
        ["branch_id", "submitted_at", "closed_at"],
        postgresql_where=sa.text("state IN ('submitted', 'approved', 'closed')"),
    )
    for table, reads in {"team_row": f"{SYSTEM} OR {HEADS}", "team_turn": SYSTEM}.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({SYSTEM})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({SYSTEM})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO tiange_worker")
    op.execute("GRANT DELETE ON team_row TO tiange_worker")
    op.execute("GRANT SELECT ON team_row TO tiange_web")
