"""What the heads of two branches are told of people in both who may be one: no more than it takes to decide."""

from collections.abc import Sequence

from alembic import op

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# it reads as `system` and answers as who asks: a head, about people of their branch. Nothing of the other
# branch's household comes out but where it lies (and its id, by which rows are put together)
ACROSS = """
CREATE FUNCTION customers_pairs_across()
RETURNS TABLE (per_mille bigint, reasons text[], person_id uuid, name text, born integer, customer_id uuid,
  other_id uuid, other_name text, other_born integer, other_numbered boolean, other_customer_id uuid,
  other_branch text, other_grid_id uuid, other_grid text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  before text := coalesce(current_setting('tiange.role', true), '');
  mine uuid[] := CASE WHEN before IN ('branch_head', 'deputy_head') THEN scope.branches() END;
BEGIN
  PERFORM set_config('tiange.role', 'system', true);
  RETURN QUERY SELECT d.per_mille, d.reasons, p.id, p.name, extract(year FROM p.birth_on)::integer, c.id,
      q.id, q.name, extract(year FROM q.birth_on)::integer,
      EXISTS (SELECT 1 FROM person_identity i WHERE i.person_id = q.id), e.id, b.name, g.id, g.name
    FROM duplicate_pair d
    CROSS JOIN LATERAL (VALUES (d.person_id, d.other_id), (d.other_id, d.person_id)) AS s(here, there)
    JOIN person p ON p.id = s.here JOIN person q ON q.id = s.there
    JOIN membership m ON m.person_id = p.id AND m.in_household AND m.until_on IS NULL
    JOIN customer c ON c.id = m.customer_id AND c.status = 'active' AND c.branch_id = ANY (mine)
    JOIN membership o ON o.person_id = q.id AND o.in_household AND o.until_on IS NULL
    JOIN customer e ON e.id = o.customer_id AND e.status = 'active' AND e.branch_id <> ALL (mine)
    JOIN org_unit b ON b.id = e.branch_id LEFT JOIN grid g ON g.id = e.grid_id
    WHERE d.state = 'open' AND d.found_at IS NOT NULL
    ORDER BY d.per_mille DESC, d.id;
  PERFORM set_config('tiange.role', before, true);
END
$$
"""


def upgrade() -> None:
    """Forward only."""
    op.execute(ACROSS)
    op.execute("REVOKE ALL ON FUNCTION customers_pairs_across() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION customers_pairs_across() TO tiange_web, tiange_worker")
