"""What a command says but for its place, so that it is known again when a copied phone numbers it anew."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    # the bytes of older commands are sealed or gone: those stay known by their hash alone
    op.add_column("sync_command", sa.Column("content", sa.Text()))
