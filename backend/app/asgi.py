"""The web application. `create_app` is the target that the HTTP server calls in each of its processes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from backend.app.http import kept_assets
from backend.app.http.access import Access
from backend.app.http.frame import Frame
from backend.app.http.health import Schema, healthz, readyz
from backend.app.http.metrics import Metrics, metrics_page
from backend.app.http.note import note_of
from backend.app.http.problems import handlers
from backend.app.http.resources import Resources
from backend.app.life import require_known_life
from backend.app.wiring import registry
from backend.audience import routes as audience_routes
from backend.customers import routes as customers_routes
from backend.evaluation import routes as evaluation_routes
from backend.files import routes as files_routes
from backend.files.service import Darkroom
from backend.grids import routes as grids_routes
from backend.identity import routes as identity_routes
from backend.kernel.announce import Crowd
from backend.kernel.logs import configure_logs
from backend.kernel.settings import Settings, load_settings
from backend.notify import routes as notify_routes
from backend.opportunities import routes as opportunities_routes
from backend.strategy import routes as strategy_routes
from backend.sync import routes as sync_routes
from backend.sync.gate import Gate
from backend.sync.live import Live
from backend.sync.pull import Pulling

#: bodies of routes that name no limit of their own; a push may take 4 MiB (CONTRACT.md section 4)
BODY_LIMIT = 5 * 1024 * 1024


def routers(settings: Settings) -> Sequence[Router]:
    """Every domain's routes. A new domain is added here."""
    return (
        identity_routes.router,
        notify_routes.router,
        grids_routes.router,
        customers_routes.router,
        files_routes.router(settings.max_upload_bytes),
        evaluation_routes.router,
        strategy_routes.router,
        audience_routes.router,
        opportunities_routes.router,
        sync_routes.router,
    )


def create_app(settings: Settings | None = None) -> Litestar:
    """The application with its connections, which open at first use and close with it.

    Without `settings` it is a server process: settings come from the environment, and logging is set up.
    Raises SettingsError, KeysMissing.
    """
    if settings is None:
        settings = load_settings()
        configure_logs(settings)
    resources = Resources.open(settings)
    metrics, schema, darkroom = Metrics(), Schema(), Darkroom.open(settings)
    gate = Gate(metrics.waited, crowded=Crowd(resources.redis).tell)
    live, known = Live(resources.redis), registry()

    def provide_phone(request: Request[Any, Any, State]) -> Pulling:
        # one dependency instead of four: the framework starts a task for each, at every idle pull
        note = note_of(request.scope)
        assert note.actor is not None
        assert note.resumed is not None
        return Pulling(resources.database, known, note.actor, note.resumed)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        # answering phones from a database that went back in time would make them drop what it lacks
        await require_known_life(resources.database, settings)
        await asyncio.to_thread(kept_assets.keep, settings.static_dir, settings.home, resources.clock.now())
        await live.start()
        yield
        await live.stop()
        await resources.close()

    app = Litestar(
        route_handlers=[healthz, readyz, metrics_page, *routers(settings)],
        dependencies={
            **resources.dependencies(),
            "metrics": Provide(lambda: metrics, sync_to_thread=False),
            "schema": Provide(lambda: schema, sync_to_thread=False),
            "darkroom": Provide(lambda: darkroom, sync_to_thread=False),
            "gate": Provide(lambda: gate, sync_to_thread=False),
            "live": Provide(lambda: live, sync_to_thread=False),
            "phone": Provide(provide_phone, sync_to_thread=False),
            "registry": Provide(lambda: known, sync_to_thread=False),
        },
        guards=[Access(resources, gate).guard],
        exception_handlers=handlers(),
        request_max_body_size=BODY_LIMIT,
        lifespan=[lifespan],
        state=State({"resources": resources}),
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Tiange",
            version="1",
            path="/api/v1/schema",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
    )
    # outside the framework's routing, which answers unknown addresses before any middleware of its own
    app.asgi_handler = Frame(app.asgi_handler, settings, metrics)
    return app
