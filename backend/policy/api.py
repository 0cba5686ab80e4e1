"""Policy figures for other domains."""

from backend.policy.queries import figure, figures, figures_in, figures_on_phone, figures_part
from backend.policy.service import ensure_shipped

__all__ = ["ensure_shipped", "figure", "figures", "figures_in", "figures_on_phone", "figures_part"]
