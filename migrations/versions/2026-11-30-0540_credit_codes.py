"""Which customer a unified social credit code belongs to is found by an index."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    op.create_index(
        "ix_customer_value_credit_code",
        "customer_value",
        ["choice"],
        postgresql_where=sa.text("field = 'credit_code'"),
    )
