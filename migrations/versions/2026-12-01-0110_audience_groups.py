"""Groups of customers that choosers keep (backend/audience)."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0053"
down_revision: str | None = "0052"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
ROLE = "(SELECT scope.role())"
MINE = f"({ROLE} IN ('manager', 'deputy_head', 'branch_head', 'hq_business') AND owner_id = (SELECT scope.staff()))"
# a branch's heads see the groups of its people, head office's business department its own and the auditor all
READS = (
    f"{SYSTEM} OR {MINE} OR branch_id = ANY ((SELECT scope.branches())::uuid[])"
    f" OR (branch_id IS NULL AND {ROLE} = 'hq_business') OR {ROLE} = 'auditor'"
)
WRITES = f"{SYSTEM} OR {MINE}"
OF_CUSTOMER = "((SELECT scope.bank_wide()) OR EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id))"
OF_GROUP = "EXISTS (SELECT 1 FROM audience_group g WHERE g.id = group_id{})"
MY_GROUP = f" AND ({SYSTEM} OR g.owner_id = (SELECT scope.staff()))"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "audience_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("choice", pg.JSONB(), nullable=False),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audience_group")),
    )
    op.create_index(op.f("ix_audience_group_owner_id"), "audience_group", ["owner_id"])
    op.create_index(op.f("ix_audience_group_branch_id"), "audience_group", ["branch_id"])
    op.create_table(
        "audience_member",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "customer_id", name=op.f("pk_audience_member")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["audience_group.id"], name=op.f("fk_audience_member_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_audience_member_customer_id")
        ),
    )
    for table in ("audience_group", "audience_member"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON audience_group FOR SELECT USING ({READS})")
    op.execute(f"CREATE POLICY adds ON audience_group FOR INSERT WITH CHECK ({WRITES})")
    op.execute(f"CREATE POLICY changes ON audience_group FOR UPDATE USING ({WRITES}) WITH CHECK ({WRITES})")
    op.execute(
        f"CREATE POLICY reads ON audience_member FOR SELECT USING ({OF_CUSTOMER} AND {OF_GROUP.format('')})"
    )
    op.execute(
        "CREATE POLICY adds ON audience_member FOR INSERT"
        f" WITH CHECK ({OF_CUSTOMER} AND {OF_GROUP.format(MY_GROUP)})"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON audience_group TO tiange_web, tiange_worker")
    op.execute("GRANT SELECT, INSERT ON audience_member TO tiange_web, tiange_worker")
