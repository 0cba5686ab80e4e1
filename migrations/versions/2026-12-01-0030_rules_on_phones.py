"""The rules in force go to phones, as a row of the bank's partition."""

from collections.abc import Sequence

from alembic import op

revision: str = "0049"
down_revision: str | None = "0048"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only. Where a catalogue is published the row is there from now on; else the first one brings it."""
    op.execute(
        "UPDATE sync_partition SET revision = revision + 1 WHERE book = 'bank'"
        " AND EXISTS (SELECT FROM catalogue_version)"
    )
    op.execute(
        "INSERT INTO sync_change (book, kind, row_id, revision, gone)"
        " SELECT book, 'rules', 'in_force', revision, false FROM sync_partition WHERE book = 'bank'"
        " AND EXISTS (SELECT FROM catalogue_version)"
    )
