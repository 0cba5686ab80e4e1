"""Pairs of people who may be one, and what was said of them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
BANK = "(SELECT scope.bank_staff())"
# a pair is for those who see both people
BOTH = (
    "EXISTS (SELECT 1 FROM person p WHERE p.id = duplicate_pair.person_id)"
    " AND EXISTS (SELECT 1 FROM person p WHERE p.id = duplicate_pair.other_id)"
)


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "duplicate_pair",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("per_mille", sa.BigInteger()),
        sa.Column("reasons", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pair")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_duplicate_pair_person_id")),
        sa.ForeignKeyConstraint(["other_id"], ["person.id"], name=op.f("fk_duplicate_pair_other_id")),
        sa.CheckConstraint("state IN ('open', 'declined', 'settled')", name=op.f("ck_duplicate_pair_state")),
        sa.CheckConstraint("person_id <= other_id", name=op.f("ck_duplicate_pair_order")),
    )
    op.create_index("uq_duplicate_pair", "duplicate_pair", ["person_id", "other_id"], unique=True)
    op.create_index(op.f("ix_duplicate_pair_other_id"), "duplicate_pair", ["other_id"])
    op.execute("ALTER TABLE duplicate_pair ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE duplicate_pair FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON duplicate_pair FOR SELECT USING ({SYSTEM} OR ({BANK} AND {BOTH}))")
    op.execute(f"CREATE POLICY adds ON duplicate_pair FOR INSERT WITH CHECK ({SYSTEM})")
    op.execute(f"CREATE POLICY changes ON duplicate_pair FOR UPDATE USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
    op.execute(f"CREATE POLICY removes ON duplicate_pair FOR DELETE USING ({SYSTEM})")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON duplicate_pair TO tiange_web, tiange_worker")
    op.execute("GRANT SELECT ON duplicate_pair TO tiange_nightly")
