"""A draft's files as changes upon a base: laid over, compared, taken along to a newer base. Pure.

An overlay says for each changed path its text, or None where the file is removed.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from backend.strategy.documents import CatalogueError, Document, Part, Problem, parse

Files = Mapping[str, str]
Overlay = Mapping[str, str | None]

#: keys of a file, in the order in which changes are shown, with the key that names a definition
SECTIONS: Mapping[str, str] = {
    "choices": "name",
    "amounts": "name",
    "scorecards": "name",
    "reasons": "code",
    "tags": "name",
    "events": "name",
    "products": "name",
    "packages": "name",
    "plans": "name",
    "features": "name",
    "frozen": "name",
    "figures": "name",
    "dimensions": "name",
    "event_dimensions": "name",
    "product_families": "name",
    "product_tags": "name",
    "sources": "name",
    "pending": "name",
}


def laid_over(base: Files, overlay: Overlay) -> dict[str, str]:
    """The files of a draft."""
    files = dict(base) | {path: text for path, text in overlay.items() if text is not None}
    return {path: text for path, text in sorted(files.items()) if overlay.get(path, "") is not None}


def overlay_between(base: Files, wanted: Files) -> dict[str, str | None]:
    """What makes `wanted` of `base`."""
    return {
        path: wanted.get(path)
        for path in sorted(base.keys() | wanted.keys())
        if base.get(path) != wanted.get(path)
    }


def taken_along(old: Files, new: Files, overlay: Overlay) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """A draft's changes of `old` as changes of `new`, and the files that both changed, otherwise: there the
    draft's text stays."""
    moved = {path: text for path, text in overlay.items() if new.get(path) != text}
    both = tuple(path for path in moved if old.get(path) != new.get(path))
    return moved, both


def change_of(before: str | None, after: str | None) -> str:
    """none, added, removed or changed."""
    if before == after:
        return "none"
    return "added" if before is None else "removed" if after is None else "changed"


def file_diff(path: str, before: str | None, after: str | None) -> str:
    """As `diff -u`."""
    lines = difflib.unified_diff(
        (before or "").splitlines(), (after or "").splitlines(), f"a/{path}", f"b/{path}", lineterm=""
    )
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition in a file: its data, text and first line."""

    kind: str
    name: str
    path: str
    line: int
    data: Mapping[str, Any]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A definition before and after; at least one is there, and they differ."""

    before: Definition | None
    after: Definition | None

    @property
    def shown(self) -> Definition:
        """The later one."""
        found = self.after or self.before
        assert found is not None
        return found

    def lines(self) -> list[tuple[str, str]]:
        """(sign, text) of every line of both."""
        before = self.before.lines if self.before else ()
        after = self.after.lines if self.after else ()
        return [(line[0], line[2:]) for line in difflib.ndiff(before, after) if line[0] != "?"]


#: by kind and name
Definitions = Mapping[tuple[str, str], Definition]


def definitions(files: Files) -> tuple[dict[tuple[str, str], Definition], list[Problem]]:
    """All definitions by kind and name, of the files that can be read, and what is wrong with the others."""
    found: dict[tuple[str, str], Definition] = {}
    problems: list[Problem] = []
    for path, text in files.items():
        try:
            document = parse(path, text)
        except CatalogueError as error:
            problems += error.problems
            continue
        for one in _of_document(document, text.splitlines()):
            found[one.kind, one.name] = one
    return found, problems


def _of_document(document: Document, lines: list[str]) -> Iterator[Definition]:
    if not isinstance(document.data, dict):
        return
    starts = sorted({line for place, line in document.lines.items() if len(place) in (1, 2)})
    for kind, key in SECTIONS.items():
        section = document.data.get(kind)
        for place, data in enumerate(section if isinstance(section, list) else ()):
            if not isinstance(data, dict) or key not in data:
                continue
            first = document.line((kind, place))
            last = next((line for line in starts if line > first), len(lines) + 1)
            name = Part(document, (kind, place)).text(key)
            text = tuple(line for line in lines[first - 1 : last - 1] if line.strip())
            yield Definition(kind, name, document.file, first, data, text)


def changed_rules(base: Files, draft: Files) -> tuple[list[RuleChange], list[Problem]]:
    """The definitions that say something else, wherever they stand, those that decide most first."""
    before, _ = definitions(base)
    after, problems = definitions(draft)
    return between(before, after), problems


def between(before: Definitions, after: Definitions) -> list[RuleChange]:
    """The definitions of both that say something else, those that decide most first."""
    changes = [
        RuleChange(before.get(key), after.get(key))
        for key in before.keys() | after.keys()
        if _data(before.get(key)) != _data(after.get(key))
    ]
    order = list(SECTIONS)
    return sorted(changes, key=lambda one: (order.index(one.shown.kind), one.shown.name))


def _data(one: Definition | None) -> Mapping[str, Any] | None:
    return None if one is None else one.data
