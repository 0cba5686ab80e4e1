"""A session and where its person's partitions stand, in one round trip; the phone's last contact with it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# every partition that a person may hold (backend/sync/partitions.py), beside scope.holds, which asks of one
BOOKS = """
CREATE FUNCTION scope.books(staff uuid, grids uuid[], branches uuid[]) RETURNS text[] LANGUAGE sql IMMUTABLE
AS $$ SELECT ARRAY['bank', 'staff:' || staff, 'care:' || staff]
  || ARRAY(SELECT 'grid:' || g FROM unnest(grids) g) || ARRAY(SELECT 'team:' || b FROM unnest(branches) b) $$
"""
# reads tables without rows of people, with the caller's own rights
STANDING = """
CREATE FUNCTION sync_standing(wanted text[])
RETURNS TABLE (books text[], revisions bigint[], floors bigint[], fact_names text[], fact_values text[])
LANGUAGE sql STABLE AS $$
  SELECT b.books, b.revisions, b.floors, f.names, f."values"
  FROM (SELECT array_agg(w.book) AS books, array_agg(coalesce(p.revision, 0)) AS revisions,
          array_agg(coalesce(p.floor, 0)) AS floors
        FROM unnest(wanted) AS w(book) LEFT JOIN sync_partition p ON p.book = w.book) b,
       (SELECT array_agg(name) AS names, array_agg(value) AS "values"
        FROM server_fact WHERE name IN ('epoch', 'durable_through')) f
$$
"""
SESSION = """
CREATE FUNCTION identity_session(token bytea, at timestamptz, today date)
RETURNS TABLE (session_id uuid, staff_id uuid, name text, role text, unit_id uuid, branch_id uuid,
  installation_id uuid, grid_ids uuid[], branch_ids uuid[], public_key jsonb, revoked_at timestamptz,
  last_seen_at timestamptz, outbox_depth bigint, outbox_oldest_at timestamptz,
  outbox_photos bigint, app_version text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE before text := coalesce(current_setting('tiange.role', true), '');
BEGIN
  PERFORM set_config('tiange.role', 'system', true);
  RETURN QUERY SELECT e.id, s.id, s.name, s.role, s.unit_id, s.branch_id, e.installation_id,
    ARRAY(SELECT a.grid_id FROM grid_assignment a WHERE a.staff_id = s.id AND a.from_on <= today
          AND (a.to_on IS NULL OR a.to_on > today) ORDER BY a.grid_id),
    CASE WHEN s.role IN ('branch_head', 'deputy_head') AND s.branch_id IS NOT NULL
      THEN ARRAY[s.branch_id] ELSE ARRAY[]::uuid[] END,
    d.public_key, d.revoked_at, d.last_seen_at, d.outbox_depth, d.outbox_oldest_at,
    d.outbox_photos, d.app_version
  FROM session e JOIN staff s ON s.id = e.staff_id LEFT JOIN device d ON d.installation_id = e.installation_id
  WHERE e.token_hash = token AND e.ended_at IS NULL AND e.expires_at > at AND s.active;
  PERFORM set_config('tiange.role', before, true);
END
$$
"""
ACCESS = (
    "REVOKE ALL ON FUNCTION identity_session(bytea, timestamptz, date) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION identity_session(bytea, timestamptz, date) TO tiange_web, tiange_worker",
)


def upgrade() -> None:
    """Forward only."""
    op.execute(BOOKS)
    op.execute(STANDING)
    # a process of the version before reads its columns by name: more of them do not disturb it
    op.execute("DROP FUNCTION identity_session(bytea, timestamptz, date)")
    op.execute(SESSION)
    for statement in ACCESS:
        op.execute(statement)
