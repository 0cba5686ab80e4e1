"""Merges and splits of households: what became which, with what is needed to take a merge back."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
WRITES = "(SELECT scope.may_write())"
STAFF = "(SELECT scope.bank_staff())"
ME = "(SELECT scope.staff())"
# both households are the mover's: a merge is no way to reach into somebody else's
OF_BOTH = (
    "((SELECT scope.bank_wide()) OR (EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id)"
    " AND EXISTS (SELECT 1 FROM customer c WHERE c.id = other_id)))"
)


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "customer_move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("detail", pg.JSONB(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by", sa.Uuid(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("undone_by", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_move")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_move_customer_id")),
        sa.ForeignKeyConstraint(["other_id"], ["customer.id"], name=op.f("fk_customer_move_other_id")),
        sa.CheckConstraint("kind IN ('merge', 'split')", name="kind"),
    )
    op.create_index("ix_customer_move_customer_id", "customer_move", ["customer_id"])
    # a household is part of one other at a time
    op.create_index(
        "uq_customer_move_merged",
        "customer_move",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'merge' AND undone_at IS NULL"),
    )
    adds = f"{SYSTEM} OR ({WRITES} AND {STAFF} AND moved_by = {ME} AND {OF_BOTH})"
    changes = f"{SYSTEM} OR ({WRITES} AND {STAFF} AND {OF_BOTH})"
    op.execute("ALTER TABLE customer_move ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE customer_move FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON customer_move FOR SELECT USING ({SYSTEM} OR ({STAFF} AND {OF_BOTH}))")
    op.execute(f"CREATE POLICY adds ON customer_move FOR INSERT WITH CHECK ({adds})")
    op.execute(f"CREATE POLICY changes ON customer_move FOR UPDATE USING ({changes}) WITH CHECK ({changes})")
    op.execute(f"CREATE POLICY removes ON customer_move FOR DELETE USING ({SYSTEM})")
    op.execute("GRANT SELECT, INSERT, UPDATE ON customer_move TO tiange_web, tiange_worker")
    op.execute("GRANT SELECT ON customer_move TO tiange_nightly")
    # a visit is never edited; whose it is follows a merge of households, by a job
    op.execute("GRANT UPDATE (customer_id) ON visit TO tiange_worker")
