"""One demo login a role, its password shown once."""

from dataclasses import dataclass

from backend.kernel.actor import Role

#: login prefix by role; the first of each role has a password
LOGINS = {
    Role.agent: "agent",
    Role.manager: "manager",
    Role.deputy_head: "deputy",
    Role.branch_head: "head",
    Role.hq_lead: "lead",
    Role.hq_business: "business",
    Role.hq_data: "data",
    Role.risk_officer: "risk",
    Role.auditor: "auditor",
    Role.admin: "admin",
}

_ROLE_NAMES = {
    Role.agent: "农金员",
    Role.manager: "客户经理",
    Role.deputy_head: "副行长",
    Role.branch_head: "支行行长",
    Role.hq_lead: "总行领导",
    Role.hq_business: "总行业务部",
    Role.hq_data: "总行科技",
    Role.risk_officer: "风险岗",
    Role.auditor: "审计",
    Role.admin: "系统管理员",
}


@dataclass(frozen=True, slots=True)
class Login:
    """A demo login. The password is nowhere else: the bank keeps a hash."""

    role: Role
    login: str
    password: str
    name: str
    branch: str


def logins_text(logins: list[Login]) -> str:
    """The logins as lines for the terminal; empty for none."""
    if not logins:
        return ""
    lines = ["Demo logins (shown only now; new ones: tiange demo logins --reset)"]
    lines += [
        f"  {one.login:<11} {one.password:<15} {one.role.value:<13} {_ROLE_NAMES[one.role]}  {one.name}"
        f"{'，' + one.branch if one.branch else ''}"
        for one in logins
    ]
    return "\n".join(lines)
