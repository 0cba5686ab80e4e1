"""Removed groups go some days later, with the customers that they held."""

from collections.abc import Sequence

from alembic import op

revision: str = "0060"
down_revision: str | None = "0059"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"


def upgrade() -> None:
    """Forward only. Only the worker deletes, and only the night's job of it."""
    for table in ("audience_group", "audience_member"):
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({SYSTEM})")
        op.execute(f"GRANT DELETE ON {table} TO tiange_worker")
