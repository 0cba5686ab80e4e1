"""What strategy may know of the photos of a file: of which class there are any. Photos of the business licence have a
class of their own."""

from collections.abc import Sequence

from alembic import op

revision: str = "0061"
down_revision: str | None = "0060"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# papers of a person are not among it: they follow a consent of their own
PHOTO = (
    "SELECT customer_id, file_class AS photo_class FROM customer_photo"
    " WHERE removed_at IS NULL AND person_id IS NULL"
)


def upgrade() -> None:
    """Forward only."""
    op.execute(f"CREATE VIEW facts.photo WITH (security_invoker = true) AS {PHOTO}")
    op.execute("GRANT SELECT ON facts.photo TO tiange_web, tiange_worker, tiange_nightly")
    # as 0054 has it for what the night's login reads
    op.execute("GRANT SELECT ON customer_photo TO tiange_nightly")
    op.execute("ALTER POLICY reads ON customer_photo TO CURRENT_USER, tiange_web, tiange_worker")
    op.execute(
        "CREATE POLICY nightly ON customer_photo FOR SELECT TO tiange_nightly USING ((SELECT scope.system()))"
    )
