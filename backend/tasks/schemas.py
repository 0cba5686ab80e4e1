"""Shapes of commands about tasks."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct


class SubmitTask(Struct, frozen=True):
    """`task.submit` version 1: the visit is the evidence."""

    task_id: UUID
    visit_id: UUID


class WithdrawTask(Struct, frozen=True):
    """`task.withdraw` version 1: the assignee takes back what nobody has decided yet."""

    task_id: UUID


class ApproveTask(Struct, frozen=True):
    """`task.approve` version 1."""

    task_id: UUID


class ReturnTask(Struct, frozen=True):
    """`task.return` version 1: the reason is read by the person who did the work."""

    task_id: UUID
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
