"""Bodies of commands as a phone makes them."""

from typing import Any
from uuid import UUID

from backend.kernel.ids import uuid7
from tests.support.world import Place


def new_household(
    place: Place, name: str = "李四", phone: str = "13912345678", **changes: Any
) -> dict[str, Any]:
    """`customer.create` of a household of two, standing at the grid's point. One whose `name` is blank is
    refused for that alone."""
    return {
        "id": str(uuid7()),
        "kind": "household",
        "name": name,
        "phone": phone,
        "grid_id": str(place.id),
        "address": "二组 7 号",
        "point": {"lon": place.lon, "lat": place.lat, "accuracy_m": 9.5},
        "members": [
            member(name.strip() or "李四", "head", "m", "1979-03-04", phone),
            member("王五妹", "spouse", "f", "1981-08-09", None),
        ],
    } | changes


def member(name: str, relation: str, sex: str, birth_on: str, phone: str | None) -> dict[str, Any]:
    """A person of a new customer."""
    return {
        "id": str(uuid7()),
        "person_id": str(uuid7()),
        "name": name,
        "relation": relation,
        "sex": sex,
        "birth_on": birth_on,
        "phone": phone,
    }


def visit(customer_id: UUID | str, lon: float, lat: float, at: int, **changes: Any) -> dict[str, Any]:
    """`visit.log` on site, met, with a good fix."""
    return {
        "id": str(uuid7()),
        "customer_id": str(customer_id),
        "channel": "onsite",
        "purpose": "follow_up",
        "outcome": "met",
        "needs": ["loan"],
        "point": {"lon": lon, "lat": lat, "accuracy_m": 12.0, "at": at},
    } | changes
