"""Raw setting values from the environment over a TOML file, and how to read each kind of them."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import msgspec

_Choice = TypeVar("_Choice", bound=str)


class SettingsError(ValueError):
    """A setting that cannot be used.

    Names the variable, says what is wrong and gives an example that works.
    """

    def __init__(self, variable: str, problem: str, example: str) -> None:
        self.variable = variable
        self.problem = problem
        self.example = example
        super().__init__(f"{variable}: {problem}. Example: {example}")


class UrlKind(msgspec.Struct, frozen=True):
    """Which schemes a URL may start with and what each becomes."""

    schemes: Mapping[str, str]
    example: str


POSTGRES = UrlKind(
    {
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
        "postgresql+asyncpg": "postgresql+asyncpg",
    },
    "postgresql://tiange_owner:secret@db.example:5432/tiange",
)
REDIS = UrlKind(
    {"redis": "redis", "rediss": "rediss", "unix": "unix"}, "redis://:secret@queue.example:6379/0"
)
WEB = UrlKind({"http": "http", "https": "https"}, "https://tiange.bank.example")


class Source:
    """Raw values by setting name, and how to read each kind of them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._file: Mapping[str, Any] = {}
        self._path: Path | None = None
        self._asked: set[str] = set()

    def read(self, path: Path, *, must_exist: bool) -> None:
        try:
            text = path.read_bytes().decode()
        except FileNotFoundError:
            if must_exist:
                raise SettingsError(str(path), "there is no such file", f"touch {path}") from None
            return
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(str(path), f"cannot be read ({error})", f"chmod u+r {path}") from None
        try:
            self._file = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(str(path), f"is not valid TOML ({error})", 'host = "127.0.0.1"') from None
        if "home" in self._file:
            raise SettingsError(
                f"{path}: home", "cannot stand in the file that lies in it", "TIANGE_HOME=/srv/tiange"
            )
        self._path = path

    def refuse_unknown(self) -> None:
        for name in sorted(self._file):
            if name not in self._asked:
                raise SettingsError(
                    f"{self._path}: {name}", "is no setting of Tiange", f"one of {self._known()}"
                )
        for variable in sorted(self._environ):
            name = variable.removeprefix("TIANGE_").lower()
            if not variable.startswith("TIANGE_") or name in self._asked:
                continue
            # tests and tools have variables of their own; what resembles a setting is a misspelt one
            meant = difflib.get_close_matches(name, self._asked, n=1, cutoff=0.75)
            if meant:
                raise SettingsError(
                    variable, "is no setting of Tiange, but resembles one", f"TIANGE_{meant[0].upper()}"
                )

    def _known(self) -> str:
        return ", ".join(sorted(self._asked))

    def _raw(self, name: str) -> tuple[str, Any]:
        """Where the value was found, as a person would look for it, and the value or None."""
        self._asked.add(name)
        variable = f"TIANGE_{name.upper()}"
        if self._environ.get(variable, "") != "":
            return variable, self._environ[variable]
        if name in self._file:
            return f"{self._path}: {name}", self._file[name]
        return variable, None

    def text(self, name: str, default: str, *, example: str) -> str:
        where, raw = self._raw(name)
        if raw is None:
            return default
        if not isinstance(raw, str):
            raise SettingsError(where, f"must be text, not {raw!r}", example)
        return raw.strip()

    def path(self, name: str, default: Path) -> Path:
        path = Path(self.text(name, str(default), example=f"/srv/tiange/{name}")).expanduser()
        return path if path.is_absolute() else Path.cwd() / path

    def flag(self, name: str, default: bool) -> bool:
        where, raw = self._raw(name)
        if raw is None or isinstance(raw, bool):
            return default if raw is None else raw
        known = {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
        }
        value = known.get(str(raw).strip().lower())
        if value is None:
            raise SettingsError(where, f"must be yes or no, not {raw!r}", "true")
        return value

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        where, raw = self._raw(name)
        if raw is None:
            return default

        def refuse() -> NoReturn:
            raise SettingsError(
                where, f"must be a whole number from {low} to {high}, not {raw!r}", str(default)
            ) from None

        if isinstance(raw, (bool, float)):
            refuse()
        try:
            value = int(raw)
        except (TypeError, ValueError):
            refuse()
        if not low <= value <= high:
            refuse()
        return value

    def choice(self, name: str, choices: tuple[_Choice, ...], default: _Choice) -> _Choice:
        where, raw = self._raw(name)
        if raw is None:
            return default
        for choice in choices:
            if choice == str(raw).strip().lower():
                return choice
        raise SettingsError(where, f"must be one of {', '.join(choices)}, not {raw!r}", str(default))

    def names(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        where, raw = self._raw(name)
        if raw is None:
            return default
        items = raw.split(",") if isinstance(raw, str) else raw
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise SettingsError(
                where, f"must be a list of host names, not {raw!r}", "push.example,*.push.example"
            )
        cleaned = tuple(item.strip().lower() for item in items if item.strip())
        for item in cleaned:
            if "/" in item or " " in item or "*" in item.removeprefix("*.") or item in {"*", "*."}:
                raise SettingsError(
                    where,
                    f"{item!r} is no host name (no scheme, no path; `*.` only in front)",
                    "*.push.example",
                )
        return cleaned

    def zone(self, name: str, default: str) -> str:
        value = self.text(name, default, example="Asia/Shanghai")
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise SettingsError(
                self._raw(name)[0], f"there is no time zone {value!r}", "Asia/Shanghai"
            ) from None
        return value

    def subject(self, name: str, default: str) -> str:
        value = self.text(name, default, example="mailto:it@bank.example")
        if not value.startswith(("mailto:", "https://")) or value in {"mailto:", "https://"}:
            raise SettingsError(
                self._raw(name)[0],
                f"push services want a mailto: or https: address to complain to, not {value!r}",
                "mailto:it@bank.example",
            )
        return value

    def url(self, name: str, kind: UrlKind) -> str:
        value = self.text(name, "", example=kind.example)
        if not value:
            return ""
        where = self._raw(name)[0]
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError as error:
            raise SettingsError(where, f"is no URL ({error})", kind.example) from None
        scheme = kind.schemes.get(parts.scheme)
        if scheme is None:
            raise SettingsError(
                where,
                f"must start with {' or '.join(f'{it}://' for it in kind.schemes)}, not {parts.scheme!r}",
                kind.example,
            )
        if not parts.netloc and not parts.path.strip("/"):
            raise SettingsError(where, "names no host", kind.example)
        if kind is POSTGRES and not parts.path.strip("/"):
            raise SettingsError(where, "names no database", kind.example)
        if kind is WEB:
            return urlunsplit(parts).rstrip("/")
        return scheme + value[len(parts.scheme) :]
