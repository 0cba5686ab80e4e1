"""The catalogue's YAML files as plain data that remembers on which line everything stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from backend.strategy.language.errors import ExpressionError, Wrong, nearest_name, wrong
from backend.strategy.language.sentences import SENTENCES

MAX_FILE_CHARACTERS = 200_000
#: where YAML could see an anchor or an alias; a file without needs no look at each event
_MAY_BE_ALIAS = re.compile(r"""(?:^|[\s\[{,:"'])[&*](?!\s|$)""")
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_WORDS: Mapping[str, bool] = {"true": True, "false": False}

# libyaml's where PyYAML was built with it: eight times as fast, the same nodes
_LOADER: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

Place = tuple[str | int, ...]

#: what the schema says should stand there → code
_FORMS: Mapping[str, str] = {
    "a name:": "form_name",
    "a code:": "form_code",
    "sum. (": "form_reason",
    "an expression,": "form_expression",
    "a day,": "form_day",
    "a short text": "form_text",
}
#: the schema's keywords for values out of bounds
_BOUNDS: Mapping[str, str] = {
    "type": "form_type",
    "minLength": "form_short",
    "maxLength": "form_long",
    "minimum": "form_least",
    "maximum": "form_most",
    "minItems": "form_few",
    "maxItems": "form_many",
    "uniqueItems": "form_same",
}
_TAB = re.compile(r" *\t")
#: what libyaml, or PyYAML without it, says
_YAML = (
    (re.compile(r"mapping values are not allowed|could not find expected ':'"), "yaml_colon"),
    (re.compile(r"unexpected end of stream|expected ',' or|document separator"), "yaml_open"),
    (re.compile(r"block sequence entries"), "yaml_list"),
    (re.compile(r"cannot start any token|not allowed|unknown escape"), "yaml_character"),
    (
        re.compile(r"expected key|expected '-'|expected <?block end|expected <?document start|block mapping"),
        "yaml_indent",
    ),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the catalogue, at a line of a file (1 is the first line)."""

    file: str
    line: int
    wrong: Wrong
    nearest: str | None = None

    @property
    def what(self) -> str:
        """In English."""
        return str(self.wrong)

    def __str__(self) -> str:
        meant = "" if self.nearest is None else f"; did you mean {self.nearest}?"
        return f"{self.file}:{self.line}: {self.what}{meant}"


class CatalogueError(Exception):
    """A catalogue that cannot be used, with everything that was found wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


@dataclass(frozen=True)
class Document:
    """One file: its data, and the line of each part by its place in the data."""

    file: str
    data: Any
    lines: Mapping[Place, int] = field(repr=False)

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest part around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


@dataclass(frozen=True)
class Part:
    """A part of a document: reads like the data, and can say where it stands."""

    document: Document
    place: Place

    @cached_property
    def data(self) -> Any:
        data = self.document.data
        for step in self.place:
            data = data[step]
        return data

    def has(self, key: str) -> bool:
        return key in self.data

    def at(self, *keys: str | int) -> "Part":
        """The part below."""
        return Part(self.document, self.place + keys)

    def each(self, key: str) -> Iterator["Part"]:
        """The items of the list under `key`; none if it is absent."""
        for index in range(len(self.data.get(key, ()))):
            yield self.at(key, index)

    def text(self, key: str, default: str = "") -> str:
        """The text under `key`; a whole number is given as its digits."""
        return str(self.data.get(key, default))

    def line(self, key: str | None = None) -> int:
        """Where it, or `key` in it, stands."""
        return self.document.line(self.place if key is None else (*self.place, key))

    def problem(self, error: ExpressionError | Wrong, key: str | None = None) -> Problem:
        """What is wrong at this part, or at `key` in it."""
        if isinstance(error, ExpressionError):
            return Problem(self.document.file, self.line(key), error.wrong, error.nearest)
        return Problem(self.document.file, self.line(key), error)


def shipped_files() -> dict[str, str]:
    """The files of the catalogue that ships, by path below `catalogue/`, sorted."""
    root = Path(str(resources.files("backend.strategy"))) / "catalogue"
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*.yaml"))
    }


def schema() -> dict[str, Any]:
    """The published JSON Schema of a catalogue file."""
    text = (resources.files("backend.strategy") / "catalogue" / "schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = msgspec.json.decode(text)
    return loaded


def read(files: Mapping[str, str]) -> list[Document]:
    """Parses and validates `files` (path → YAML). Raises CatalogueError with every problem found."""
    problems: list[Problem] = []
    documents: list[Document] = []
    # a file in order is passed in a hundredth of the time; only one that is not needs words
    quick = jsonschema_rs.validator_for(schema())
    validator = Draft202012Validator(schema())
    for file, text in sorted(files.items()):
        try:
            document = parse(file, text)
        except CatalogueError as error:
            problems += error.problems
            continue
        documents.append(document)
        if quick.is_valid(document.data):
            continue
        found = sorted(
            validator.iter_errors(document.data), key=lambda error: list(map(str, error.absolute_path))
        )
        problems += [_said(document, error) for error in found]
    if problems:
        raise CatalogueError(problems)
    return documents


def parse(file: str, text: str) -> Document:
    """One file of plain YAML: no anchors, no tags, no doubled keys, no dates. Raises CatalogueError."""
    if len(text) > MAX_FILE_CHARACTERS:
        raise CatalogueError([Problem(file, 1, wrong("file_long", most=MAX_FILE_CHARACTERS))])
    try:
        for event in yaml.parse(text, Loader=_LOADER) if _MAY_BE_ALIAS.search(text) else ():
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise CatalogueError([Problem(file, line, wrong("anchors"))])
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CatalogueError(
            [Problem(file, line, _not_yaml(str(error.problem), text.split("\n")[line - 1 : line]))]
        ) from error
    except yaml.YAMLError as error:
        raise CatalogueError([Problem(file, 1, wrong("yaml", why=error))]) from error
    except RecursionError as error:
        raise CatalogueError([Problem(file, 1, wrong("file_deep"))]) from error
    if node is None:
        raise CatalogueError([Problem(file, 1, wrong("empty"))])
    lines: dict[Place, int] = {}
    return Document(file, _plain(file, node, (), lines), lines)


def _plain(file: str, node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    if isinstance(node, yaml.MappingNode):
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            below = (*place, key)
            if key in out:
                raise CatalogueError([Problem(file, key_node.start_mark.line + 1, wrong("twice", name=key))])
            lines[below] = key_node.start_mark.line + 1
            out[key] = _plain(file, value_node, below, lines)
        return out
    if isinstance(node, yaml.SequenceNode):
        return [_plain(file, item, (*place, index), lines) for index, item in enumerate(node.value)]
    value = str(node.value)
    style: str | None = getattr(node, "style", None)
    if style:  # quoted, or a block of text
        return value.strip() if style in "|>" else value
    if _INTEGER.fullmatch(value):
        return int(value)
    return _WORDS.get(value, None if value in ("null", "") else value)


def _said(document: Document, error: ValidationError) -> Problem:
    """A schema error in the words of someone who edits the file."""
    place = tuple(error.absolute_path)
    keyword = error.validator
    schema_: Any = error.schema
    if keyword == "additionalProperties" and isinstance(error.instance, dict):
        known = list(schema_.get("properties", {}))
        unknown = next(key for key in error.instance if key not in known)
        line = document.line((*place, unknown))
        return Problem(document.file, line, wrong("key", name=unknown), nearest_name(unknown, known))
    if keyword == "required" and isinstance(error.instance, dict):
        missing = [key for key in schema_["required"] if key not in error.instance]
        return Problem(document.file, document.line(place), wrong("missing", name=missing[0]))
    if keyword == "enum":
        known = [str(one) for one in schema_["enum"]]
        what = wrong("none_of", value=error.instance, known=", ".join(known))
        return Problem(document.file, document.line(place), what, nearest_name(str(error.instance), known))
    said = schema_.get("description") if keyword in ("pattern", "anyOf", "oneOf", "type") else None
    return Problem(document.file, document.line(place), _misfit(error, said))


def _misfit(error: ValidationError, said: str | None) -> Wrong:
    """A value that the schema refuses; `said`: what it says should stand there."""
    value, keyword = f"{error.instance!r:.60}", str(error.validator)
    if said:
        code = next((code for start, code in _FORMS.items() if said.startswith(start)), "form")
        return wrong(code, value=value, **({"what": said} if code == "form" else {}))
    code = _BOUNDS.get(keyword, "schema")
    bound: Any = error.validator_value
    kinds = bound if isinstance(bound, list) else [bound]
    wanted = " and ".join(map(str, kinds)) if keyword == "type" else ""
    given = {"why": error.message[:200], "value": value, "bound": bound, "wanted": wanted}
    return wrong(code, **{name: given[name] for name in given if f"{{{name}}}" in SENTENCES[code][0]})


def _not_yaml(why: str, at: Sequence[str]) -> Wrong:
    """What libyaml says `at` a line, by the kinds of mistake that people make."""
    if any(_TAB.match(line) for line in at):
        return wrong("yaml_tab", why=why)
    return wrong(next((code for form, code in _YAML if form.search(why)), "yaml"), why=why)
