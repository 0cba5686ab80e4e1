"""A village evaluation as phones make it: a session of four reviewers, forms of the contract's length."""

from dataclasses import dataclass
from typing import Any

import msgspec

from backend.kernel.ids import uuid7
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
