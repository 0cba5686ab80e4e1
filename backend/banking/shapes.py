"""How each kind of file lies in the database, and the statements that lay it there.

Rows are staged in a table of the transaction first; what becomes of them is then found out for all at once.
Names and types here are our own, never anybody's input.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import TextClause, text

from backend.banking.rules import Kind


@dataclass(frozen=True, slots=True)
class Shape:
    """`table` with its key and values (columns and SQL types); all have `customer_id` and `as_of` besides.

    `gauge`: the amount by which another unit is noticed. `part`: what is told anew of the customer from all
    its holders, by this column. `dated`: phones show as of which day it is.
    """

    table: str
    key: Mapping[str, str]
    values: Mapping[str, str]
    gauge: str | None = None
    part: str | None = None
    dated: bool = False

    @property
    def columns(self) -> list[str]:
        """What is staged of a row, in this order, after its line."""
        return ["customer_id", "as_of", *(one for one in self.key if one != "as_of"), *self.values]

    @property
    def follows(self) -> bool:
        """Whether rows that name a person go where they live, between files too."""
        return "person_id" in self.values


_FLOW = {"person_id": "uuid"} | dict.fromkeys(
    ("in_fen", "out_fen", "in_count", "out_count", "wages_fen", "merchant_fen"), "bigint"
)
_HOLDING = Shape(
    "holding_part",
    {"holder": "bytea", "product_code": "text", "number_index": "bytea"},
    {"person_id": "uuid", "since_on": "date", "until_on": "date"},
    part="product_code",
)
SHAPES: Mapping[Kind, Shape] = {
    Kind.accounts: Shape(
        "account",
        {"number_index": "bytea"},
        {
            "person_id": "uuid",
            "number_tail": "text",
            "account_kind": "text",
            "balance_fen": "bigint",
            "year_average_fen": "bigint",
            "opened_on": "date",
            "closed_on": "date",
        },
        gauge="balance_fen",
        dated=True,
    ),
    Kind.loans: Shape(
        "loan",
        {"contract": "text"},
        {
            "person_id": "uuid",
            "granted_fen": "bigint",
            "balance_fen": "bigint",
            "rate_bp": "bigint",
            "granted_on": "date",
            "due_on": "date",
            "overdue_days": "bigint",
        },
        gauge="granted_fen",
        dated=True,
    ),
    Kind.flows: Shape("flow_part", {"holder": "bytea", "month": "date"}, _FLOW, gauge="in_fen"),
    # staged as the others are; what becomes of it `papers` says
    Kind.consents: Shape(
        "consent",
        {"person_id": "uuid", "purpose": "text"},
        {"text_number": "bigint", "signed_by": "uuid", "place": "text"},
    ),
    # one table serves both: what is held is what was signed for
    Kind.products: _HOLDING,
    Kind.contracts: _HOLDING,
    # each day's grade stays: the newest is shown
    Kind.grades: Shape(
        "provincial_grade",
        {"holder": "bytea", "as_of": "date"},
        {"person_id": "uuid", "grade": "text", "limit_fen": "bigint"},
    ),
}

TAKE_TURN = text("SELECT pg_try_advisory_xact_lock(hashtextextended('banking import', 0))")
#: held while rows are laid down by where people live: a file that was read before somebody moved must not
#: lie down after their rows have followed
HOLD_PLACES = text("SELECT pg_advisory_xact_lock(hashtextextended('banking places', 0))")
REJECTED = "CREATE TEMP TABLE rejected (line bigint PRIMARY KEY, code text, field text) ON COMMIT DROP"
SOME_REJECTED = text("SELECT line, code, field FROM rejected WHERE line > :after ORDER BY line LIMIT 5000")
BY_CODE = text("SELECT code, count(*) AS n FROM rejected GROUP BY code ORDER BY n DESC, code")

# What a customer holds is made of parts: told anew for each pair that moved, gone where no part is left.
_HOLDING_GONE = text(
    "DELETE FROM holding h USING moved, unnest(ARRAY[moved.customer_id, moved.before_id]) AS c(id)"
    " WHERE moved.counts AND h.customer_id = c.id AND h.product_code = moved.part AND NOT EXISTS"
    "  (SELECT 1 FROM holding_part p WHERE p.customer_id = h.customer_id"
    "   AND p.product_code = h.product_code AND p.until_on IS NULL)"
)
_HOLDING_ANEW = text(
    "INSERT INTO holding (customer_id, product_code, since_on)"
    " SELECT customer_id, product_code, min(since_on) FROM holding_part"
    " WHERE until_on IS NULL AND (customer_id, product_code) IN"
    "  (SELECT unnest(ARRAY[customer_id, before_id]), part FROM moved WHERE counts)"
    " GROUP BY customer_id, product_code"
    " ON CONFLICT (customer_id, product_code) DO UPDATE SET since_on = excluded.since_on"
)
# Somebody who lives in another household now has all their months there; a file tells the last one or two.
_WHERE_NOW = (
    "(SELECT DISTINCT ON (holder) holder, customer_id, person_id, filed_under FROM staged"
    " ORDER BY holder, month DESC) s WHERE p.holder = s.holder"
)
_FLOW_WENT = text(
    "INSERT INTO moved (customer_id, before_id, part, fresh, older, newer, counts)"  # noqa: S608
    " SELECT DISTINCT s.customer_id, p.customer_id, p.holder, false, false, false, true"
    f" FROM flow_part p, {_WHERE_NOW} AND p.customer_id <> s.customer_id"
)
_FLOW_FOLLOWS = text(
    "UPDATE flow_part p SET customer_id = s.customer_id, person_id = s.person_id,"  # noqa: S608
    f" filed_under = s.filed_under FROM {_WHERE_NOW} AND (p.customer_id <> s.customer_id"
    "  OR p.filed_under IS DISTINCT FROM s.filed_under)"
)
#: by table: what follows from the rows that were written
TELL_ANEW: Mapping[str, tuple[TextClause, ...]] = {
    "flow_part": (_FLOW_WENT, _FLOW_FOLLOWS),
    "holding_part": (_HOLDING_GONE, _HOLDING_ANEW),
}


@dataclass(frozen=True, slots=True)
class Statements:
    """The SQL of one kind, in the order in which it runs."""

    stage: str
    #: lines that say different things of the same thing and day are rejected, all of them
    contradicting: TextClause
    dropping: TextClause
    #: of lines about the same thing the newest stays
    repeated: TextClause
    gauge: TextClause | None
    #: whose a thing is, where an earlier file said so and this one does not; one that has followed that
    #: person since stays with them
    remembered: TextClause | None
    compare: TextClause
    counts: TextClause
    touched: TextClause
    write: TextClause
    tell_anew: tuple[TextClause, ...]


def statements(shape: Shape) -> Statements:
    """What is run for a kind of file."""
    key, values = list(shape.key), ["customer_id", *shape.values]
    types = {"customer_id": "uuid", "as_of": "date", **shape.key, **shape.values}
    keys = ", ".join(key)
    joined = " AND ".join(f"t.{one} = s.{one}" for one in key)
    theirs = _row("t", values)
    said = f"md5(ROW({', '.join(values)})::text)"
    typed = ", ".join(f"{one} {types[one]}" for one in shape.columns)
    # known of what lies in the database alone, so no part of what a file says
    noted = ["filed_under"] if shape.follows else []
    written = ", ".join([*shape.columns, *noted])
    differ = f"{_row('s', values)} IS DISTINCT FROM {theirs}"
    gauge = shape.gauge
    return Statements(
        stage=f"CREATE TEMP TABLE staged (line bigint, {typed}{', filed_under uuid' if noted else ''})"
        " ON COMMIT DROP",
        contradicting=text(
            "INSERT INTO rejected (line, code, field) SELECT line, 'contradicts', '' FROM"  # noqa: S608
            f" (SELECT line, min({said}) OVER same <> max({said}) OVER same AS bad FROM staged"
            f"  WINDOW same AS (PARTITION BY {keys}, as_of)) s WHERE bad"
        ),
        dropping=text("DELETE FROM staged s USING rejected r WHERE r.line = s.line"),
        repeated=text(
            "DELETE FROM staged s USING (SELECT line, row_number() OVER"  # noqa: S608
            f" (PARTITION BY {keys} ORDER BY as_of DESC, line) AS n FROM staged) d"
            " WHERE d.line = s.line AND d.n > 1"
        ),
        gauge=text(
            "SELECT count(*) AS n, percentile_cont(0.5) WITHIN GROUP"  # noqa: S608
            f" (ORDER BY s.{gauge}::float8 / t.{gauge}) AS ratio"
            f" FROM staged s JOIN {shape.table} t ON {joined} WHERE s.{gauge} > 0 AND t.{gauge} > 0"
        )
        if gauge
        else None,
        remembered=text(
            "UPDATE staged s SET person_id = t.person_id, customer_id = t.customer_id,"  # noqa: S608
            f" filed_under = t.filed_under FROM {shape.table} t"
            f" WHERE {joined} AND s.person_id IS NULL AND s.customer_id IN (t.customer_id, t.filed_under)"
        )
        if shape.follows
        else None,
        compare=text(
            "CREATE TEMP TABLE moved ON COMMIT DROP AS SELECT s.customer_id, t.customer_id AS before_id,"  # noqa: S608
            f" s.{shape.part or key[0]} AS part, t.as_of IS NULL AS fresh,"
            " coalesce(s.as_of < t.as_of, false) AS older, coalesce(s.as_of > t.as_of, false) AS newer,"
            f" (t.as_of IS NULL OR s.as_of >= t.as_of AND {differ}) AS counts"
            f" FROM staged s LEFT JOIN {shape.table} t ON {joined}"
        ),
        counts=text(
            "SELECT count(*) FILTER (WHERE fresh) AS added,"
            " count(*) FILTER (WHERE counts AND NOT fresh) AS changed,"
            " count(*) FILTER (WHERE NOT counts AND NOT older) AS unchanged,"
            " count(*) FILTER (WHERE older) AS older FROM moved"
        ),
        # a day that alone is newer shows on phones where they show it, and changes no figure
        touched=text(
            "SELECT c.id, bool_or(counts) AS counts FROM moved,"  # noqa: S608
            " unnest(ARRAY[customer_id, before_id]) AS c(id) WHERE c.id IS NOT NULL"
            f" AND (counts{' OR newer' if shape.dated else ''}) GROUP BY c.id ORDER BY c.id"
        ),
        write=text(
            f"INSERT INTO {shape.table} AS t ({written}) SELECT {written} FROM staged"  # noqa: S608
            f" ON CONFLICT ({keys}) DO UPDATE SET"
            f" {', '.join(f'{one} = excluded.{one}' for one in ('as_of', *values, *noted))}"
            " WHERE excluded.as_of > t.as_of OR excluded.as_of = t.as_of"
            f" AND {_row('excluded', values + noted)} IS DISTINCT FROM {_row('t', values + noted)}"
        ),
        tell_anew=TELL_ANEW.get(shape.table, ()),
    )


def _row(side: str, columns: list[str]) -> str:
    return f"ROW({', '.join(f'{side}.{one}' for one in columns)})"
