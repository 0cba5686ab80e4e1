"""Row security, tighter: nobody writes in another's name, and an agent's pages are the agent's alone."""

from collections.abc import Sequence

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
WRITES = "(SELECT scope.may_write())"
ME = "(SELECT scope.staff())"
OF_CUSTOMER = "((SELECT scope.bank_wide()) OR EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id))"
OF_PERSON = f"{WRITES} AND ({SYSTEM} OR EXISTS (SELECT 1 FROM person p WHERE p.id = person_id))"
OWN_HISTORY = f"{SYSTEM} OR ({WRITES} AND {OF_CUSTOMER} AND recorded_by = {ME})"
# agents' pages are kept per person, and hold less than those that their branch's people share
OWN_PAGES = (
    f"{SYSTEM} OR (scope.holds(split_part(key, '/', 1)) AND CASE WHEN (SELECT scope.role()) = 'agent'"
    f" THEN key LIKE '%/agent@%#' || {ME} ELSE key NOT LIKE '%/agent@%' END)"
)

# table → who writes; reading stays as it was
WRITERS = {
    "audit_entry": f"{SYSTEM} OR (staff_id = {ME} AND role = (SELECT scope.role()))",
    "customer_value_history": OWN_HISTORY,
    "asset_history": OWN_HISTORY,
    "person_contact": OF_PERSON,
    "person_identity": OF_PERSON,
    "visit_photo": f"{SYSTEM} OR EXISTS (SELECT 1 FROM visit v WHERE v.id = visit_id AND v.staff_id = {ME})",
    "task_move": f"{SYSTEM} OR (staff_id = {ME} AND EXISTS (SELECT 1 FROM task t WHERE t.id = task_id))",
    "sync_page": OWN_PAGES,
}


def upgrade() -> None:
    """Forward only."""
    for table, writes in WRITERS.items():
        op.execute(f"ALTER POLICY adds ON {table} WITH CHECK ({writes})")
        op.execute(f"ALTER POLICY changes ON {table} USING ({writes}) WITH CHECK ({writes})")
        op.execute(f"ALTER POLICY removes ON {table} USING ({writes})")
    op.execute(f"ALTER POLICY reads ON sync_page USING ({OWN_PAGES})")
