"""Shapes of notify's requests and answers."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct


class SubscriptionKeys(Struct, frozen=True):
    """The browser's keys, base64url."""

    p256dh: Annotated[str, Meta(max_length=120)]
    auth: Annotated[str, Meta(max_length=40)]


class Subscription(Struct, frozen=True):
    """A browser's Web Push subscription, as `PushSubscription.toJSON()` gives it."""

    endpoint: Annotated[str, Meta(min_length=1, max_length=2048)]
    keys: SubscriptionKeys

    def __repr__(self) -> str:
        return "Subscription(…)"


class PushKey(Struct, frozen=True):
    """The server's VAPID public key: 65 bytes, base64url."""

    public_key: str


class ReadInbox(Struct, frozen=True):
    """Body of command `inbox.read`: the items that the person has seen."""

    ids: Annotated[list[UUID], Meta(min_length=1, max_length=500)]
