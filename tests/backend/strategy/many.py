"""A catalogue as large as a bank's grows: what ships, and hundreds of features and thousands of tags more."""

from collections.abc import Mapping

from backend.strategy.documents import shipped_files

FEATURES = 500
TAGS = 3000
FIRST_BIT = 2000
A_FILE = 250


def many_files(features: int = FEATURES, tags: int = TAGS) -> Mapping[str, str]:
    """YAML by path, deterministic: sums of accounts, loans and flows over windows, and marks on them."""
    files = dict(shipped_files())
    for start in range(0, features, A_FILE):
        lines = "".join(_feature(n) for n in range(start, min(features, start + A_FILE)))
        files[f"features/many_{start}.yaml"] = f"features:\n{lines}"
    for start in range(0, tags, A_FILE):
        lines = "".join(_tag(n, features) for n in range(start, min(tags, start + A_FILE)))
        files[f"tags/many_{start}.yaml"] = f"tags:\n{lines}"
    return files


def _feature(n: int) -> str:
    source, value, where = (
        ("account", "SUM(balance_fen)", f"days_between(opened_on, as_of) > {n * 7}"),
        ("flow", "SUM(in_fen - out_fen)", f"months_between(month, as_of) <= {n % 36}"),
        ("loan", "SUM(granted_fen)", f"days_between(granted_on, as_of) > {n * 5}"),
    )[n % 3]
    return (
        f"  - {{name: many_{n}_fen, zh: 变量{n}, en: Variable {n}, explain: {{zh: 变量。, en: A variable.}},"
        f" unit: fen, from: {source}, value: '{value}', where: '{where}', otherwise: 0}}\n"
    )


def _tag(n: int, features: int) -> str:
    when = f"many_{n % features}_fen > yuan({n}) AND completeness_points >= {n % 100}"
    return (
        f"  - {{name: many_tag_{n}, bit: {FIRST_BIT + n}, dimension: value, zh: 标签{n}, en: Tag {n},"
        f" explain: {{zh: 标签。, en: A tag.}}, when: '{when}'}}\n"
    )
