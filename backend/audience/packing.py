"""Everybody's tags, codes and figures, packed for counting in memory. No database, no names of people.

Every tag and every code is a bitmap with one bit a customer. Customers lie in blocks of one branch and grid
each, so that an area is a set of blocks. Some 90 bytes a customer (bench `audience`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from backend.audience.rules import Scope
from backend.audience.tree import (
    KINDS,
    Between,
    Bit,
    Contains,
    Every,
    Figure,
    Kept,
    Lacks,
    Node,
    OneOf,
    Some,
    Vocabulary,
    Within,
)

Bitmap = NDArray[np.uint64]
Rows = NDArray[Any]

#: customers of a block: a few hundred, as a grid's last block stands half empty
BLOCK = 256
_WORDS = BLOCK // 64
_FULL = np.uint64(2**64 - 1)
#: a figure that is not known
UNKNOWN = -(2**62)
FIGURES: tuple[Figure, ...] = ("limit_fen", "rate_bp", "score", "visited_at")
CODES = ("tier", "stage", "grade", "kind")
#: how a name begins, as a number that orders as the text does: its first eight letters
SPELT = "spelt"
#: of more customers whose names begin alike, or who are asked for at once, the database puts in order itself
MOST_IN_ORDER = 20_000
#: an id that is none, as rows hold it
NOBODY = UUID(int=0)
#: figures of 32 bits: basis points and points; an unknown one is the least
_SMALL = frozenset({"rate_bp", "score"})
_LEAST_SMALL = -(2**31)

Place = tuple[UUID, UUID]


def row_type(words: int) -> "np.dtype[Any]":
    """A customer as read: ids as 16 bytes (NOBODY for none), figures (UNKNOWN for none), how the name is
    spelt, codes as their place in the vocabulary counted from 1 (0 for none), and the tag words."""
    ids = [(name, "V16") for name in ("id", "branch_id", "grid_id", "owner_id")]
    figures = [(name, "<i8") for name in FIGURES]
    codes = [(name, "<i4") for name in CODES]
    return np.dtype([*ids, *figures, (SPELT, "<u8"), *codes, ("words", "<u8", (words,))])


@dataclass(slots=True)
class _Lane:
    """A place's slots that are free: those that customers left, and the rest of its last block."""

    left: list[int] = field(default_factory=list)
    next: int = 0
    end: int = 0


class Full(Exception):
    """There is no room for another customer: everything is to be packed anew."""


class Packed:
    """Packed customers. Not for two threads at once."""

    def __init__(self, rows: Rows, words: Vocabulary) -> None:
        """Packs `rows` (of `row_type`), each customer once."""
        self._codes = {**{name: words.codes[name] for name in CODES if name != "kind"}, "kind": KINDS}
        self._tags = 64 * rows.dtype["words"].shape[0]
        self._first: dict[str, int] = {}
        planes = self._tags
        for name in CODES:
            self._first[name] = planes
            planes += len(self._codes[name])
        self._alive = planes
        self._places: dict[Place, int] = {}
        self._owners: dict[UUID, int] = {}
        self._lanes: list[_Lane] = []
        self._news: dict[UUID, int] = {}
        self._lay(rows, planes + 1)

    def _lay(self, rows: Rows, planes: int) -> None:
        places, in_place = _told_apart(rows, ("branch_id", "grid_id"))
        sizes = np.bincount(in_place, minlength=len(places))
        blocks = -(-sizes // BLOCK)
        begins = np.concatenate(([0], np.cumsum(blocks)))
        self._used = int(begins[-1])
        capacity = self._used + max(16, self._used // 10)
        self._block_place = np.full(capacity, -1, np.int32)
        self._block_place[: self._used] = np.repeat(np.arange(len(places), dtype=np.int32), blocks)
        order = np.argsort(in_place, kind="stable")
        ranks = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        slots = (begins[in_place[order]] * BLOCK + ranks).astype(np.int32)
        for (branch_id, grid_id), begin, size, many in zip(places, begins, sizes, blocks, strict=False):
            self._places[branch_id, grid_id] = len(self._lanes)
            first = int(begin) * BLOCK
            self._lanes.append(_Lane(next=first + int(size), end=first + int(many) * BLOCK))
        owners, of_owner = _told_apart(rows, ("owner_id",))
        self._owners = {owner: code for code, (owner,) in enumerate(owners)}
        self._owner = np.full(capacity * BLOCK, -1, np.int32)
        self._owner[slots] = of_owner[order]
        self._spelt = np.zeros(capacity * BLOCK, np.uint64)
        self._spelt[slots] = rows[SPELT][order]
        self._figures: dict[str, NDArray[Any]] = {}
        for name in FIGURES:
            values = rows[name][order]
            if name in _SMALL:
                values = np.where(values == UNKNOWN, _LEAST_SMALL, values).astype(np.int32)
            column = np.full(capacity * BLOCK, _LEAST_SMALL if name in _SMALL else UNKNOWN, values.dtype)
            column[slots] = values
            self._figures[name] = column
        self._planes = np.zeros((planes, capacity * _WORDS), np.uint64)
        flags = np.zeros(capacity * BLOCK, bool)
        for word in range(self._tags // 64):
            column = rows["words"][:, word][order]
            for bit in range(64):
                flags[slots] = (column >> np.uint64(bit)) & np.uint64(1)
                self._planes[word * 64 + bit] = _bits(flags)
        for kind in CODES:
            codes = rows[kind][order]
            for code in range(len(self._codes[kind])):
                flags[slots] = codes == code + 1
                self._planes[self._first[kind] + code] = _bits(flags)
        flags[slots] = True
        self._planes[self._alive] = _bits(flags)
        # who is where: by the first half of the id, which tells nearly all apart; the rest is compared
        by_half = np.argsort(_halves(rows["id"])[:, 0], kind="stable")
        halves = _halves(rows["id"][by_half])
        self._half, self._rest = (np.ascontiguousarray(halves[:, which]) for which in (0, 1))
        at = np.empty(len(rows), np.int32)
        at[order] = slots
        self._slots = at[by_half]

    @property
    def bytes(self) -> int:
        """What the columns take."""
        columns: list[NDArray[Any]] = [*self._figures.values(), self._planes, self._owner, self._spelt]
        columns.append(self._block_place)
        return sum(one.nbytes for one in (*columns, self._half, self._rest, self._slots))

    def count(self, node: Node, scope: Scope) -> int:
        """How many customers of `scope` meet the choice."""
        return int(np.bitwise_count(self._meet(node, scope)).sum())

    def first(self, node: Node, scope: Scope, after: UUID | None, most: int) -> list[UUID] | None:
        """Those who meet the choice, among whom the `most` first behind `after` are, by name: more of them
        where names begin alike. None where `after` is not held, or that comes to too many."""
        slots = np.flatnonzero(np.unpackbits(self._meet(node, scope).view(np.uint8), bitorder="little"))
        spelt = self._spelt[slots]
        least = np.uint64(0)
        behind = np.ones(len(slots), bool)
        if after is not None:
            at = self._slot_of(after)
            if at is None:
                return None
            least = self._spelt[at]
            behind = spelt > least
        candidates = spelt >= least
        if int(behind.sum()) > most:
            candidates &= spelt <= np.partition(spelt[behind], most - 1)[most - 1]
        return self._ids_at(slots[candidates]) if int(candidates.sum()) <= MOST_IN_ORDER else None

    def _meet(self, node: Node, scope: Scope) -> Bitmap:
        found: Bitmap = self._of(node) & self._in_scope(scope) & self._planes[self._alive]
        return found

    def _ids_at(self, slots: "NDArray[np.int64]") -> list[UUID]:
        meant = np.zeros(len(self._spelt), bool)
        meant[slots] = True
        found = [one for one, slot in self._news.items() if slot >= 0 and meant[slot]]
        for at in np.flatnonzero(meant[self._slots]):
            one = UUID(bytes=self._half[at].tobytes() + self._rest[at].tobytes())
            # who went elsewhere, or is none any more: another may stand there now
            if one not in self._news:
                found.append(one)
        return found

    def put(self, rows: Rows) -> None:
        """Customers as they are now. Raises Full."""
        for row in rows:
            customer_id = UUID(bytes=bytes(row["id"]))
            place = UUID(bytes=bytes(row["branch_id"])), UUID(bytes=bytes(row["grid_id"]))
            slot = self._slot_of(customer_id)
            if slot is None or self._block_place[slot // BLOCK] != self._places.get(place, -2):
                if slot is not None:
                    self._leave(customer_id, slot)
                slot = self._enter(customer_id, place)
            self._write(slot, row)

    def drop(self, ids: Iterable[UUID]) -> None:
        """Customers who are none any more; those that were none are passed over."""
        for customer_id in ids:
            slot = self._slot_of(customer_id)
            if slot is not None:
                self._leave(customer_id, slot)

    def _write(self, slot: int, row: Any) -> None:
        word, bit = divmod(slot, 64)
        flags = np.zeros(len(self._planes), np.uint64)
        held = np.ascontiguousarray(row["words"]).view(np.uint8)
        flags[: self._tags] = np.unpackbits(held, bitorder="little")
        for name in CODES:
            if row[name]:
                flags[self._first[name] + int(row[name]) - 1] = 1
        flags[self._alive] = 1
        at = np.uint64(bit)
        self._planes[:, word] = (self._planes[:, word] & ~(np.uint64(1) << at)) | (flags << at)
        for name, column in self._figures.items():
            value = int(row[name])
            column[slot] = _LEAST_SMALL if name in _SMALL and value == UNKNOWN else value
        self._spelt[slot] = row[SPELT]
        owner = UUID(bytes=bytes(row["owner_id"]))
        self._owner[slot] = self._owners.setdefault(owner, len(self._owners))

    def _slot_of(self, customer_id: UUID) -> int | None:
        if customer_id in self._news:
            slot = self._news[customer_id]
            return None if slot < 0 else slot
        half, rest = np.frombuffer(customer_id.bytes, "<u8")
        at = int(np.searchsorted(self._half, half))
        while at < len(self._half) and self._half[at] == half:
            if self._rest[at] == rest:
                return int(self._slots[at])
            at += 1
        return None

    def _leave(self, customer_id: UUID, slot: int) -> None:
        word, bit = divmod(slot, 64)
        self._planes[:, word] &= ~(np.uint64(1) << np.uint64(bit))
        self._lanes[self._block_place[slot // BLOCK]].left.append(slot)
        self._news[customer_id] = -1

    def _enter(self, customer_id: UUID, place: Place) -> int:
        if place not in self._places:
            self._places[place] = len(self._lanes)
            self._lanes.append(_Lane())
        lane = self._lanes[self._places[place]]
        if not lane.left and lane.next == lane.end:
            if self._used == len(self._block_place):
                raise Full
            self._block_place[self._used] = self._places[place]
            lane.next, lane.end = self._used * BLOCK, (self._used + 1) * BLOCK
            self._used += 1
        if lane.left:
            slot = lane.left.pop()
        else:
            slot, lane.next = lane.next, lane.next + 1
        self._news[customer_id] = slot
        return slot

    def _of(self, node: Node) -> Bitmap:
        match node:
            case Every(of):
                return self._together(np.bitwise_and, of, _FULL)
            case Some(of):
                return self._together(np.bitwise_or, of, np.uint64(0))
            case Lacks(of):
                return ~self._of(of)
            case Bit(position):
                return self._planes[position] if position < self._tags else self._constant(np.uint64(0))
            case OneOf(column, codes):
                known = self._codes[column]
                found = self._constant(np.uint64(0))
                for code in codes:
                    found |= self._planes[self._first[column] + known.index(code)]
                return found
            case Between(column, least, most):
                return self._between(column, least, most)
            case Within("owner_id", ids):
                return self._owned_by(ids)
            case Within(column, ids):
                at: Literal[0, 1] = 0 if column == "branch_id" else 1
                return self._blocks(lambda place: place[at] in ids and place[at] != NOBODY)
            case Contains() | Kept():
                raise ValueError("neither names nor kept groups are packed: the database is asked for them")

    def _together(self, operation: "np.ufunc", of: Sequence[Node], neutral: np.uint64) -> Bitmap:
        found = self._constant(neutral)
        for one in of:
            operation(found, self._of(one), out=found)
        return found

    def _constant(self, word: np.uint64) -> Bitmap:
        return np.full(self._planes.shape[1], word, np.uint64)

    def _between(self, column: Figure, least: int | None, most: int | None) -> Bitmap:
        values = self._figures[column]
        unknown = _LEAST_SMALL if column in _SMALL else UNKNOWN
        highest = np.iinfo(values.dtype).max
        if (least is not None and least > highest) or (most is not None and most <= unknown):
            return self._constant(np.uint64(0))
        held = values >= max(unknown + 1, unknown + 1 if least is None else least)
        if most is not None and most < highest:
            held &= values <= most
        return _bits(held)

    def _owned_by(self, ids: Iterable[UUID]) -> Bitmap:
        wanted = np.zeros(len(self._owners) + 1, bool)
        for owner in ids:
            if owner in self._owners and owner != NOBODY:
                wanted[self._owners[owner]] = True
        # a slot without anybody holds -1: the last, which nobody is
        return _bits(wanted[self._owner])

    def _blocks(self, is_meant: Callable[[Place], bool]) -> Bitmap:
        meant = np.zeros(len(self._lanes) + 1, np.uint64)
        for place, code in self._places.items():
            if is_meant(place):
                meant[code] = _FULL
        return np.repeat(meant[self._block_place], _WORDS)

    def _in_scope(self, scope: Scope) -> Bitmap:
        if scope.everybody:
            return self._constant(_FULL)
        found = self._blocks(lambda place: place[0] in scope.branches or place[1] in scope.grids)
        if scope.owner is not None:
            found |= self._owned_by([scope.owner])
        return found


def _bits(flags: "NDArray[np.bool_]") -> Bitmap:
    return np.packbits(flags, bitorder="little").view("<u8")


def _halves(ids: Rows) -> "NDArray[np.uint64]":
    return np.ascontiguousarray(ids).view("<u8").reshape(-1, 2)


def _told_apart(rows: Rows, names: Sequence[str]) -> "tuple[list[tuple[UUID, ...]], NDArray[np.int64]]":
    """The different combinations of ids, and which one each row has."""
    if not len(rows):
        return [], np.zeros(0, np.int64)
    columns = np.stack([half for name in names for half in _halves(rows[name]).T])
    mixed = np.zeros(len(rows), np.uint64)
    for number, column in enumerate(columns):
        # an odd factor for each half: what differs stays apart, and that is looked at below
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + (column ^ (column >> np.uint64(29 + number)))
    _, first, which = np.unique(mixed, return_index=True, return_inverse=True)
    if not (columns == columns[:, first][:, which]).all():
        _, first, which = np.unique(columns, axis=1, return_index=True, return_inverse=True)
    found = [tuple(UUID(bytes=bytes(rows[name][at])) for name in names) for at in first]
    return found, which.reshape(-1).astype(np.int64)


def code_numbers(words: Vocabulary) -> Mapping[str, Sequence[str]]:
    """The codes of each column in the order in which rows number them, from 1."""
    return {**{name: words.codes[name] for name in CODES if name != "kind"}, "kind": KINDS}
