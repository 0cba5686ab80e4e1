"""Consents as a phone takes them: signed by the member, or withdrawn again."""

import hashlib
from typing import Any

from backend.kernel.ids import uuid7
from tests.support.field_phone import FieldPhone


def given(phone: FieldPhone, member: dict[str, Any], purpose: str, text: int = 1) -> dict[str, Any]:
    """`consent.give` of a member, by a row of the phone's or a body that has its `id` and `person_id`."""
    return {
        "id": str(uuid7()),
        "customer_id": member["customer_id"],
        "member_id": member["id"],
        "purpose": purpose,
        "text_number": text,
        "signed_by": member["person_id"],
        "signature": {"hash": hashlib.sha256(purpose.encode()).hexdigest(), "taken_at": phone.now()},
    }


async def members_of(phone: FieldPhone, customer: str) -> dict[str, dict[str, Any]]:
    """The members that the phone shows of a customer, by relation."""
    await phone.pull()
    found = {key: row for key, row in phone.of("member").items() if row["customer_id"] == customer}
    return {row["relation"]: row | {"id": key} for key, row in found.items()}


async def sign(phone: FieldPhone, customer: str, *relations: str, purpose: str = "accounts") -> None:
    """These members consent, all of them where none is named."""
    members = await members_of(phone, customer)
    for relation in relations or tuple(members):
        phone.save("consent.give", given(phone, members[relation], purpose))
    answers = await phone.push()
    assert {one["result"] for one in answers} == {"applied"}, answers


async def take_back(phone: FieldPhone, customer: str, relation: str, purpose: str = "accounts") -> None:
    """One of them withdraws it."""
    one = (await members_of(phone, customer))[relation]
    body = {"id": str(uuid7()), "customer_id": customer, "member_id": one["id"]}
    phone.save("consent.withdraw", body | {"purpose": purpose, "reason": "本人要求"})
    assert [said["result"] for said in await phone.push()] == ["applied"]
