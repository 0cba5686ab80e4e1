"""The database: one declarative base, one engine per database role."""

import socket
import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Double,
    LargeBinary,
    MetaData,
    String,
    Text,
    Uuid,
    bindparam,
    cast,
    event,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables. Money columns end in `_fen`, rates in `_bp`, lengths in `_m`, areas in `_m2`; times are
    UTC."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        int: BigInteger(),
        float: Double(),
        bytes: LargeBinary(),
        uuid.UUID: Uuid(),
        date: Date(),
        datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
        list[str]: ARRAY(Text()),
        list[int]: ARRAY(BigInteger()),
        list[uuid.UUID]: ARRAY(Uuid()),
    }


#: for PostgreSQL to take a new connection
CONNECT_SECONDS = 10
#: after so long without a word a connection's other end is taken for gone, as where its machine lost power or
#: a firewall forgot it: otherwise a job would wait a quarter of an hour for an answer
MUTE_SECONDS = 20

#: PostgreSQL: serialization failure, deadlock, lock not available. The same work may get through next time
PASSING = frozenset({"40001", "40P01", "55P03"})


def is_passing(error: DBAPIError) -> bool:
    """Whether a transaction failed only because of what others did at the same moment."""
    return getattr(error.orig, "sqlstate", None) in PASSING


def among(
    column: ColumnElement[uuid.UUID] | InstrumentedAttribute[uuid.UUID], ids: Iterable[uuid.UUID | str]
) -> ColumnElement[bool]:
    """The column is one of `ids`: one parameter however many there are, so the statement is prepared once."""
    return column == func.any(cast(bindparam(None, list(map(str, ids)), ARRAY(String)), ARRAY(Uuid)))


def encode_json(value: Any) -> str:
    """JSON as it goes into jsonb columns."""
    return msgspec.json.encode(value).decode()


def make_engine(url: str, *, zone: str, pool_size: int = 8, application: str = "tiange") -> AsyncEngine:
    """An engine for one role. `zone`: the bank's, so that a view that makes a day of an instant tells the
    bank's day.

    Connections are not tested before use, which would cost more than most uses: `uow` takes another one
    where a connection turns out to have died while it lay idle.
    """
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        # an error's text then quotes no values, wherever it is printed
        hide_parameters=True,
        json_serializer=encode_json,
        json_deserializer=msgspec.json.decode,
        connect_args={
            "timeout": CONNECT_SECONDS,
            "server_settings": {
                "application_name": application,
                "timezone": zone,
                # the same from the other end: what a process that is gone had locked is free again
                "tcp_keepalives_idle": str(max(1, MUTE_SECONDS // 2)),
                "tcp_keepalives_interval": str(max(1, MUTE_SECONDS // 4)),
                "tcp_keepalives_count": "2",
                "tcp_user_timeout": str(MUTE_SECONDS * 1000),
            },
        },
    )
    event.listen(engine.sync_engine, "connect", _notice_silence)
    return engine


def _notice_silence(connection: Any, _record: Any) -> None:
    """Lets the system look whether the other end is there: what fails then is any other lost connection."""
    end = connection.driver_connection._transport.get_extra_info("socket")  # noqa: SLF001 - no other way
    if end.family == getattr(socket, "AF_UNIX", None):
        return
    # uvloop's stand-in for a socket takes no options, the socket under it does
    with socket.fromfd(end.fileno(), end.family, end.type) as real:
        real.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # not every system has all of them
        for name, value in {
            "TCP_KEEPIDLE": max(1, MUTE_SECONDS // 2),
            "TCP_KEEPINTVL": max(1, MUTE_SECONDS // 4),
            "TCP_KEEPCNT": 2,
            "TCP_USER_TIMEOUT": MUTE_SECONDS * 1000,
        }.items():
            if option := getattr(socket, name, None):
                real.setsockopt(socket.IPPROTO_TCP, option, value)
