"""A model's score never enters a limit or a rate, however many features and rules lie between."""

import pytest

from backend.strategy.documents import CatalogueError, shipped_files
from backend.strategy.loader import load

SCORES = """
sources:
  - name: churn
    zh: 流失评分
    en: Churn score
    explain: {zh: 模型给的流失可能。, en: How likely the model finds it that they leave.}
    model: true
    columns: [{name: percent, type: bigint}]
"""
FEATURES = """
features:
  - name: churn_percent
    zh: 流失可能
    en: Likely to leave
    explain: {zh: 模型给的流失可能。, en: How likely the model finds it that they leave.}
    unit: percent
    from: churn
    value: MAX(percent)
    otherwise: 0
  - name: restless_count
    zh: 不稳
    en: Restless
    explain: {zh: 由流失可能推出。, en: Made of the likelihood.}
    unit: count
    value: CASE WHEN churn_percent > 50 THEN 1 ELSE 0 END
"""


def scored(**changes: tuple[str, str, str]) -> dict[str, str]:
    """The shipped catalogue with a model's score in it; `changes`: file, what stands there, what shall."""
    files = {**shipped_files(), "sources/x_churn.yaml": SCORES, "features/x_churn.yaml": FEATURES}
    for file, before, after in changes.values():
        assert before in files[file], before
        files[file] = files[file].replace(before, after, 1)
    return files


def test_a_score_may_order_work() -> None:
    first = shipped_files()["tags/contact.yaml"]
    line = next(one for one in first.splitlines() if one.strip().startswith("when: "))
    catalogue = load(scored(tag=("tags/contact.yaml", line, f"{line} OR restless_count > 0")))
    assert catalogue.sources["churn"].is_model


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("limits/limit.yaml", "value: overdue_days > 0", "value: overdue_days + restless_count > 0"),
            (
                "a model's score may not enter limit_fen:"
                " limit_fen ← is_overdue ← restless_count ← churn_percent ← churn"
            ),
        ),
        (
            ("scorecards/household.yaml", "of: worker_count", "of: worker_count + churn_percent"),
            (
                "a model's score may not enter score_points:"
                " score_points ← household_credit_labour ← churn_percent ← churn"
            ),
        ),
    ],
)
def test_a_score_is_never_granted_upon(change: tuple[str, str, str], said: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        load(scored(change=change))
    assert said in [problem.what for problem in refused.value.problems]
