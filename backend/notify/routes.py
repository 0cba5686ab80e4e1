"""Web Push subscriptions. JSON, with a session."""

from litestar import Controller, Router, delete, get, post
from litestar.params import JSONBody

from backend.identity.api import base64url
from backend.kernel.crypto import public_raw
from backend.kernel.injected import AskedBy, Db, ServerKeys, TheSettings
from backend.notify import service
from backend.notify.schemas import PushKey, Subscription


class PushController(Controller):
    """The key to subscribe with, and the phone's subscription."""

    path = "/push"
    tags = ("notify",)

    @get("/key", sync_to_thread=False)
    def key(self, server_keys: ServerKeys) -> PushKey:
        """The server's VAPID public key."""
        return PushKey(base64url(public_raw(server_keys.vapid.public_key())))

    @post("/subscriptions", status_code=204)
    async def subscribe(
        self, data: JSONBody[Subscription], actor: AskedBy, database: Db, settings: TheSettings
    ) -> None:
        """Takes the phone's subscription. 422 `push_endpoint_refused`, 409 `not_enrolled`."""
        async with database.unit(actor) as uow:
            await service.subscribe(uow, settings, data)

    @delete("/subscriptions", status_code=204)
    async def unsubscribe(self, actor: AskedBy, database: Db) -> None:
        """Ends the reminders on this phone."""
        async with database.unit(actor) as uow:
            await service.unsubscribe(uow)


router = Router(path="/api/v1", route_handlers=[PushController], request_max_body_size=16 * 1024)
