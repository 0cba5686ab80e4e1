"""Where reminders may go, and when."""

from datetime import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from backend.kernel.crypto import public_raw
from backend.kernel.settings import PUSH_HOSTS
from backend.notify.rules import endpoint_allowed, is_quiet, keys_valid
from tests.support.push_service import encode


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def_-",
        "https://fcm.googleapis.com:443/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYAAA%2b",
        "https://web.push.apple.com/QGuQ",
    ],
)
def test_known_push_services_are_allowed(endpoint: str) -> None:
    assert endpoint_allowed(endpoint, PUSH_HOSTS)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/abc",  # not encrypted
        "https://push.example/abc",
        "https://fcm.googleapis.com.evil.example/abc",
        "https://evilfcm.googleapis.com/abc",
        "https://notify.windows.com/w/",  # the bare suffix
        "https://evilnotify.windows.com/w/",
        "https://user@fcm.googleapis.com/abc",
        "https://fcm.googleapis.com@evil.example/abc",
        "https://fcm.googleapis.com:8443/abc",
        "https://127.0.0.1/abc",
        "https://[::1]/abc",
        "https://2130706433/abc",
        "https://evil.example\\@fcm.googleapis.com/abc",
        "https://fcm.googleapis.com\t.evil.example/abc",
        "https://fcm.googleapis.com./abc",
        "https://fcm.googleapis.com#@evil.example/",
        "//fcm.googleapis.com/abc",
        "file:///etc/passwd",
        "https:///abc",
        "https://fcm.googleapis.com:port/abc",
        "",
    ],
)
def test_everything_else_is_refused(endpoint: str) -> None:
    assert not endpoint_allowed(endpoint, PUSH_HOSTS)


def test_addresses_stay_refused_even_where_a_bank_lists_them() -> None:
    assert not endpoint_allowed("https://10.0.0.7/abc", ("10.0.0.7",))


def test_a_test_service_is_allowed_by_its_very_host_and_port() -> None:
    hosts = ("127.0.0.1:4001",)
    assert endpoint_allowed("http://127.0.0.1:4001/push/1", (), hosts)
    for other in ("http://127.0.0.1:4002/push/1", "http://127.0.0.1/push/1", "http://x@127.0.0.1:4001/1"):
        assert not endpoint_allowed(other, (), hosts)


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        (time(20, 59, 59), False),
        (time(21, 0), True),
        (time(23, 59), True),
        (time(0, 0), True),
        (time(6, 59, 59), True),
        (time(7, 0), False),
        (time(12, 0), False),
    ],
)
def test_quiet_hours_go_over_midnight(at: time, quiet: bool) -> None:
    assert is_quiet(at, time(21), time(7)) is quiet


def test_quiet_hours_within_a_day() -> None:
    assert is_quiet(time(13), time(12), time(14))
    assert not is_quiet(time(14), time(12), time(14))
    assert not is_quiet(time(3), time(0), time(0))


def test_keys_must_be_a_point_and_sixteen_bytes() -> None:
    point = encode(public_raw(ec.generate_private_key(ec.SECP256R1()).public_key()))
    assert keys_valid(point, encode(bytes(16)))
    assert not keys_valid(point, encode(bytes(15)))
    assert not keys_valid(encode(b"\x04" + bytes(64)), encode(bytes(16)))
    assert not keys_valid("?", encode(bytes(16)))
    assert not keys_valid(point, "?")
