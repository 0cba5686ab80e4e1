"""Refuses a facts view that does more than hand over columns: the figures are strategy's, in one place."""

from sqlglot import exp, parse_one

# All that a facts view may be made of: columns (a document's own fields too, the one of several that its kind
# has), casts, presence, equality with something or one of several things, joins and filters; what a consent
# closes; and a text that is a day, as one.
ALLOWED = (
    exp.Alias,
    exp.And,
    exp.Any,
    exp.Array,
    exp.Boolean,
    exp.Cast,
    exp.Column,
    exp.DataType,
    exp.EQ,
    exp.Explode,
    exp.From,
    exp.Identifier,
    exp.Is,
    exp.JSONExtractScalar,
    exp.JSONPath,
    exp.JSONPathKey,
    exp.JSONPathRoot,
    exp.Join,
    exp.Literal,
    exp.Not,
    exp.Null,
    exp.Paren,
    exp.Select,
    exp.Table,
    exp.TableAlias,
    exp.Unnest,
    exp.Where,
)


def faults(sql: str) -> list[str]:
    """What in a view's defining query is more than casts, as SQL; empty if nothing is."""
    return [node.sql("postgres") for node in parse_one(sql, read="postgres").walk() if not _allowed(node)]


def _allowed(node: exp.Expr) -> bool:
    if isinstance(node, exp.Case):
        return _closes(node) or _is_a_day(node)
    if isinstance(node, exp.RegexpLike):
        return isinstance(node.expression.unnest(), exp.Cast | exp.Literal) and _within_a_day(node)
    if isinstance(node, exp.Coalesce):
        fields = [node.this, *node.expressions]
        return all(isinstance(one.unnest(), exp.JSONExtractScalar) for one in fields)
    if isinstance(node, exp.If):
        return isinstance(node.parent, exp.Case)
    if isinstance(node, exp.Subquery):
        return isinstance(node.this, exp.Table)  # PostgreSQL prints joins in brackets
    if isinstance(node, exp.Select) and node.parent is not None:
        return False
    return isinstance(node, ALLOWED)


def _closes(node: exp.Case) -> bool:
    """Whether a column is only handed over where its person consents to that: who may see it, no figure."""
    default = node.args.get("default")
    nothing = default.this if isinstance(default, exp.Cast) else default
    ways = node.args["ifs"]
    if node.this is not None or len(ways) != 1 or not (nothing is None or isinstance(nothing, exp.Null)):
        return False
    asked, shown = ways[0].this.unnest(), ways[0].args["true"]
    consented = isinstance(asked, exp.EQ) and isinstance(asked.expression, exp.Any)
    return consented and asked.find(exp.Column).name == "consented" and isinstance(shown, exp.Column)


def _is_a_day(node: exp.Case) -> bool:
    """Whether a column is read as a day where its text is one, and is nothing elsewhere."""
    default = node.args.get("default")
    nothing = default.this if isinstance(default, exp.Cast) else default
    ways = node.args["ifs"]
    if node.this is not None or len(ways) != 1 or not (nothing is None or isinstance(nothing, exp.Null)):
        return False
    shown = ways[0].args["true"].unnest()
    day = isinstance(shown, exp.Cast) and shown.to.this is exp.DataType.Type.DATE
    return (
        day
        and isinstance(shown.this.unnest(), exp.Column)
        and bool(list(ways[0].this.find_all(exp.RegexpLike)))
    )


def _within_a_day(node: exp.Expr) -> bool:
    case = node.find_ancestor(exp.Case)
    return case is not None and _is_a_day(case)


def tables(sql: str) -> set[str]:
    """The tables and views that a query reads, with their schema where it names one."""
    found = parse_one(sql, read="postgres").find_all(exp.Table)
    return {f"{one.db}.{one.name}" if one.db else one.name for one in found}
