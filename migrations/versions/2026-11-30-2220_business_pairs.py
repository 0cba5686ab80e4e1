"""Pairs of businesses that may be one, and what was said of them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
BANK = "(SELECT scope.bank_staff())"
# a pair is for those who see both
BOTH = (
    "EXISTS (SELECT 1 FROM customer c WHERE c.id = business_pair.customer_id)"
    " AND EXISTS (SELECT 1 FROM customer c WHERE c.id = business_pair.other_id)"
)


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "business_pair",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("per_mille", sa.BigInteger()),
        sa.Column("reasons", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_pair")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_business_pair_customer_id")),
        sa.ForeignKeyConstraint(["other_id"], ["customer.id"], name=op.f("fk_business_pair_other_id")),
        sa.CheckConstraint("state IN ('open', 'declined')", name=op.f("ck_business_pair_state")),
        sa.CheckConstraint("customer_id <= other_id", name=op.f("ck_business_pair_order")),
    )
    op.create_index("uq_business_pair", "business_pair", ["customer_id", "other_id"], unique=True)
    op.create_index(op.f("ix_business_pair_other_id"), "business_pair", ["other_id"])
    op.execute("ALTER TABLE business_pair ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE business_pair FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON business_pair FOR SELECT USING ({SYSTEM} OR ({BANK} AND {BOTH}))")
    op.execute(f"CREATE POLICY adds ON business_pair FOR INSERT WITH CHECK ({SYSTEM})")
    op.execute(f"CREATE POLICY changes ON business_pair FOR UPDATE USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
    op.execute(f"CREATE POLICY removes ON business_pair FOR DELETE USING ({SYSTEM})")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON business_pair TO tiange_web, tiange_worker")
    op.execute("GRANT SELECT ON business_pair TO tiange_nightly")
