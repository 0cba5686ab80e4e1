"""Visits logged without their household, on a phone past its offline limit: they wait for a match or a person."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
WRITES = "(SELECT scope.may_write())"
ME = "(SELECT scope.staff())"
# whoever may pick the household: the author, those asked, the branch's heads whoever they are by then
SEES = f"staff_id = {ME} OR {ME} = ANY (asked) OR branch_id = ANY ((SELECT scope.branches())::uuid[])"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "unplaced_visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("staff_role", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Uuid()),
        sa.Column("asked", pg.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("installation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("body", pg.JSONB(), nullable=False),
        sa.Column("offered", pg.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offset_minutes", sa.BigInteger(), nullable=False),
        sa.Column("clock_error_s", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.Uuid()),
        sa.Column("how", sa.Text()),
        sa.Column("placed_at", sa.DateTime(timezone=True)),
        sa.Column("placed_by", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unplaced_visit")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_unplaced_visit_customer_id")),
    )
    op.create_index(
        "ix_unplaced_visit_open",
        "unplaced_visit",
        ["branch_id"],
        postgresql_where=sa.text("customer_id IS NULL"),
    )
    op.execute("ALTER TABLE unplaced_visit ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE unplaced_visit FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON unplaced_visit FOR SELECT USING ({SYSTEM} OR {SEES})")
    op.execute(
        f"CREATE POLICY adds ON unplaced_visit FOR INSERT WITH CHECK ({SYSTEM} OR ({WRITES} AND staff_id = {ME}))"
    )
    changes = f"{SYSTEM} OR ({WRITES} AND ({SEES}))"
    op.execute(f"CREATE POLICY changes ON unplaced_visit FOR UPDATE USING ({changes}) WITH CHECK ({changes})")
    op.execute(f"CREATE POLICY removes ON unplaced_visit FOR DELETE USING ({SYSTEM})")
    op.execute("GRANT SELECT, INSERT, UPDATE ON unplaced_visit TO tiange_web, tiange_worker")
    op.execute("GRANT SELECT ON unplaced_visit TO tiange_nightly")
