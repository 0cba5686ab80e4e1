"""Who acts. The kernel knows roles and scope as plain data; what a role may see is said by each domain."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """The ten roles of the bank, and `system` for jobs."""

    agent = "agent"
    manager = "manager"
    deputy_head = "deputy_head"
    branch_head = "branch_head"
    hq_lead = "hq_lead"
    hq_business = "hq_business"
    hq_data = "hq_data"
    risk_officer = "risk_officer"
    auditor = "auditor"
    admin = "admin"
    system = "system"


HEADS = frozenset({Role.branch_head, Role.deputy_head})
FIELD = frozenset({Role.agent, Role.manager}) | HEADS


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or job behind a unit of work, with the scope that row-level security reads.

    `grid_ids`: grids assigned today. `branch_ids`: branches whose customers the role sees as a whole (heads).
    `withdrawn`: the phone was withdrawn and may deliver only; `left`: the person works here no more.
    """

    staff_id: UUID | None
    role: Role
    unit_id: UUID | None = None
    branch_id: UUID | None = None
    branch_ids: tuple[UUID, ...] = ()
    grid_ids: tuple[UUID, ...] = ()
    installation_id: UUID | None = None
    session_id: UUID | None = None
    request_id: str = "-"
    name: str = ""
    withdrawn: bool = False
    left: bool = False

    @classmethod
    def system(cls, job: str, request_id: str = "-") -> "Actor":
        """The actor of a background job named `job`."""
        return cls(staff_id=None, role=Role.system, request_id=request_id, name=job)

    @classmethod
    def nobody(cls, request_id: str = "-") -> "Actor":
        """A caller who has not signed in: row-level security shows nothing."""
        return cls(staff_id=None, role=Role.agent, request_id=request_id, name="nobody")

    @property
    def is_agent(self) -> bool:
        return self.role is Role.agent

    @property
    def is_head(self) -> bool:
        return self.role in HEADS

    def require_staff(self) -> UUID:
        """The staff id; raises RuntimeError for a job or an unsigned caller (a programming error)."""
        if self.staff_id is None:
            raise RuntimeError("this operation needs a signed-in person")
        return self.staff_id
