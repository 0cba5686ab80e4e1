"""Amounts in dispute become rows that a person decides on; until then the value shown counts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
BANK = "(SELECT scope.bank_staff())"
WRITES = "(SELECT scope.may_write())"
OF_CUSTOMER = "((SELECT scope.bank_wide()) OR EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id))"

SHOWN = (
    "SELECT customer_id, field, amount, choice, source, CAST(observed_at AS date) AS observed_on"
    " FROM customer_value WHERE shown"
)
# What was flagged before: the value that lost, or the one that gave way, as the history has it.
FLAGGED = """
INSERT INTO customer_dispute (id, customer_id, field, others, opened_at, state)
SELECT uuidv7(), v.customer_id, v.field,
  jsonb_build_array(jsonb_build_object(
    'value', CASE h.outcome WHEN 'lost' THEN h.after -> 'value' ELSE h.before -> 'value' END,
    'source', 'collected',
    'observed_at', CAST(extract(epoch FROM coalesce(CASE h.outcome WHEN 'lost' THEN h.observed_at
      ELSE e.observed_at END, h.observed_at)) * 1000 AS bigint),
    'staff_id', CASE h.outcome WHEN 'lost' THEN h.recorded_by ELSE e.recorded_by END)),
  h.recorded_at, 'open'
FROM customer_value v
CROSS JOIN LATERAL (
  SELECT * FROM customer_value_history h WHERE h.customer_id = v.customer_id AND h.field = v.field
    AND h.outcome IN ('won', 'lost') ORDER BY h.recorded_at DESC, h.id DESC LIMIT 1) h
LEFT JOIN LATERAL (
  SELECT e.observed_at, e.recorded_by FROM customer_value_history e WHERE e.customer_id = v.customer_id
    AND e.field = v.field AND e.id <> h.id AND e.recorded_at <= h.recorded_at AND e.outcome <> 'lost'
    AND e.after -> 'value' = h.before -> 'value' ORDER BY e.recorded_at DESC, e.id DESC LIMIT 1) e ON true
WHERE v.disputed AND v.source = 'collected'
"""
BOOKS = "SELECT DISTINCT b.book FROM customer_dispute d JOIN customer c ON c.id = d.customer_id, unnest(c.books) AS b(book)"
STAMP = f"""
UPDATE sync_partition SET revision = revision + 1 WHERE book IN ({BOOKS})
"""
CHANGES = """
INSERT INTO sync_change (book, kind, row_id, revision, gone)
SELECT p.book, 'dispute', d.id::text, p.revision, false
FROM customer_dispute d JOIN customer c ON c.id = d.customer_id, unnest(c.books) AS b(book)
JOIN sync_partition p ON p.book = b.book
"""


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "customer_dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("others", pg.JSONB(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("value", pg.JSONB()),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("settled_by", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_dispute")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_dispute_customer_id")
        ),
        sa.CheckConstraint("state IN ('open', 'settled')", name="state"),
    )
    op.create_index("ix_customer_dispute_customer_id", "customer_dispute", ["customer_id"])
    op.create_index(
        "uq_customer_dispute_open",
        "customer_dispute",
        ["customer_id", "field"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    # the migration's own role sees no rows under forced row security
    op.execute("SELECT set_config('tiange.role', 'system', true)")
    for statement in (FLAGGED, STAMP, CHANGES):
        op.execute(statement)
    op.execute("SELECT set_config('tiange.role', '', true)")
    op.execute(f"CREATE OR REPLACE VIEW facts.value WITH (security_invoker = true) AS {SHOWN}")
    # an agent does not see what a colleague recorded, hence no dispute; what opens one acts as the system
    reads = f"{SYSTEM} OR ({BANK} AND {OF_CUSTOMER})"
    changes = f"{SYSTEM} OR ({WRITES} AND {BANK} AND {OF_CUSTOMER})"
    op.execute("ALTER TABLE customer_dispute ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE customer_dispute FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON customer_dispute FOR SELECT USING ({reads})")
    op.execute(f"CREATE POLICY adds ON customer_dispute FOR INSERT WITH CHECK ({SYSTEM})")
    op.execute(
        f"CREATE POLICY changes ON customer_dispute FOR UPDATE USING ({changes}) WITH CHECK ({changes})"
    )
    op.execute(f"CREATE POLICY removes ON customer_dispute FOR DELETE USING ({SYSTEM})")
    op.execute("GRANT SELECT, INSERT, UPDATE ON customer_dispute TO tiange_web, tiange_worker")
    op.execute("GRANT SELECT ON customer_dispute TO tiange_nightly")
