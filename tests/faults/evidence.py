"""What the judge reads of phones: the drivers' ledgers, and dumps of what each phone holds.

Written from the wire contract alone; nothing of the product is imported.
"""

import base64
import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec


@dataclass
class Intent:
    """One command that a person meant to save. `saved`: the screen said so. `at`: its place in the ledger.

    `former`: it was saved before the phone was set up anew; it came by a file, if it had not been sent.
    """

    id: str
    phone: str
    act: dict[str, Any]
    body: dict[str, Any]
    at: int
    type: str = ""
    saved: bool = False
    former: bool = False
    #: it lay in a database that was deleted later
    gone: bool = False


def read_ledger(path: Path, phone: str) -> list[Intent]:
    """The intents of a phone, oldest first. A last line that the kill cut short counts for nothing."""
    intents: dict[str, Intent] = {}
    if not path.exists():
        return []
    for n, line in enumerate(path.read_text().splitlines()):
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if "intend" in told:
            for command, kind, body in zip(told["intend"], told["types"], told["bodies"], strict=True):
                intents[command] = Intent(command, phone, told["act"], body, n, kind)
        for command in told.get("saved", ()):
            intents[command].saved = True
        if "reinstalled" in told:
            for one in intents.values():
                one.former = True
        if "deleted" in told:
            for one in intents.values():
                one.former = one.gone = True
    return list(intents.values())


def resolve(intents: list[Intent], outbox: Iterable[dict[str, Any]]) -> list[Intent]:
    """Names the commands of a browser's intents, which its ledger knows by their words only.

    Returns what its screens saved along with them: the tasks that a visit hands in.
    """
    outbox = list(outbox)
    known = {one["command"]["body"].get("note"): one for one in outbox if "command" in one}
    for intent in intents:
        if not intent.id.startswith("?"):
            continue
        entry = known.get(intent.act["mark"])
        # one that lies nowhere keeps an id that nobody has: if it was saved, it is lost
        intent.id = entry["id"] if entry else str(uuid4())
        intent.body = entry["command"]["body"] if entry else {"id": intent.id}
    marks = {str(one.body.get("id")): one for one in intents}
    along = []
    for one in outbox:
        command = one.get("command")
        if command and command["type"] == "task.submit" and command["body"]["visit_id"] in marks:
            visit = marks[command["body"]["visit_id"]]
            along.append(
                Intent(
                    one["id"], visit.phone, visit.act, command["body"], visit.at, "task.submit", visit.saved
                )
            )
    return along


Row = dict[str, Any]


@dataclass
class Held:
    """What a phone holds. `rows`: by partition's book, kind and id. `revisions`: by book. `keys`: whole keys.
    `strange`: keys of chunks that belong to no partition the phone says it holds."""

    rows: dict[str, dict[str, dict[str, Row]]] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    strange: set[str] = field(default_factory=set)
    shown: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)

    def of(self, kind: str) -> dict[str, Row]:
        """All rows of a kind, whichever partition holds them."""
        found: dict[str, Row] = {}
        for kinds in self.rows.values():
            found |= kinds.get(kind, {})
        return found


def read_dump(dump: dict[str, Any]) -> Held:
    """A phone's dump, its chunks opened and laid over each other."""
    held = Held(shown=dump["shown"], outbox=dump["outbox"])
    generations = {one["key"]: one["gen"] for one in dump["partitions"]}
    for one in dump["partitions"]:
        book = one["key"].rpartition("/")[0]
        held.keys.add(one["key"])
        held.revisions[book] = one["revision"]
        held.rows[book] = {}
    for chunk in sorted(dump["chunks"], key=lambda one: str(one["id"])):
        if generations.get(chunk["key"]) != chunk["gen"]:
            held.strange.add(chunk["key"])
            continue
        groups = msgspec.msgpack.decode(gzip.decompress(base64.b64decode(chunk["packed"])))
        _lay(held.rows[chunk["key"].rpartition("/")[0]], groups)
    return held


def _lay(kinds: dict[str, dict[str, Row]], groups: Iterable[dict[str, Any]]) -> None:
    for group in groups:
        rows = kinds.setdefault(group["kind"], {})
        for row_id, revision, *values in group["rows"]:
            if row_id not in rows or rows[row_id]["revision"] <= revision:
                rows[row_id] = dict(zip(group["fields"], values, strict=True)) | {"revision": revision}
        for row_id, revision, _moved in group["gone"]:
            if row_id in rows and rows[row_id]["revision"] <= revision:
                del rows[row_id]
