"""The page: what people saved on which phone, what each was answered first, and what must be true of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.field_phone import FieldPhone, Sent

#: answers that stand for ever and have an effect
TAKEN = frozenset({"applied", "merged", "suggested"})
TASK_MOVES = {
    "task.submit": "submit",
    "task.withdraw": "withdraw",
    "task.approve": "approve",
    "task.return": "return",
}
ASSETS = frozenset({"record.put", "record.remove"})

Receipt = dict[str, Any]


@dataclass
class Entry:
    """A command on the page. `receipts`: what was said of each of its forms (it is sealed anew for another
    place), by hash."""

    id: str
    login: str
    type: str
    body: dict[str, Any]
    first: Receipt | None = None
    settled: bool = False
    receipts: dict[str, str] = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        """Whether it has no lasting answer."""
        return self.first is None or self.first["result"] == "held"


@dataclass
class Handset:
    """A phone with what it keeps. `lost`: entries that its storage lost before they were sent."""

    login: str
    phone: FieldPhone
    sent: dict[str, Sent] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    conflicted: bool = False
    #: in which of the model's months it signed in
    month: int = 0

    def keep(self, sent: Sent) -> None:
        """It saved this."""
        self.sent[str(sent.id)] = sent

    @property
    def kept(self) -> list[Sent]:
        """What it still has, in the stream's order."""
        return [one for key, one in self.sent.items() if key not in self.lost]

    def ranges(self) -> list[dict[str, int]]:
        """The places whose entries it lost, as it says so to the bank."""
        found: list[dict[str, int]] = []
        for seq in sorted(self.sent[key].seq for key in self.lost):
            if found and found[-1]["last"] == seq - 1:
                found[-1]["last"] = seq
            else:
                found.append({"first": seq, "last": seq})
        return found


@dataclass
class Page:
    """Everything that was saved, and its effects as far as the bank said that it took them."""

    entries: dict[str, Entry] = field(default_factory=dict)
    #: households that somebody made, in order, whatever the bank said of it
    households: list[str] = field(default_factory=list)
    things: list[tuple[str, str]] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    # effects
    visits: list[str] = field(default_factory=list)
    active: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    records: dict[str, bool] = field(default_factory=dict)
    record_commands: set[str] = field(default_factory=set)
    task_moves: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, handset: Handset, sent: Sent, kind: str, body: dict[str, Any]) -> Entry:
        """Somebody saved something."""
        handset.keep(sent)
        entry = Entry(str(sent.id), handset.login, kind, body)
        self.entries[entry.id] = entry
        if kind == "customer.create":
            self.households.append(body["id"])
            self.members[body["id"]] = [one["id"] for one in body["members"]]
        if kind == "customer.split":
            self.households.append(body["id"])
            self.members[body["id"]] = list(body["member_ids"])
        if kind == "record.put":
            self.things.append((body["id"], body["customer_id"]))
        return entry

    def waiting(self, handset: Handset) -> list[Sent]:
        """What a phone has to send."""
        return [one for one in handset.kept if self.entries[str(one.id)].waits]

    def hear(self, handset: Handset, receipts: list[Receipt]) -> None:
        """A lasting answer never changes; what is `repeated` is what was said first, with the same effect."""
        for receipt in receipts:
            entry, sent = self.entries[receipt["id"]], handset.sent[receipt["id"]]
            assert receipt["hash"] == sent.hash, receipt
            assert receipt.get("code") not in ("internal", "malformed", "hash_mismatch"), (entry, receipt)
            if "receipt" not in receipt:
                assert receipt["code"] in ("gap", "stream_conflict"), receipt
                handset.conflicted |= receipt["code"] == "stream_conflict"
                continue
            result = receipt.get("was", receipt["result"])
            if not entry.waits:
                assert entry.first is not None
                assert (receipt["result"], result) == ("repeated", entry.first["result"]), (entry, receipt)
                said = entry.receipts.setdefault(sent.hash, receipt["receipt"])
                assert receipt["receipt"] == said, (entry, receipt)
                continue
            entry.settled |= bool(receipt.get("settled"))
            entry.first = receipt | {"result": result}
            if result == "held":
                continue
            assert receipt["result"] != "repeated" or entry.settled, (
                f"told before, and not to this phone: {receipt}"
            )
            entry.receipts = {sent.hash: receipt["receipt"]}
            if result in ("applied", "merged"):
                self.take(entry.type, entry.body, entry.id, result, receipt.get("lost") or ())

    def take(
        self, kind: str, body: dict[str, Any], command: str, result: str, lost: Sequence[str] = ()
    ) -> None:
        """The bank says that this took effect, but for the fields in `lost`."""
        if kind == "visit.log":
            self.visits.append(body["id"])
        elif kind == "customer.create":
            self.active.add(body["id"])
            self.people |= {one["id"] for one in body["members"]}
        elif kind == "customer.split":
            self.active.add(body["id"])
        elif kind == "customer.merge":
            self.active.discard(body["customer_id"])
        elif kind == "customer.unmerge":
            self.active.add(body["customer_id"])
        elif kind in ASSETS:
            if "removed" not in lost:
                self.records[body["id"]] = kind == "record.put"
            self.record_commands.add(command)
        elif kind in TASK_MOVES and result == "applied":
            self.task_moves[body["task_id"], TASK_MOVES[kind]] += 1
        elif kind == "suggestion.accept":
            meant = self.entries[body["suggestion_id"]]
            self.take(meant.type, meant.body, meant.id, result, lost)

    def refused(self, n: int) -> Entry | None:
        """One of those that a person may mend or discard."""
        found = [
            one
            for one in self.entries.values()
            if one.first is not None and one.first["result"] in ("rejected", "held") and not one.settled
        ]
        return found[n % len(found)] if found else None

    def household(self, n: int) -> str:
        """One of the households."""
        return self.households[n % len(self.households)]
