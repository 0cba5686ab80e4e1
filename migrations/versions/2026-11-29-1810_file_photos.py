"""Photos of a customer's file, by class; those of papers are closed with the consent."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
BANK = "(SELECT scope.bank_staff())"
ME = "(SELECT scope.staff())"
OF_CUSTOMER = "((SELECT scope.bank_wide()) OR EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id))"
CONSENTED = (
    "EXISTS (SELECT 1 FROM person p WHERE p.id = customer_photo.person_id AND 'id_photo' = ANY (p.consented))"
)
READS = (
    f"{SYSTEM} OR (removed_at IS NULL AND {OF_CUSTOMER} AND CASE WHEN file_class = 'id'"
    f" THEN {BANK} AND {CONSENTED} ELSE {BANK} OR recorded_by = {ME} END)"
)
FILES = (
    f"{SYSTEM} OR (NOT closed AND (uploaded_by = {ME}"
    " OR EXISTS (SELECT 1 FROM visit_photo p WHERE p.file_hash = hash)"
    " OR EXISTS (SELECT 1 FROM customer_photo f WHERE f.file_hash = hash)"
    f" OR ({BANK} AND EXISTS (SELECT 1 FROM consent s WHERE s.signature_hash = hash))))"
)


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "customer_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("file_class", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid()),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.Column("removed_reason", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_photo")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_photo_customer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_customer_photo_person_id")),
    )
    for column in ("customer_id", "person_id", "file_hash"):
        op.create_index(op.f(f"ix_customer_photo_{column}"), "customer_photo", [column])
    op.add_column("stored_file", sa.Column("closed", sa.Boolean(), nullable=False, server_default="false"))
    op.execute("ALTER TABLE customer_photo ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE customer_photo FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON customer_photo FOR SELECT USING ({READS})")
    op.execute(f"CREATE POLICY adds ON customer_photo FOR INSERT WITH CHECK ({SYSTEM})")
    op.execute(f"CREATE POLICY changes ON customer_photo FOR UPDATE USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
    op.execute(f"CREATE POLICY removes ON customer_photo FOR DELETE USING ({SYSTEM})")
    op.execute("GRANT SELECT, INSERT, UPDATE ON customer_photo TO tiange_web, tiange_worker")
    op.execute("GRANT SELECT ON customer_photo TO tiange_nightly")
    op.execute(f"ALTER POLICY reads ON stored_file USING ({FILES})")
