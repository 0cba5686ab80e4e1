"""Catalogues loaded and compiled once per process, and kept by digest: what a digest names cannot change."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache, cached_property
from threading import Lock

from backend.strategy.compiler import Compiled, compile_catalogue
from backend.strategy.definitions import Catalogue
from backend.strategy.documents import shipped_files
from backend.strategy.loader import digest, load
from backend.strategy.phone import PhoneRules, phone_rules

#: editions a process keeps: the one in force, the one before it, and two that somebody works at
KEPT = 4


class Edition:
    """One state of a catalogue's files, loaded and compiled at first need; a second or two for each."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = dict(files)
        self.digest = digest(files)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Raises CatalogueError."""
        return load(self.files)

    @cached_property
    def statements(self) -> Compiled:
        """Raises CatalogueError."""
        return compile_catalogue(self.catalogue)

    @cached_property
    def phone_rules(self) -> PhoneRules:
        """Its rules as phones get them. Raises CatalogueError."""
        return phone_rules(self.catalogue)

    async def loaded(self) -> Catalogue:
        """`catalogue`, worked at in a thread."""
        return await asyncio.to_thread(lambda: self.catalogue)

    async def for_phones(self) -> PhoneRules:
        """`phone_rules`, worked at in a thread."""
        return await asyncio.to_thread(lambda: self.phone_rules)

    async def compiled(self) -> Compiled:
        """`statements`, worked at in a thread."""
        return await asyncio.to_thread(lambda: self.statements)


class Shelf:
    """The editions used last, by digest."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[str, Edition] = OrderedDict()
        self._lock = Lock()

    def find(self, digest_: str) -> Edition | None:
        """The edition of that digest, if it is kept."""
        with self._lock:
            if digest_ in self._kept:
                self._kept.move_to_end(digest_)
            return self._kept.get(digest_)

    def put(self, edition: Edition) -> Edition:
        """Keeps an edition, unless an equal one is there, which then is the answer."""
        with self._lock:
            edition = self._kept.setdefault(edition.digest, edition)
            self._kept.move_to_end(edition.digest)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return edition


@cache
def shelf() -> Shelf:
    """This process's."""
    return Shelf()


@cache
def shipped() -> Edition:
    """The catalogue that ships with this program."""
    return Edition(shipped_files())


def shipped_catalogue() -> Catalogue:
    """The catalogue that ships, loaded. Raises CatalogueError."""
    return shipped().catalogue


def shipped_statements() -> Compiled:
    """Its statements. Raises CatalogueError."""
    return shipped().statements


def edition_of(files: Mapping[str, str]) -> Edition:
    """The edition of `files`, kept from now on."""
    made = Edition(files)
    if made.digest == shipped().digest:
        return shipped()
    return shelf().find(made.digest) or shelf().put(made)


def known(digest_: str) -> Edition | None:
    """The edition of a digest, where this process has it already."""
    return shipped() if digest_ == shipped().digest else shelf().find(digest_)
