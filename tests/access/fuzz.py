"""`./scripts/fuzz`: what the OpenAPI describes, asked well and badly; no answer may be 500 or above.

Every request is signed by an enrolled phone, and its session is renewed where a case has ended it, so that
cases get past the guard. The stream of hints is left out: it never ends.
"""

import argparse
import hashlib
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import msgspec
import requests
import schemathesis
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from schemathesis import Case, GenerationMode, SerializationContext

from backend.kernel.ids import uuid7
from tests.support.web import base64url

NEVER_ENDS = "/api/v1/sync/events"
TIMEOUT_SECONDS = 60
KNOWN_COOKIE = "tiange_known"


class Phone(requests.auth.AuthBase):
    """An enrolled phone. As `requests` asks for it, it signs what is about to go out."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self.url, self.login, self.password = url, login, password
        self.session = requests.Session()
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.installation = str(uuid7())
        self.renew()

    def renew(self) -> None:
        """Signs in and enrols: a new phone where the last one was withdrawn."""
        # as a browser would, it keeps what says that this login was right here before: guesses at logins made
        # from this address then do not slow it down
        known = next((one.value for one in self.session.cookies if one.name == KNOWN_COOKIE), None)
        self.session.cookies.clear()
        if known is not None:
            self.session.cookies.set(KNOWN_COOKIE, known)
        who = {"login": self.login, "password": self.password}
        while True:
            signed_in = self.session.post(f"{self.url}/api/v1/auth/login", json=who, timeout=TIMEOUT_SECONDS)
            if signed_in.status_code != 429:
                break
            # thousands of wrong passwords were tried from here: the bank slows guessing down, as it should
            time.sleep(float(signed_in.headers.get("Retry-After", "1")))
        signed_in.raise_for_status()
        if self._enrol() != 200:
            self.installation = str(uuid7())
            if self._enrol() != 200:
                raise RuntimeError("the phone cannot be enrolled")

    def _enrol(self) -> int:
        numbers = self.key.public_key().public_numbers()
        point = {name: base64url(getattr(numbers, name).to_bytes(32, "big")) for name in ("x", "y")}
        body: dict[str, Any] = {
            "installation_id": self.installation,
            "public_key": {"kty": "EC", "crv": "P-256", **point},
            "label": "fuzz",
            "platform": "test",
            "app_version": "1",
        }
        answer = self.session.post(f"{self.url}/api/v1/devices", json=body, timeout=TIMEOUT_SECONDS)
        return answer.status_code

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the three headers of the contract."""
        body = request.body or b""
        if not isinstance(body, str | bytes):
            raise TypeError("a request that is streamed cannot be signed")
        content = body.encode() if isinstance(body, str) else body
        parts = urlsplit(request.url or "")
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        nonce = base64url(os.urandom(16))
        text = f"{request.method}\n{target}\n{hashlib.sha256(content).hexdigest()}\n{nonce}"
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        request.headers["Tiange-Installation"] = self.installation
        request.headers["Tiange-Nonce"] = nonce
        request.headers["Tiange-Signature"] = base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return request


@dataclass
class Report:
    """What was answered. `faults`: a description of each request that broke something."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """How many requests were answered."""
        return self.statuses.total()


def packed(_context: SerializationContext, value: Any) -> bytes:
    """MessagePack for schemathesis; what has no such form goes as the bytes of its text."""
    try:
        return msgspec.msgpack.encode(value)
    except (TypeError, OverflowError, UnicodeEncodeError, msgspec.MsgspecError):
        return repr(value).encode("utf-8", "replace")


def fuzz(url: str, login: str, password: str, *, cases: int, seed: int, only: str = "") -> Report:
    """Asks about `cases` questions, evenly over endpoints, half of them well formed."""
    schemathesis.serializer("application/x-msgpack", "application/vnd.msgpack", "application/msgpack")(packed)
    schemathesis.serializer("application/octet-stream")(packed)
    phone, report = Phone(url, login, password), Report()
    schema = schemathesis.openapi.from_url(
        f"{url}/api/v1/schema/openapi.json", cookies=phone.session.cookies.get_dict()
    )
    chosen = [one for one in _operations(schema) if only in one.label]
    each = max(1, cases // (2 * len(chosen)))
    for operation in chosen:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _ask(operation.as_strategy(generation_mode=mode), phone, report, each, seed, operation.label)
    return report


def _operations(schema: Any) -> Iterator[Any]:
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path != NEVER_ENDS:
            yield operation


def _ask(strategy: Any, phone: Phone, report: Report, cases: int, seed: int, label: str) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=strategy)
    def ask(case: Case[Any]) -> None:
        response = case.call(session=phone.session, auth=phone, timeout=TIMEOUT_SECONDS)
        report.statuses[response.status_code] += 1
        if response.status_code >= 500:
            question = f"{response.status_code} {label}\n{case.as_curl_command()}"
            report.faults.append(f"{question}\n{response.text[:400]}")
        if response.status_code == 401 or label.endswith(("/logout", "/revoke")):
            phone.renew()

    try:
        ask()
    except hypothesis.errors.Unsatisfiable:
        # an endpoint that takes nothing cannot be asked badly
        return


def main() -> int:
    """Starts a bank, asks it, and says what it answered."""
    from scripts.benches.support.bank import bench_bank

    parser = argparse.ArgumentParser(prog="./scripts/fuzz")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--only", default="", help="endpoints whose name has this in it")
    asked = parser.parse_args()
    with bench_bank("--households", "100") as bank:
        print(f"seed {asked.seed}", flush=True)
        report = fuzz(
            bank.url, bank.login, bank.password, cases=asked.cases, seed=asked.seed, only=asked.only
        )
    for fault in report.faults[:20]:
        print(fault)
    told = ", ".join(f"{status}: {count}" for status, count in sorted(report.statuses.items()))
    print(f"{report.cases} cases, {len(report.faults)} answers of 500 and above ({told})")
    return 1 if report.faults or not report.cases else 0


if __name__ == "__main__":
    sys.exit(main())
