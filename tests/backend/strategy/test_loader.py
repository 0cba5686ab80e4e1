"""What the loader says of a broken catalogue: the file, the line, what is wrong, the nearest valid name."""

import pytest

from backend.strategy.documents import CatalogueError, Problem, shipped_files
from backend.strategy.loader import digest, load


def problems_of(files: dict[str, str]) -> list[Problem]:
    with pytest.raises(CatalogueError) as refused:
        load(files)
    return refused.value.problems


def broken(file: str, before: str, after: str) -> tuple[list[Problem], int]:
    """The problems of the shipped catalogue with one place changed, and the line of that place."""
    files = shipped_files()
    assert files[file].count(before) >= 1, before
    line = files[file][: files[file].index(before)].count("\n") + 1
    files[file] = files[file].replace(before, after, 1)
    return problems_of(files), line


def test_the_shipped_catalogue_is_sound() -> None:
    catalogue = load(shipped_files())
    assert len(catalogue.features) >= 20
    assert len(catalogue.tags) >= 25
    assert len(catalogue.dimensions) == 9
    assert {tag.dimension for tag in catalogue.tags} == set(catalogue.dimensions)


@pytest.mark.parametrize(
    ("file", "before", "after", "what", "nearest"),
    [
        (
            "tags/contact.yaml",
            "when: loan_need_count >= 1",
            "when: loan_needs_count >= 1",
            "loan_needs_count is not known here",
            "loan_need_count",
        ),
        (
            "features/bank.yaml",
            "value: SUM(balance_fen)",
            "value: SUM(balances_fen)",
            "balances_fen is not known here",
            "balance_fen",
        ),
        ("features/wealth.yaml", "from: asset", "from: assets", "from assets is not known", "asset"),
        (
            "sources/bank.yaml",
            "late: loans_late_days",
            "late: loan_late_days",
            "late loan_late_days is not known",
            "loans_late_days",
        ),
        (
            "sources/bank.yaml",
            "late: loans_late_days",
            "late: limit_step_fen",
            "how late a file may be is a figure in days",
            None,
        ),
        (
            "features/wealth.yaml",
            "where: lender = 'elsewhere'",
            "where: lender = 'elsewere'",
            "lender is never 'elsewere'",
            "elsewhere",
        ),
        ("tags/value.yaml", "dimension: value", "dimension: worth", "dimension worth is not known", None),
        (
            "scorecards/household.yaml",
            "weight: weight_people_points",
            "weight: weight_peple_points",
            "weight weight_peple_points is not known",
            "weight_people_points",
        ),
        (
            "rates/rate.yaml",
            "value: lpr_1y_bp + points_over_lpr_bp",
            "value: lpr_1y_bp / points_over_lpr_bp",
            "division is written ratio(a, b), or share(a, percent) for whole fen",
            None,
        ),
        (
            "limits/limit.yaml",
            "value: overdue_days > 0",
            "value: overdue_days",
            "the expression gives bigint, boolean is wanted here",
            None,
        ),
        (
            "tiers/stage.yaml",
            "when: account_count = 0",
            "whenn: account_count = 0",
            "there is no key whenn here",
            "when",
        ),
        (
            "tags/relations.yaml",
            "bit: 22",
            "bit: 8",
            "the name bit 8 is taken in tags/product_holding.yaml:17",
            None,
        ),
        ("features/bank.yaml", "- name: loans_fen", "- name: loans_yuan", "must end in _fen", None),
        ("figures/rate.yaml", "unit: bp", "unit: percents", "percents is none of", "percent"),
        (
            "figures/rate.yaml",
            "{from: 2025-05-20, value: 300}",
            "{from: 2024-05-20, value: 300}",
            "the days must rise",
            None,
        ),
        ("figures/rhythm.yaml", "from: 2025-01-01", "from: 2025-02-30", "there is no day 2025-02-30", None),
        (
            "scorecards/household.yaml",
            "- {at_least: 3, percent: 100}",
            "- {at_least: 3, percent: 10}",
            "the bands must stand highest first",
            None,
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(
    file: str, before: str, after: str, what: str, nearest: str | None
) -> None:
    problems, line = broken(file, before, after)
    found = [problem for problem in problems if what in problem.what]
    assert found, [str(problem) for problem in problems]
    assert found[0].file == file
    # a list of bands is reported at its head, everything else on its own line
    assert line - 2 <= found[0].line <= line
    assert found[0].nearest == nearest


def test_weights_must_add_up() -> None:
    problems, _ = broken("figures/score.yaml", "value: 10}", "value: 11}")
    assert any("add up to 101 points from 2025-01-01" in problem.what for problem in problems)


def test_rules_in_a_circle() -> None:
    problems, _ = broken("rates/rate.yaml", "value: lpr_1y_bp + points_over_lpr_bp", "value: rate_bp")
    assert any("need each other's result" in problem.what for problem in problems)


def test_a_feature_cannot_read_a_rule() -> None:
    problems, _ = broken(
        "features/wealth.yaml", "- loans_fen - debts_elsewhere_fen", "- limit_fen - debts_elsewhere_fen"
    )
    assert any(problem.what == "limit_fen is not known here" for problem in problems)


def test_every_mistake_is_found_at_once() -> None:
    files = shipped_files()
    files["tags/contact.yaml"] = files["tags/contact.yaml"].replace("need_count", "ned_count")
    files["tags/value.yaml"] = files["tags/value.yaml"].replace("product_count", "products_count")
    assert {problem.file for problem in problems_of(files)} >= {"tags/contact.yaml", "tags/value.yaml"}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "the file is empty"),
        ("tags:\n  - name: ]\n", 2, "this is not YAML"),
        ("tags:\n  - {name: a, name: b}\n", 2, "name stands here twice"),
        ("tags: &x []\n", 1, "anchors and aliases are not used"),
        ("tags:\n  - &x {name: a}\n  - *x\n", 2, "anchors and aliases are not used"),
        ("- 1\n", 1, "does not fit"),
        ("tagz: []\n", 1, "there is no key tagz here"),
        ("tags:\n  - name: Overdue\n", 2, "is missing"),
    ],
)
def test_what_is_no_catalogue_file(text: str, line: int, what: str) -> None:
    problems = problems_of({**shipped_files(), "tags/x.yaml": text})
    found = [problem for problem in problems if problem.file == "tags/x.yaml"]
    assert found
    assert any(what in problem.what and problem.line == line for problem in found), [
        str(one) for one in found
    ]


def test_words_that_yaml_likes_to_change_stay_as_written() -> None:
    files = shipped_files()
    files["tags/value.yaml"] = files["tags/value.yaml"].replace("en: Large depositor", "en: no")
    catalogue = load(files)
    assert next(tag.words.en for tag in catalogue.tags if tag.name == "deposit_pillar") == "no"


def test_the_digest_tells_catalogues_apart() -> None:
    files = shipped_files()
    other = {**files, "figures/rate.yaml": files["figures/rate.yaml"].replace("300", "301")}
    assert digest(files) == digest(dict(reversed(files.items())))
    assert digest(files) != digest(other)
