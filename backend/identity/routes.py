"""Signing in, and phones. JSON; every route but signing in needs a session."""

from uuid import UUID

from litestar import Controller, Request, Response, Router, get, post, put
from litestar.datastructures import Cookie, State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.identity import devices, queries, sign_in
from backend.identity.passwords import Passwords
from backend.identity.rules import SESSION_LASTS, base64url
from backend.identity.schemas import (
    Credentials,
    Devices,
    Enrolled,
    Enrolment,
    Escrow,
    Everywhere,
    Release,
    SignedIn,
    StaffView,
    UnlockWays,
)
from backend.kernel.injected import AskedBy, Db, ServerKeys, TheSettings, Word
from backend.kernel.settings import Settings

SESSION_COOKIE = "tiange_session"
#: says "this login was right on this phone before"; see `throttling`
KNOWN_COOKIE = "tiange_known"
AUTH_PATH = "/api/v1/auth"
YEAR_SECONDS = 365 * 86_400


class AuthController(Controller):
    """Sessions."""

    path = "/auth"
    tags = ("identity",)

    @post("/login", status_code=200, opt={"access": "public"})
    async def login(
        self,
        data: JSONBody[Credentials],
        request: Request[None, None, State],
        database: Db,
        server_keys: ServerKeys,
        settings: TheSettings,
        passwords: NamedDependency[Passwords],
        address: Word,
        request_id: Word,
    ) -> Response[SignedIn]:
        """Opens a session and sets its cookie. 401 `wrong_password`, 429 `too_many_tries` with
        Retry-After."""
        cookies = request.cookies
        visitor = sign_in.Visitor(address, request_id, cookies.get(SESSION_COOKIE), cookies.get(KNOWN_COOKIE))
        opened = await sign_in.sign_in(database, server_keys, passwords, data.login, data.password, visitor)
        return Response(
            _signed_in(opened.staff, settings, opened.prf_only),
            cookies=[
                _cookie(settings, SESSION_COOKIE, opened.token, "/", int(SESSION_LASTS.total_seconds())),
                _cookie(settings, KNOWN_COOKIE, opened.known, AUTH_PATH, YEAR_SECONDS),
            ],
        )

    @get("/me")
    async def me(
        self,
        actor: AskedBy,
        database: Db,
        settings: TheSettings,
    ) -> SignedIn:
        """Who is signed in."""
        async with database.unit(actor) as uow:
            staff = await queries.staff_view(uow, actor.require_staff())
            return _signed_in(staff, settings, await sign_in.requires_prf(uow))

    @post("/logout", status_code=204)
    async def logout(
        self,
        actor: AskedBy,
        database: Db,
        settings: TheSettings,
        data: JSONBody[Everywhere | None] = None,
    ) -> Response[None]:
        """Ends this session, or with `everywhere` all of the person's."""
        async with database.unit(actor) as uow:
            await sign_in.sign_out(uow, everywhere=data is not None and data.everywhere)
        return Response(None, status_code=204, cookies=[_cookie(settings, SESSION_COOKIE, "", "/", 0)])


class DeviceController(Controller):
    """Phones."""

    path = "/devices"
    tags = ("identity",)

    @post("/", status_code=200)
    async def enrol(
        self,
        data: JSONBody[Enrolment],
        actor: AskedBy,
        database: Db,
        server_keys: ServerKeys,
    ) -> Enrolled:
        """Makes a phone known and binds the session to it. 409 `installation_taken`."""
        async with database.unit(actor) as uow:
            return await devices.enrol(uow, server_keys, data)

    @get("/")
    async def mine(self, actor: AskedBy, database: Db) -> Devices:
        """The person's phones, newest first."""
        async with database.unit(actor) as uow:
            return Devices(await devices.list_devices(uow))

    # signed: the data key is this very phone's matter, and a stolen session is not this phone
    @put("/escrow", status_code=204, opt={"access": "signed"})
    async def keep_escrow(
        self,
        data: JSONBody[Escrow],
        actor: AskedBy,
        database: Db,
        server_keys: ServerKeys,
    ) -> None:
        """Keeps the phone's sealed data key. 409 `not_enrolled`."""
        async with database.unit(actor) as uow:
            await devices.keep_escrow(uow, server_keys, data.sealed)

    @put("/unlock", status_code=204)
    async def note_unlock(self, data: JSONBody[UnlockWays], actor: AskedBy, database: Db) -> None:
        """Notes how the phone is opened: pin, passphrase, prf (fingerprint or face). 409 `not_enrolled`."""
        async with database.unit(actor) as uow:
            await devices.note_unlock(uow, data.ways)

    @post("/escrow/release", status_code=200, opt={"access": "signed"})
    async def release_escrow(
        self,
        data: JSONBody[Release],
        actor: AskedBy,
        database: Db,
        server_keys: ServerKeys,
        passwords: NamedDependency[Passwords],
        address: Word,
    ) -> Escrow:
        """The data key for a forgotten PIN, against the password. 404 `no_escrow`, 429
        `too_many_releases`."""
        await sign_in.confirm_password(database, server_keys, passwords, actor, data.password, address)
        async with database.unit(actor) as uow:
            resealed = await devices.release_escrow(uow, server_keys, data.public_key)
        return Escrow(base64url(resealed))

    @post("/{installation_id:uuid}/revoke", status_code=204)
    async def revoke(self, installation_id: FromPath[UUID], actor: AskedBy, database: Db) -> None:
        """Withdraws one's own phone, or as an administrator anybody's."""
        async with database.unit(actor) as uow:
            await devices.revoke(uow, installation_id)


def _signed_in(staff: StaffView, settings: TheSettings, prf_only: bool) -> SignedIn:
    return SignedIn(staff, settings.offline_hours, settings.test_mode, settings.demo_mode, prf_only)


def _cookie(settings: Settings, name: str, value: str, path: str, seconds: int) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path=path,
        max_age=seconds,
        httponly=True,
        secure=settings.public_url.startswith("https://"),
        samesite="strict",
    )


router = Router(
    path="/api/v1", route_handlers=[AuthController, DeviceController], request_max_body_size=64 * 1024
)
