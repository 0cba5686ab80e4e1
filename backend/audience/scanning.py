"""A choice as PostgreSQL scans for it: the WHERE of one query, held to a scope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.audience.rules import Scope
from backend.audience.tree import Between, Bit, Contains, Every, Kept, Lacks, Node, OneOf, Some, Within

#: what a choice is about: an active customer `c`, the result in force `p`, the last visit `v`. A visit is a
#: person met on site, as the catalogue's feature `last_onsite_on` has it
OF_CUSTOMERS = "FROM customer c LEFT JOIN profile p ON p.customer_id = c.id"
LAST_VISIT = (
    "(SELECT CAST(floor(extract(epoch FROM max(v.at))) AS bigint) FROM visit v"
    " WHERE v.customer_id = c.id AND v.channel = 'onsite' AND v.outcome = 'met')"
)
_COLUMNS = {
    "tier": "p.tier",
    "stage": "p.stage",
    "grade": "p.grade",
    "kind": "c.kind",
    "limit_fen": "p.limit_fen",
    "rate_bp": "p.rate_bp",
    "score": "p.score",
    "visited_at": LAST_VISIT,
    "grid_id": "c.grid_id",
    "branch_id": "c.branch_id",
    "owner_id": "c.owner_id",
}


@dataclass(frozen=True, slots=True)
class Where:
    """A condition of SQL and the values that it names."""

    sql: str
    values: Mapping[str, Any]


def where(node: Node, scope: Scope) -> Where:
    """Holds for the active customers of `scope` who meet the choice."""
    parts = _Parts()
    within = parts.scope(scope)
    return Where(f"c.status = 'active' AND {within} AND {parts.sql(node)}", parts.values)


@dataclass(slots=True)
class _Parts:
    values: dict[str, Any] = field(default_factory=dict)

    def _value(self, value: Any) -> str:
        name = f"a{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def scope(self, scope: Scope) -> str:
        """Beside what row-level security says, which a mistake there would not lift."""
        if scope.everybody:
            return "true"
        return (
            f"(c.branch_id = ANY(CAST({self._value(sorted(scope.branches))} AS uuid[]))"
            f" OR c.grid_id = ANY(CAST({self._value(sorted(scope.grids))} AS uuid[]))"
            f" OR c.owner_id = CAST({self._value(scope.owner)} AS uuid))"
        )

    def sql(self, node: Node) -> str:
        """Never NULL: what is not known does not hold."""
        match node:
            case Every(of):
                return f"({' AND '.join(['true', *map(self.sql, of)])})"
            case Some(of):
                return f"({' OR '.join(['false', *map(self.sql, of)])})"
            case Lacks(of):
                return f"(NOT {self.sql(of)})"
            case Bit(position):
                word, bit = divmod(position, 64)
                # positions are numbers of the catalogue's own
                return f"coalesce((p.tag_words[{word + 1}] >> {bit}) & 1 = 1, false)"
            case OneOf(column, codes):
                return (
                    f"coalesce({_COLUMNS[column]} = ANY(CAST({self._value(list(codes))} AS text[])), false)"
                )
            case Between():
                return f"coalesce({self._between(node)}, false)"
            case Within(column, ids):
                return (
                    f"coalesce({_COLUMNS[column]} = ANY(CAST({self._value(sorted(ids))} AS uuid[])), false)"
                )
            case Contains(asked):
                return f"(strpos(lower(normalize(c.name, NFKC)), {self._value(asked)}) > 0)"
            case Kept(group_id):
                kept = "SELECT m.customer_id FROM audience_member m WHERE m.group_id"
                return f"(c.id IN ({kept} = CAST({self._value(group_id)} AS uuid)))"

    def _among(self, column: str, known: list[Any], kind: str) -> str:
        return f"coalesce({_COLUMNS[column]} = ANY(CAST({self._value(known)} AS {kind}[])), false)"

    def _between(self, node: Between) -> str:
        ends = [
            f"{_COLUMNS[node.column]} {sign} CAST({self._value(end)} AS bigint)"
            for sign, end in ((">=", node.least), ("<=", node.most))
            if end is not None
        ]
        return " AND ".join(ends)
