"""Each kept page of a snapshot says between which customers its rows lie. Those kept from before do not say."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    op.add_column("sync_page", sa.Column("first", sa.Text(), nullable=True))
    op.add_column("sync_page", sa.Column("last", sa.Text(), nullable=True))
