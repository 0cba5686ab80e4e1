"""A person who had an entry in two households and lives in one of them is a move on record."""

from collections.abc import Sequence

from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    op.drop_constraint(op.f("ck_customer_move_kind"), "customer_move")
    op.create_check_constraint(
        op.f("ck_customer_move_kind"), "customer_move", "kind IN ('merge', 'split', 'member', 'person')"
    )
