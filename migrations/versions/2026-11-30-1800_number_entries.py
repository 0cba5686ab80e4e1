"""Who gave an ID number, and the other numbers that wait for a second person."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
# who gave a number that came with a change of the person, else who entered the person; a number never changed
GIVEN = """
UPDATE person_identity i SET given_by = ARRAY[w.staff]
FROM (SELECT p.id, coalesce((
    SELECT c.recorded_by FROM person_change c
    WHERE c.person_id = p.id AND c.field = 'id_number' AND c.outcome IN ('applied', 'won')
    ORDER BY c.recorded_at DESC LIMIT 1), p.created_by) AS staff FROM person p) w
WHERE w.id = i.person_id AND w.staff IS NOT NULL
"""


def upgrade() -> None:
    """Forward only."""
    op.add_column(
        "person_identity",
        sa.Column("given_by", pg.ARRAY(sa.Uuid()), nullable=False, server_default=sa.text("'{}'")),
    )
    # the migration's own role sees no rows under forced row security
    op.execute("SELECT set_config('tiange.role', 'system', true)")
    op.execute(GIVEN)
    op.execute("SELECT set_config('tiange.role', '', true)")
    op.create_table(
        "number_entry",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("number_index", sa.LargeBinary(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "entered_by", name=op.f("pk_number_entry")),
        # a person who becomes another entry takes the number along, and what is open about it
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person_identity.person_id"],
            name=op.f("fk_number_entry_person_id"),
            onupdate="CASCADE",
        ),
    )
    op.execute("ALTER TABLE number_entry ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE number_entry FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON number_entry FOR SELECT USING ({SYSTEM})")
    op.execute(f"CREATE POLICY adds ON number_entry FOR INSERT WITH CHECK ({SYSTEM})")
    op.execute(f"CREATE POLICY changes ON number_entry FOR UPDATE USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
    op.execute(f"CREATE POLICY removes ON number_entry FOR DELETE USING ({SYSTEM})")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON number_entry TO tiange_web, tiange_worker")
    op.execute("GRANT SELECT ON number_entry TO tiange_nightly")
