"""Figures of one web process for Prometheus."""

import secrets

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from backend.app.http.note import note_of
from backend.kernel.errors import not_found
from backend.kernel.injected import TheSettings

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of this process; each process of several has its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "tiange_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "tiange_http_request_seconds",
            "Time to the end of the answer.",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )

        self._waits = Histogram(
            "tiange_push_wait_seconds",
            "How long a push waited for its turn.",
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def waited(self, seconds: float) -> None:
        """A push got its turn, or was sent away."""
        self._waits.observe(seconds)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered; status 0 means that it broke off."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


@get("/metrics", opt={"access": "public"}, include_in_schema=False)
async def metrics_page(
    request: Request[None, None, State],
    settings: TheSettings,
    metrics: NamedDependency[Metrics],
) -> Response[bytes]:
    """For collectors on this machine, or with the token of the settings; for others there is nothing here."""
    note = note_of(request.scope)
    here = not note.forwarded and note.address in {"127.0.0.1", "::1", "local"}
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    token = settings.metrics_token
    if not here and not (token and secrets.compare_digest(given.encode(), token.encode())):
        raise not_found("Page")
    return Response(metrics.text(), headers={"content-type": CONTENT_TYPE_LATEST})
