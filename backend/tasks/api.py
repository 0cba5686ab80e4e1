"""Tasks for other domains and for the demo county."""

from backend.tasks.models import Duty, Task
from backend.tasks.rules import RUNNING, State, first_due, next_due
from backend.tasks.service import assignee_for, keeper_of, open_follow_up

__all__ = [
    "RUNNING",
    "Duty",
    "State",
    "Task",
    "assignee_for",
    "first_due",
    "keeper_of",
    "next_due",
    "open_follow_up",
]
