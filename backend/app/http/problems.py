"""Errors as problem details (RFC 9457): a code that the phone acts on, a text that the person reads."""

from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    SerializationException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.app.http.note import note_of
from backend.kernel.errors import Problem

CONTENT_TYPE = "application/problem+json"

#: a text with a zero character, which PostgreSQL does not keep
_NO_TEXT = "22021"
#: SQLSTATE classes that pass by themselves: connection, resources, operator intervention, rollback, lock
#: timeout
_PASSING = ("08", "53", "57", "40", "55P03")

log = structlog.get_logger("tiange.http")

AnyRequest = Request[Any, Any, Any]


def handlers() -> ExceptionHandlersMap:
    """Which exception is answered how; everything that is not foreseen is `internal`, without details."""
    return {
        Problem: _problem,
        RequestEntityTooLarge: _too_large,
        ValidationException: _malformed,
        SerializationException: _malformed,
        msgspec.ValidationError: _malformed,
        msgspec.DecodeError: _malformed,
        RecursionError: _too_deep,
        NotFoundException: _not_found,
        MethodNotAllowedException: _no_such_method,
        HTTPException: _http,
        DBAPIError: _database,
        OSError: _connection,
        PoolTimeout: _unavailable,
        Exception: _internal,
    }


def answer(request: AnyRequest, problem: Problem) -> Response[bytes]:
    """The response to a problem, with Retry-After where it names seconds."""
    note_of(request.scope).code = problem.code
    headers = {"Cache-Control": "no-store"}
    if "retry_after_s" in problem.extra:
        headers["Retry-After"] = str(problem.extra["retry_after_s"])
    return Response(
        msgspec.json.encode(problem.body() | {"request_id": note_of(request.scope).request_id}),
        status_code=problem.status,
        media_type=CONTENT_TYPE,
        headers=headers,
    )


def _problem(request: AnyRequest, error: Problem) -> Response[bytes]:
    return answer(request, error)


def _too_large(request: AnyRequest, _error: Exception) -> Response[bytes]:
    handler = request.scope["route_handler"]
    limit = handler.resolve_request_max_body_size() if isinstance(handler, HTTPRouteHandler) else None
    return answer(
        request,
        Problem(
            "too_large",
            413,
            "The request is too large",
            detail=f"At most {limit} bytes are taken here. Nothing of it was kept.",
            remedy="Send a smaller picture, or fewer entries at once.",
            limit_bytes=limit,
        ),
    )


def _malformed(request: AnyRequest, error: Exception) -> Response[bytes]:
    detail = error.detail if isinstance(error, HTTPException) else str(error)
    extra = getattr(error, "extra", None)
    fields = [one for one in extra if isinstance(one, dict)] if isinstance(extra, list) else []
    return answer(
        request,
        Problem(
            "malformed",
            422,
            "The request does not have the right shape",
            detail=_without_values(detail),
            remedy="This is an error of the app, not yours. Nothing was changed.",
            fields=[{"field": one.get("key", ""), "says": one.get("message", "")} for one in fields],
        ),
    )


def _too_deep(request: AnyRequest, error: Exception) -> Response[bytes]:
    """A body whose parts lie in one another beyond what a decoder follows; noted, as it may be ours too."""
    log.warning("nested_too_deep", exc_info=error)
    return _malformed(request, ValueError("The body is nested too deep."))


def _without_values(detail: str) -> str:
    return detail.split("\n", 1)[0][:300]


def _not_found(request: AnyRequest, _error: Exception) -> Response[bytes]:
    return answer(request, Problem("not_found", 404, "There is nothing at this address"))


def _no_such_method(request: AnyRequest, _error: Exception) -> Response[bytes]:
    return answer(request, Problem("method_not_allowed", 405, "This address does not take this method"))


def _http(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    if error.status_code >= 500:
        return _internal(request, error)
    # the framework's own words for a body that cannot be read at all
    if isinstance(error, ClientException) and error.status_code == 400:
        return _malformed(request, error)
    return answer(request, Problem("refused", error.status_code, "The request is refused"))


def _database(request: AnyRequest, error: DBAPIError) -> Response[bytes]:
    state = getattr(error.orig, "sqlstate", None) or ""
    lost = error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
    if lost or state.startswith(_PASSING):
        return _unavailable(request, error)
    if state == _NO_TEXT:
        return _malformed(request, ValueError("A text holds the character zero, which cannot be kept."))
    return _internal(request, error)


def _connection(request: AnyRequest, error: OSError) -> Response[bytes]:
    """A server that cannot be reached raises ConnectionError or TimeoutError; other OSErrors are ours."""
    if isinstance(error, (ConnectionError, TimeoutError)):
        return _unavailable(request, error)
    return _internal(request, error)


def _unavailable(request: AnyRequest, error: Exception) -> Response[bytes]:
    log.warning("unavailable", exc_info=error)
    return answer(
        request,
        Problem(
            "try_again",
            503,
            "The server cannot answer at this moment",
            detail="Nothing of the request took effect. What is saved on the phone stays there.",
            remedy="Try again in a few seconds.",
            retry_after_s=3,
        ),
    )


def _internal(request: AnyRequest, error: Exception) -> Response[bytes]:
    log.error("internal_error", exc_info=error)
    return answer(
        request,
        Problem(
            "internal",
            500,
            "Something is wrong at the server",
            detail="What is saved on the phone stays there.",
            remedy="If it happens again, tell your administrator this request's id.",
        ),
    )
