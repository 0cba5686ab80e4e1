"""A person who was entered twice is part of the entry that stays, until that is taken back."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

READS = (
    "(SELECT scope.system()) OR created_by = (SELECT scope.staff())"
    " OR EXISTS (SELECT 1 FROM membership m WHERE m.person_id = person.id)"
    # what was said and signed by the entry that went is said by the one that stays
    " OR EXISTS (SELECT 1 FROM membership m WHERE m.person_id = person.part_of)"
)


def upgrade() -> None:
    """Forward only."""
    op.add_column("person", sa.Column("part_of", sa.Uuid()))
    op.create_foreign_key(op.f("fk_person_part_of"), "person", "person", ["part_of"], ["id"])
    op.create_index(
        "ix_person_part_of", "person", ["part_of"], postgresql_where=sa.text("part_of IS NOT NULL")
    )
    op.execute(f"ALTER POLICY reads ON person USING ({READS})")
