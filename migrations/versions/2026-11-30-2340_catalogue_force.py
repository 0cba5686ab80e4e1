"""Catalogue versions take force and leave it; what was published cannot be changed or removed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0046"
down_revision: str | None = "0045"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

MOMENTS = ("took_force_at", "left_force_at", "withdrawn_at")
#: whoever may write here: what is asked by people goes through the service, which acts as the system then
KEEP = """
CREATE FUNCTION catalogue_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a published catalogue version is not removed' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.version, NEW.digest, NEW.content, NEW.valid_from, NEW.published_at, NEW.author_id, NEW.publisher_id)
    IS DISTINCT FROM
    (OLD.version, OLD.digest, OLD.content, OLD.valid_from, OLD.published_at, OLD.author_id, OLD.publisher_id)
  THEN
    RAISE EXCEPTION 'a published catalogue version is not changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$
"""


def upgrade() -> None:
    """Forward only."""
    for name in MOMENTS:
        op.add_column("catalogue_version", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    # until now the newest one was in force, from when it was published; the rows' owner is bound by row security
    op.execute("ALTER TABLE catalogue_version NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE catalogue_version SET took_force_at = published_at, left_force_at ="
        " (SELECT min(n.published_at) FROM catalogue_version n WHERE n.version > catalogue_version.version)"
    )
    op.execute("ALTER TABLE catalogue_version FORCE ROW LEVEL SECURITY")
    # a version may say again what an earlier one said
    op.drop_constraint("uq_catalogue_version_digest", "catalogue_version")
    op.create_index("ix_catalogue_version_digest", "catalogue_version", ["digest"])
    op.execute(KEEP)
    op.execute(
        "CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON catalogue_version"
        " FOR EACH ROW EXECUTE FUNCTION catalogue_version_stays()"
    )
    op.execute(f"GRANT UPDATE ({', '.join(MOMENTS)}) ON catalogue_version TO tiange_web, tiange_worker")
