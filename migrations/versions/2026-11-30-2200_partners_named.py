"""Which records name a customer is found by an index: they follow where that one is merged."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

NAMED = "(detail ->> 'customer')"


def upgrade() -> None:
    """Forward only."""
    op.create_index(
        "ix_file_record_named",
        "file_record",
        [sa.text(NAMED)],
        postgresql_where=sa.text(f"{NAMED} IS NOT NULL"),
    )
