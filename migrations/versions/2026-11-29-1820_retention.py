"""What was deleted by rule, of whom and why; the rights to delete it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "retention_deletion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", pg.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_deletion")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_retention_deletion_person_id")),
    )
    op.create_index(op.f("ix_retention_deletion_person_id"), "retention_deletion", ["person_id"])
    op.execute("ALTER TABLE retention_deletion ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE retention_deletion FORCE ROW LEVEL SECURITY")
    reads = f"{SYSTEM} OR (SELECT scope.role()) = 'auditor'"
    op.execute(f"CREATE POLICY reads ON retention_deletion FOR SELECT USING ({reads})")
    op.execute(f"CREATE POLICY adds ON retention_deletion FOR INSERT WITH CHECK ({SYSTEM})")
    op.execute("GRANT SELECT ON retention_deletion TO tiange_web, tiange_worker, tiange_nightly")
    op.execute("GRANT INSERT ON retention_deletion TO tiange_worker")
    op.execute("GRANT DELETE ON person_change TO tiange_worker")
