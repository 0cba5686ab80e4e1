"""A catalogue as large as a bank's grows: what ships, and hundreds of features and products, thousands of
tags and events more."""

from collections.abc import Callable, Mapping

from backend.strategy.documents import shipped_files

FEATURES = 500
TAGS = 3000
EVENTS = 1000
PRODUCTS = 200
OFFERS = 100
FIRST_BIT = 2000
A_FILE = 250
#: of the tags so many are read by events, and are columns therefore
READ = 300


def many_files(features: int = FEATURES, tags: int = TAGS, events: int = EVENTS) -> Mapping[str, str]:
    """YAML by path, deterministic: sums of accounts, loans and flows over windows, marks on them, and events,
    products and packages that stand on those."""
    files = dict(shipped_files())
    for folder, key, many, one in (
        ("features", "features", features, _feature),
        ("tags", "tags", tags, lambda n: _tag(n, features)),
        ("products", "products", PRODUCTS, lambda n: _product(n, tags)),
        ("events", "events", events, lambda n: _event(n, tags, features)),
        ("products", "packages", OFFERS, _package),
    ):
        files |= _files(folder, key, many, one)
    return files


def _files(folder: str, key: str, many: int, one: Callable[[int], str]) -> dict[str, str]:
    return {
        f"{folder}/many_{key}_{start}.yaml": f"{key}:\n"
        + "".join(one(n) for n in range(start, min(many, start + A_FILE)))
        for start in range(0, many, A_FILE)
    }


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


def _product(n: int, tags: int) -> str:
    return (
        f"  - {{name: many_product_{n}, bit: {FIRST_BIT + n}, family: loan, zh: 产品{n}, en: Product {n},"
        f" explain: {{zh: 产品。, en: A product.}}, suits: 'tag_many_tag_{n % min(READ, tags)}'}}\n"
    )


def _event(n: int, tags: int, features: int) -> str:
    product = f"many_product_{n % PRODUCTS}"
    when = (
        f"tag_many_tag_{n % min(READ, tags)} AND suits_{product} OR many_{n % features}_fen > yuan({n * 10})"
    )
    return (
        f"  - {{name: many_event_{n}, bit: {FIRST_BIT + n}, dimension: customer_value,"
        f" zh: 事件{n}, en: Event {n},"
        f" explain: {{zh: 事件。, en: An event.}}, when: '{when}', product: {product},"
        f" script: {{zh: 您好。, en: Hello.}}, priority: {n % 5 + 1}, valid_days: 30, again_days: 60,"
        " owner: manager}\n"
    )


def _package(n: int) -> str:
    one, other = f"many_product_{n % PRODUCTS}", f"many_product_{(n + 1) % PRODUCTS}"
    return (
        f"  - {{name: many_package_{n}, bit: {FIRST_BIT + n}, zh: 套餐{n}, en: Package {n},"
        f" explain: {{zh: 套餐。, en: A package.}}, products: [{one}, {other}],"
        f" suits: 'suits_{one} OR suits_{other}'}}\n"
    )
