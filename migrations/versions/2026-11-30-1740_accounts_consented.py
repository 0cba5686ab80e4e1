"""Whose an account is, and two views that say whether that person consents to its being looked at."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# Who is asked for a row: the person whom it names, as a member of the customer; where it names nobody, those whose
# consent to credit the limit asks for. In order of relation: head, legal person, owner.
_ASKED = (
    "CROSS JOIN LATERAL ("
    "SELECT (array_agg(m.person_id ORDER BY m.relation, m.id))[1] AS id,"
    " coalesce(bool_or('accounts' = ANY (p.consented)), false) AS consents"
    " FROM membership m JOIN person p ON p.id = m.person_id"
    " WHERE m.customer_id = {one}.customer_id AND m.until_on IS NULL AND CASE WHEN {one}.person_id IS NULL"
    "  THEN m.relation IN ('head', 'legal_person', 'owner')"
    # an entry that was one too many is the one that stayed
    "  ELSE m.person_id = coalesce(s.part_of, {one}.person_id) END) asked"
)
# nobody to be asked: a named person is no member any more; a customer without anybody on file still lacks a consent
_HOLDER = "coalesce(asked.id, CASE WHEN {one}.person_id IS NULL THEN {one}.customer_id END) AS holder_id"
VIEWS = {
    "held_account": (
        "SELECT a.customer_id, a.account_kind, a.balance_fen, a.year_average_fen, a.opened_on, a.as_of,"
        f" {_HOLDER.format(one='a')}, asked.consents AS consented"
        f" FROM account a LEFT JOIN person s ON s.id = a.person_id {_ASKED.format(one='a')}"
        " WHERE a.closed_on IS NULL"
    ),
    "held_flow": (
        "SELECT f.customer_id, f.month, f.in_fen, f.out_fen, f.in_count, f.out_count, f.wages_fen,"
        f" f.merchant_fen, {_HOLDER.format(one='f')}, asked.consents AS consented"
        f" FROM flow_part f LEFT JOIN person s ON s.id = f.person_id {_ASKED.format(one='f')}"
    ),
    "consented_flow": (
        "SELECT customer_id, month, sum(in_fen)::bigint AS in_fen, sum(out_fen)::bigint AS out_fen,"
        " sum(in_count)::bigint AS in_count, sum(out_count)::bigint AS out_count,"
        " sum(wages_fen)::bigint AS wages_fen, sum(merchant_fen)::bigint AS merchant_fen"
        " FROM held_flow WHERE consented GROUP BY customer_id, month"
    ),
}
FACTS = {
    "account": "SELECT customer_id, account_kind, balance_fen, year_average_fen, opened_on FROM held_account"
    " WHERE consented",
    "flow": "SELECT customer_id, month, in_fen, out_fen, in_count, out_count, wages_fen, merchant_fen"
    " FROM consented_flow",
}
# months that no file told by holder, as of before there were holders
_PARTS = (
    "INSERT INTO flow_part (holder, month, customer_id, in_fen, out_fen, in_count, out_count, wages_fen,"
    "  merchant_fen, as_of)"
    " SELECT convert_to('customer:' || f.customer_id, 'UTF8'), f.month, f.customer_id, f.in_fen, f.out_fen,"
    "  f.in_count, f.out_count, f.wages_fen, f.merchant_fen, (f.month + interval '1 month')::date - 1"
    " FROM flow_month f WHERE NOT EXISTS"
    "  (SELECT 1 FROM flow_part p WHERE p.customer_id = f.customer_id AND p.month = f.month)"
)


def upgrade() -> None:
    """Forward only. Rows that are there name nobody: they are looked at once the head or owner has signed."""
    for table in ("account", "flow_part"):
        op.add_column(table, sa.Column("person_id", sa.Uuid()))
        op.create_foreign_key(op.f(f"fk_{table}_person_id"), table, "person", ["person_id"], ["id"])
    op.execute("SELECT set_config('tiange.role', 'system', true)")
    op.execute(_PARTS)
    op.execute("SELECT set_config('tiange.role', '', true)")
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} WITH (security_invoker = true) AS {query}")
        op.execute(f"GRANT SELECT ON {name} TO tiange_web, tiange_worker, tiange_nightly")
    for name, query in FACTS.items():
        op.execute(f"CREATE OR REPLACE VIEW facts.{name} WITH (security_invoker = true) AS {query}")
    # the sum of its parts, whoever consents; a second place to look is one too many
    op.drop_table("flow_month")
