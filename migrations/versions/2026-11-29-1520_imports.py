"""Files of the bank's systems: account numbers as keyed hashes, flows and holdings by holder, batches."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
BANK = "(SELECT scope.bank_staff())"
OF_CUSTOMER = "((SELECT scope.bank_wide()) OR EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id))"
# a batch says nothing of any customer
READS = {
    "flow_part": f"{BANK} AND {OF_CUSTOMER}",
    "holding_part": f"{BANK} AND {OF_CUSTOMER}",
    "import_batch": f"{SYSTEM} OR (SELECT scope.role()) IN ('hq_data', 'auditor')",
}
ACCOUNTS = (
    "SELECT customer_id, account_kind, balance_fen, year_average_fen, opened_on FROM account"
    " WHERE closed_on IS NULL"
)


def upgrade() -> None:
    """Forward only."""
    op.add_column("account", sa.Column("number_index", sa.LargeBinary()))
    op.add_column("account", sa.Column("number_tail", sa.Text()))
    op.add_column("account", sa.Column("closed_on", sa.Date()))
    op.create_unique_constraint(op.f("uq_account_number_index"), "account", ["number_index"])
    for table in ("account", "loan"):
        op.alter_column(table, "id", server_default=sa.text("uuidv7()"))
    op.create_table(
        "flow_part",
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("in_fen", sa.BigInteger(), nullable=False),
        sa.Column("out_fen", sa.BigInteger(), nullable=False),
        sa.Column("in_count", sa.BigInteger(), nullable=False),
        sa.Column("out_count", sa.BigInteger(), nullable=False),
        sa.Column("wages_fen", sa.BigInteger(), nullable=False),
        sa.Column("merchant_fen", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "month", name=op.f("pk_flow_part")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_flow_part_customer_id")),
    )
    op.create_index("ix_flow_part_customer_id_month", "flow_part", ["customer_id", "month"])
    op.create_table(
        "holding_part",
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("number_index", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date()),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "product_code", "number_index", name=op.f("pk_holding_part")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_holding_part_customer_id")),
    )
    op.create_index(
        "ix_holding_part_customer_id_product_code", "holding_part", ["customer_id", "product_code"]
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("counts", pg.JSONB(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
        sa.CheckConstraint("state IN ('taken', 'refused')", name="state"),
    )
    op.create_index("ix_import_batch_file_hash", "import_batch", ["file_hash"])
    for table, reads in READS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({SYSTEM})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({SYSTEM})")
        op.execute(f"GRANT SELECT ON {table} TO tiange_web, tiange_worker, tiange_nightly")
    op.execute("GRANT INSERT ON flow_part, holding_part, import_batch TO tiange_worker")
    # a batch stays as it was recorded
    op.execute("GRANT UPDATE ON flow_part, holding_part TO tiange_worker")
    # what a household no longer has goes; what it was made of stays in the parts
    op.execute("GRANT DELETE ON flow_month, holding TO tiange_worker")
    op.execute(f"CREATE OR REPLACE VIEW facts.account WITH (security_invoker = true) AS {ACCOUNTS}")
