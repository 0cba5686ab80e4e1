"""Grades of the provincial credit system as a file tells them, and a view of those that may be shown."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0057"
down_revision: str | None = "0056"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
READS = (
    "(SELECT scope.bank_staff())"
    " AND ((SELECT scope.bank_wide()) OR EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id))"
)
# Whoever the row names must consent to credit; where it names nobody, those whose consent the limit asks for. Of several
# people's grades of a household: the newest day's, the head's before others', then the best.
SHOWN = (
    "SELECT DISTINCT ON (g.customer_id) g.customer_id, g.grade, g.limit_fen, g.as_of"
    " FROM provincial_grade g LEFT JOIN person s ON s.id = g.person_id"
    " CROSS JOIN LATERAL (SELECT bool_or(m.relation IN ('head', 'legal_person', 'owner')) AS first"
    "  FROM membership m JOIN person p ON p.id = m.person_id"
    "  WHERE m.customer_id = g.customer_id AND m.until_on IS NULL AND 'credit' = ANY (p.consented)"
    "   AND CASE WHEN g.person_id IS NULL THEN m.relation IN ('head', 'legal_person', 'owner')"
    "    ELSE m.person_id = coalesce(s.part_of, g.person_id) END) asked"
    " WHERE asked.first IS NOT NULL"
    " ORDER BY g.customer_id, g.as_of DESC, asked.first DESC,"
    "  array_position(ARRAY['AAA', 'AA', 'A', 'none'], g.grade), g.holder"
)


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "provincial_grade",
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("limit_fen", sa.BigInteger()),
        sa.Column("batch_id", sa.Uuid()),
        sa.Column("filed_under", sa.Uuid()),
        sa.PrimaryKeyConstraint("holder", "as_of", name=op.f("pk_provincial_grade")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_provincial_grade_customer_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_provincial_grade_person_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_provincial_grade_batch_id")),
        sa.ForeignKeyConstraint(
            ["filed_under"], ["customer.id"], name=op.f("fk_provincial_grade_filed_under")
        ),
    )
    op.create_index("ix_provincial_grade_customer_id_as_of", "provincial_grade", ["customer_id", "as_of"])
    op.create_index(
        "ix_provincial_grade_filed_under",
        "provincial_grade",
        ["filed_under"],
        postgresql_where=sa.text("filed_under IS NOT NULL"),
    )
    op.execute("ALTER TABLE provincial_grade ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE provincial_grade FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON provincial_grade FOR SELECT USING ({READS})")
    op.execute(f"CREATE POLICY adds ON provincial_grade FOR INSERT WITH CHECK ({SYSTEM})")
    op.execute(f"CREATE POLICY changes ON provincial_grade FOR UPDATE USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
    # not the nightly login: no result is worked out from it
    op.execute("GRANT SELECT ON provincial_grade TO tiange_web, tiange_worker")
    op.execute("GRANT INSERT, UPDATE ON provincial_grade TO tiange_worker")
    op.execute(f"CREATE VIEW shown_grade WITH (security_invoker = true) AS {SHOWN}")
    op.execute("GRANT SELECT ON shown_grade TO tiange_web, tiange_worker")
