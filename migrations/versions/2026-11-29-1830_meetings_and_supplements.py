"""Village meetings, and what is added to a visit later."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
ME = "(SELECT scope.staff())"
SEES_VISIT = "EXISTS (SELECT 1 FROM visit v WHERE v.id = visit_id)"
ADDS = f"{SYSTEM} OR ((SELECT scope.may_write()) AND staff_id = {ME} AND {SEES_VISIT})"
ADDS_PHOTO = (
    f"{SYSTEM} OR EXISTS (SELECT 1 FROM visit v WHERE v.id = visit_id AND v.staff_id = {ME})"
    f" OR EXISTS (SELECT 1 FROM visit_supplement s WHERE s.id = supplement_id AND s.staff_id = {ME})"
)


def upgrade() -> None:
    """Forward only."""
    op.add_column("visit", sa.Column("meeting_id", sa.Uuid()))
    op.create_table(
        "visit_supplement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offset_minutes", sa.BigInteger(), nullable=False),
        sa.Column("clock_error_s", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("installation_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_supplement")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_supplement_visit_id")),
    )
    op.create_index(op.f("ix_visit_supplement_visit_id"), "visit_supplement", ["visit_id"])
    op.add_column("visit_photo", sa.Column("supplement_id", sa.Uuid()))
    op.create_foreign_key(
        op.f("fk_visit_photo_supplement_id"),
        "visit_photo",
        "visit_supplement",
        ["supplement_id"],
        ["id"],
        # those of today have none: no need to look at each
        postgresql_not_valid=True,
    )
    op.execute("ALTER TABLE visit_supplement ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE visit_supplement FORCE ROW LEVEL SECURITY")
    # an agent sees what was added to the agent's own visits, as the visits themselves
    op.execute(f"CREATE POLICY reads ON visit_supplement FOR SELECT USING ({SEES_VISIT})")
    op.execute(f"CREATE POLICY adds ON visit_supplement FOR INSERT WITH CHECK ({ADDS})")
    op.execute("GRANT SELECT, INSERT ON visit_supplement TO tiange_web, tiange_worker")
    op.execute("GRANT SELECT ON visit_supplement TO tiange_nightly")
    op.execute(f"ALTER POLICY adds ON visit_photo WITH CHECK ({ADDS_PHOTO})")
