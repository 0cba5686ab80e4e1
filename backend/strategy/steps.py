"""Statements as layers of steps, and their text."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from backend.strategy.language.nodes import Expr, Literal, Type
from backend.strategy.language.sql import POSTGRES, Dialect, Sql, cast, lower


def full_width(value: Expr, dialect: Dialect) -> Sql:
    """A column's SQL; a bare constant is given its type, else a small one would be four bytes wide."""
    sql = lower(value, dialect)
    return cast(sql, value.type) if isinstance(value, Literal) and value.type is Type.bigint else sql


def selected(*values: Sql) -> Sql:
    """SELECT of values that stand nowhere else: copied at each step, a large catalogue takes minutes."""
    return exp.select(*values, copy=False)


def aliased(sql: Sql, name: str) -> Sql:
    """`sql AS name`, of a tree that stands nowhere else."""
    return exp.alias_(sql, name, copy=False)


def named(sql: Sql, name: str) -> Sql:
    """`sql AS name`, or the column as it is where it bears that name."""
    return sql if isinstance(sql, exp.Column) and sql.name == name else aliased(sql, name)


def text_of(statement: Sql, dialect: Dialect = POSTGRES) -> str:
    """A statement as text; the tree is used up."""
    text: str = statement.sql(dialect.name, pretty=True, copy=False)
    return text


def with_steps(final: Sql, steps: Sequence[tuple[str, Sql]], dialect: Dialect) -> Sql:
    """`final` behind its steps. DuckDB streams them one through the other and needs none of them whole."""
    for name, query in steps:
        final = final.with_(name, as_=query, materialized=True if dialect is POSTGRES else None, copy=False)
    return final


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps as text, for any SELECT over the last of them: by far the longest part of a statement."""

    text: str
    last: str
    dialect: Dialect

    @classmethod
    def written(cls, steps: Sequence[tuple[str, Sql]], dialect: Dialect) -> "Steps":
        """The text of `steps`."""
        bare = selected(exp.Null())
        end = text_of(bare, dialect)
        text = text_of(with_steps(bare, steps, dialect), dialect)
        assert text.endswith(end), "the SELECT stands behind its steps"
        return cls(text.removesuffix(end), steps[-1][0], dialect)

    def select(self, *values: Sql) -> str:
        """The statement that selects `values` from the last step."""
        return self.text + text_of(selected(*values).from_(self.last, copy=False), self.dialect)

    def everything(self) -> Sql:
        """All columns of the last step."""
        return exp.Column(this=exp.Star(), table=exp.to_identifier(self.last))
