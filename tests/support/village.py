"""A village evaluation as phones make it: a session of four reviewers, forms of the contract's length."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

import msgspec

from backend.kernel.ids import uuid7
from tests.support.bodies import new_household
from tests.support.field_phone import FieldPhone, Sent, seal
from tests.support.world import World

GOOD = {
    "repute": "good",
    "harmony": "good",
    "diligence": "hard",
    "debts": "some",
    "habits": "none",
    "ability": "likely",
}
POOR = {
    "repute": "poor",
    "harmony": "fair",
    "diligence": "lazy",
    "debts": "unpaid",
    "habits": "bad",
    "ability": "none",
}
FORM_BYTES = 256


def form(knows: str, grades: dict[str, str] | None = None, limit_fen: int | None = None) -> bytes:
    """A form of the contract's length."""
    said: dict[str, Any] = {"knows": knows, "grades": grades or {}, "limit_fen": limit_fen}
    bare = len(msgspec.msgpack.encode(said | {"pad": b""}))
    return msgspec.msgpack.encode(said | {"pad": bytes(FORM_BYTES - bare)})


@dataclass
class Village:
    """A session of four reviewers about three households, hosted by the agent."""

    id: str
    households: list[str]
    reviewers: list[str]

    def hand_in(
        self, phone: FieldPhone, reviewer: int, forms: list[bytes], households: list[str] | None = None
    ) -> Sent:
        """All forms of one reviewer, each sealed for its place, into the phone's outbox."""
        about = households or self.households
        sealed = [
            {
                "customer_id": customer,
                "sealed": seal(
                    phone.seal_key, plain, f"evaluation:{self.id}:{self.reviewers[reviewer]}:{customer}"
                ),
            }
            for customer, plain in zip(about, forms, strict=False)
        ]
        body = {"session_id": self.id, "reviewer_id": self.reviewers[reviewer], "forms": sealed}
        return phone.save("evaluation.hand_in", body)


async def households_of(manager: FieldPhone, world: World, count: int = 3) -> list[str]:
    """New households in the manager's first grid."""
    bodies = [new_household(world.grids["E1"], f"第{number}户") for number in range(count)]
    for body in bodies:
        manager.save("customer.create", body)
    assert {one["result"] for one in await manager.push()} == {"applied"}
    return [body["id"] for body in bodies]


async def village_of(manager: FieldPhone, agent: FieldPhone, world: World, **changes: Any) -> Village:
    """Made by the manager, on the phone of the agent who hosts it."""
    households = await households_of(manager, world)
    body = session_of(world, agent, households, **changes)
    manager.save("evaluation.create", body)
    (receipt,) = await manager.push()
    assert receipt["result"] == "applied", receipt
    await agent.pull()
    assert body["id"] in agent.of("evaluation")
    return Village(body["id"], households, [one["id"] for one in body["reviewers"]])


def reviewed(village: Village, results: list[list[Any]], round_: int, **changes: Any) -> dict[str, Any]:
    """`evaluation.review` of these results as they stand."""
    items = [{"customer_id": one[0], "counted": one[2], "percent": one[4]} for one in results]
    return {"session_id": village.id, "round": round_, "items": [item | changes for item in items]}


async def results_of(phone: FieldPhone, village: Village) -> dict[str, list[Any]]:
    """The session's results on a phone, by household."""
    await phone.pull()
    return {one[0]: one for one in phone.of("evaluation")[village.id]["results"]}


def session_of(world: World, host: FieldPhone, households: list[str], **changes: Any) -> dict[str, Any]:
    """`evaluation.create` with four reviewers."""
    names = ("罗书记", "谢组长", "高老师", "马大爷")
    roles = ("cadre", "group_leader", "party_member", "respected")
    return {
        "id": str(uuid7()),
        "grid_id": str(world.grids["E1"].id),
        "held_on": "2026-03-02",
        "host_id": host.staff["id"],
        "place": "村委会",
        "customer_ids": households,
        "reviewers": [
            {"id": str(uuid7()), "name": name, "role": role} for name, role in zip(names, roles, strict=True)
        ],
    } | changes


@dataclass(frozen=True)
class OwnTurn:
    """The code of a reviewer, how the bank hears of it, and what they hand in."""

    code: str
    invitation: dict[str, Any]
    forms: list[dict[str, str]]

    @classmethod
    def made(cls, host: FieldPhone, session: dict[str, Any], number: int) -> "OwnTurn":
        """For one of a session's reviewers."""
        code = secrets.token_urlsafe(32)
        reviewer, about = session["reviewers"][number]["id"], session["customer_ids"][0]
        invitation = {
            "session_id": session["id"],
            "reviewer_id": reviewer,
            "code_hash": hashlib.sha256(code.encode()).digest(),
        }
        sealed = seal(host.seal_key, form("no"), f"evaluation:{session['id']}:{reviewer}:{about}")
        forms = [{"customer_id": about, "sealed": base64.b64encode(sealed).decode()}]
        return cls(code, invitation, forms)
