"""Policy figures for other domains."""

from backend.policy.queries import figure, figures, figures_on_phone
from backend.policy.service import ensure_shipped

__all__ = ["ensure_shipped", "figure", "figures", "figures_on_phone"]
