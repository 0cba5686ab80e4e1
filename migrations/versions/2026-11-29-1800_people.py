"""People's own data, sealed where only the bank may see it, and their consents."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
BANK = "(SELECT scope.bank_staff())"
OF_PERSON = "EXISTS (SELECT 1 FROM person p WHERE p.id = person_id)"
READS = {
    "person_private": f"{BANK} AND {OF_PERSON}",
    "person_change": f"{BANK} AND {OF_PERSON}",
    "consent": f"{SYSTEM} OR {OF_PERSON}",
}
FILES = (
    f"uploaded_by = (SELECT scope.staff()) OR {SYSTEM}"
    " OR EXISTS (SELECT 1 FROM visit_photo p WHERE p.file_hash = hash)"
    f" OR ({BANK} AND EXISTS (SELECT 1 FROM consent s WHERE s.signature_hash = hash))"
)
# where somebody is counts only as long as they consent to its being kept
PEOPLE = (
    "SELECT m.customer_id, m.person_id, m.relation, (m.relation = 'head') AS is_head, p.sex, p.birth_on,"
    " CASE WHEN 'whereabouts' = ANY (p.consented) THEN m.whereabouts END AS whereabouts,"
    " p.education, p.occupation, ('credit' = ANY (p.consented)) AS consents_credit"
    " FROM membership m JOIN person p ON p.id = m.person_id WHERE m.until_on IS NULL"
)


def _of(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([f"{column}_id"], [f"{column}.id"], name=op.f(f"fk_{table}_{column}_id"))


def upgrade() -> None:
    """Forward only."""
    op.add_column(
        "person",
        sa.Column("consented", pg.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.add_column("person", sa.Column("guardian_id", sa.Uuid()))
    op.create_foreign_key(op.f("fk_person_guardian_id"), "person", "person", ["guardian_id"], ["id"])
    op.add_column("membership", sa.Column("left_reason", sa.Text()))
    op.create_table(
        "person_private",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_private")),
        _of("person_private", "person"),
    )
    op.create_table(
        "person_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before_sealed", sa.LargeBinary()),
        sa.Column("after_sealed", sa.LargeBinary()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid()),
        sa.Column("command_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_change")),
        _of("person_change", "person"),
        _of("person_change", "customer"),
    )
    op.create_index(op.f("ix_person_change_person_id"), "person_change", ["person_id"])
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("text_number", sa.BigInteger()),
        sa.Column("signed_by", sa.Uuid()),
        sa.Column("signature_hash", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        _of("consent", "person"),
        _of("consent", "customer"),
    )
    for column in ("person_id", "signature_hash"):
        op.create_index(op.f(f"ix_consent_{column}"), "consent", [column])
    for table, reads in READS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({SYSTEM})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({SYSTEM})")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO tiange_web, tiange_worker")
        op.execute(f"GRANT SELECT ON {table} TO tiange_nightly")
    op.execute("GRANT UPDATE, DELETE ON person_private TO tiange_web, tiange_worker")
    # a phone that is no longer somebody's goes
    op.execute("GRANT DELETE ON person_contact TO tiange_web, tiange_worker")
    op.execute(f"ALTER POLICY reads ON stored_file USING ({FILES})")
    op.execute(f"CREATE OR REPLACE VIEW facts.person WITH (security_invoker = true) AS {PEOPLE}")
