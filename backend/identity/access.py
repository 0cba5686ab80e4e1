"""Who a request comes from: the session's person, and the phone whose key signed it."""

from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from backend.identity import errors, queries
from backend.identity.devices import bind_session
from backend.identity.queries import Resumed
from backend.identity.rules import NONCE_SECONDS, signature_holds, signed_text, token_hash, unbase64
from backend.kernel.actor import Actor
from backend.kernel.uow import Database


class NonceStore(Protocol):
    """Remembers nonces for all web processes."""

    async def first_use(self, installation_id: UUID, nonce: str, seconds: int) -> bool:
        """True if the nonce was not seen within `seconds`. Raises ConnectionError if nobody can say."""
        ...


@dataclass(frozen=True, slots=True)
class Signature:
    """The three headers of a signed request, and what they must fit."""

    installation: str
    nonce: str
    signature: str
    method: str
    target: str
    body: bytes


async def resume(
    database: Database, token: str, request_id: str, *, standing: bool = False
) -> Resumed | None:
    """The live session of a cookie's token, or None; with the `standing` of its person's partitions."""
    if not token:
        return None
    return await queries.session_of(database, token_hash(token), request_id, standing=standing)


async def prove(database: Database, nonces: NonceStore, resumed: Resumed, given: Signature) -> Actor:
    """The actor with the phone that signed the request.

    A session that is bound to no phone, or to another one of the same person, is bound to this one: the
    signature proves it. Raises Problem `signature_invalid`, `nonce_used`, `device_revoked`, or `try_again`
    while nonces cannot be checked: a phone keeps what it has and asks again.
    """
    installation_id, nonce = parsed(given)
    actor, jwk, revoked = resumed.actor, resumed.public_key, resumed.revoked_at
    bind = actor.installation_id != installation_id
    if bind:
        async with database.unit(actor) as uow:
            device = await queries.device(uow, installation_id)
        if device is None or device.staff_id != actor.staff_id:
            raise errors.signature_invalid("This installation is not enrolled for the signed-in person.")
        jwk, revoked = device.public_key, device.revoked_at
    if jwk is None or not signature_holds(jwk, given.signature, signed_content(given)):
        raise errors.signature_invalid("The signature does not fit the request and this phone's key.")
    if revoked is not None:
        raise errors.device_revoked(deliver=True)
    # only after the signature, so that nobody else can use up a phone's nonces
    await use_nonce(nonces, installation_id, nonce)
    if bind:
        actor = replace(actor, installation_id=installation_id)
        async with database.unit(actor) as uow:
            await bind_session(uow, installation_id)
    return actor


async def use_nonce(nonces: NonceStore, installation_id: UUID, nonce: str) -> None:
    """Uses up a nonce of a phone. Raises Problem `nonce_used`, or `try_again` while that cannot be told."""
    try:
        fresh = await nonces.first_use(installation_id, nonce, NONCE_SECONDS)
    except ConnectionError as error:
        raise errors.nonces_unavailable() from error
    if not fresh:
        raise errors.nonce_used()


def parsed(given: Signature) -> tuple[UUID, str]:
    """Installation and nonce. Raises Problem `signature_invalid`."""
    try:
        installation_id = UUID(given.installation)
        if str(installation_id) != given.installation or len(unbase64(given.nonce)) != 16:
            raise ValueError("not in the form of the contract")
    except ValueError as error:
        raise errors.signature_invalid(
            "Tiange-Installation, Tiange-Nonce (16 bytes) and Tiange-Signature are needed."
        ) from error
    return installation_id, given.nonce


def signed_content(given: Signature) -> bytes:
    """The text that the phone signed."""
    return signed_text(given.method, given.target, given.body, given.nonce)
