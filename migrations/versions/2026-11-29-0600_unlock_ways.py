"""How a phone is opened (PIN, passphrase, fingerprint or face), as it says, for the bank's overview."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    op.add_column(
        "device",
        sa.Column("unlock_ways", pg.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
    )
