"""The feature rows of decisions are kept as compressed JSON: PostgreSQL need not read what it only keeps."""

import zlib
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0055"
down_revision: str | None = "0054"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_BATCH = 5000
_SOME = sa.text(
    "SELECT id, features::text AS features FROM decision WHERE id > CAST(:after AS uuid) ORDER BY id LIMIT :most"
)
_KEEP = sa.text("UPDATE decision SET kept = :kept WHERE id = :id")
_FIRST = "00000000-0000-0000-0000-000000000000"


def upgrade() -> None:
    """Forward only."""
    connection = op.get_bind()
    op.add_column("decision", sa.Column("kept", sa.LargeBinary()))
    op.execute("SELECT set_config('tiange.role', 'system', true)")
    after = _FIRST
    while rows := connection.execute(_SOME, {"after": after, "most": _BATCH}).all():
        connection.execute(
            _KEEP, [{"id": row.id, "kept": zlib.compress(row.features.encode(), level=1)} for row in rows]
        )
        after = str(rows[-1].id)
    op.execute("SELECT set_config('tiange.role', '', true)")
    op.drop_column("decision", "features")
    op.alter_column("decision", "kept", new_column_name="features", nullable=False)
    # compressed already
    op.execute("ALTER TABLE decision ALTER COLUMN features SET STORAGE EXTERNAL")
