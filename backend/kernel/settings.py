"""Settings of one installation: read once at the start of a process, then passed on, never changed.

Order of precedence: environment (`TIANGE_*`), then `tiange.toml` in the home folder, then the default.
An empty `database_url` or `redis_url` means "the embedded server": the command line fills it in before
anything connects.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from backend.kernel.settings_source import POSTGRES, REDIS, WEB, SettingsError, Source

__all__ = [
    "PUSH_HOSTS",
    "Environment",
    "Settings",
    "SettingsError",
    "default_home",
    "load_settings",
    "repository",
]

Environment = Literal["production", "demo", "test"]

FILE_NAME = "tiange.toml"

#: Push services of the known browsers; a bank adds its own with TIANGE_PUSH_ALLOW_HOSTS_EXTRA.
PUSH_HOSTS = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.notify.windows.com",
    "web.push.apple.com",
    "*.push.apple.com",
)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One installation's settings: sizes in bytes, durations in hours, URLs for SQLAlchemy and redis-py."""

    home: Path
    #: connects as the owner of the schema; only migrations use it
    database_url: str = ""
    database_url_web: str = ""
    database_url_worker: str = ""
    #: read-only, for the run over everybody
    database_url_nightly: str = ""
    #: a login that sees every row, for `tiange backup` alone; the embedded server has one of its own
    database_url_backup: str = ""
    redis_url: str = ""
    keys_dir: Path
    #: kept files, and in any case the unfinished uploads, which all processes of this machine must share
    files_dir: Path
    #: a bucket of an S3-compatible store: then files are kept there
    files_s3_bucket: str = ""
    #: empty: Amazon's own
    files_s3_endpoint: str = ""
    files_s3_region: str = "us-east-1"
    files_s3_access_key: str = ""
    files_s3_secret_key: str = ""
    #: for stores that want the bucket in the host name
    files_s3_virtual_host: bool = False
    static_dir: Path
    host: str = "127.0.0.1"
    port: int = 8420
    public_url: str = "http://127.0.0.1:8420"
    timezone: str = "Asia/Shanghai"
    environment: Environment = "production"
    #: accepts the demo county's impossible ID numbers and phones
    demo_mode: bool = False
    test_mode: bool = False
    vapid_subject: str = "mailto:push@tiange.example"
    #: exact host names, or `*.` and a suffix
    push_allow_hosts: tuple[str, ...] = PUSH_HOSTS
    #: `host:port` of loopback push services, test mode only
    push_test_hosts: tuple[str, ...] = ()
    #: a file holding the seconds to add to the system's time, test mode only
    clock_file: Path | None = None
    #: addresses of proxies whose X-Forwarded-For is believed, besides those on this machine
    trusted_proxies: tuple[str, ...] = ()
    #: lets a collector elsewhere read /metrics as `Authorization: Bearer …`; empty: only this machine may
    metrics_token: str = ""
    max_upload_bytes: int = 20 * 1024 * 1024
    #: how long a phone may stay offline before it locks for reading
    offline_hours: int = 72
    worker_concurrency: int = 4
    web_processes: int = 1
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def __repr__(self) -> str:
        values = {name: _redacted(getattr(self, name)) for name in self.__struct_fields__}
        values["files_s3_secret_key"] = "***" if self.files_s3_secret_key else ""
        values["metrics_token"] = "***" if self.metrics_token else ""
        shown = ", ".join(f"{name}={value!r}" for name, value in values.items())
        return f"Settings({shown})"

    @property
    def zone(self) -> ZoneInfo:
        """The bank's time zone, which decides its business days, digests and quiet hours."""
        return ZoneInfo(self.timezone)

    @property
    def uses_own_postgres(self) -> bool:
        """True while the embedded PostgreSQL is meant, or not started yet."""
        urls = (self.database_url, self.database_url_web, self.database_url_worker, self.database_url_nightly)
        return not any(urls)

    @property
    def uses_own_valkey(self) -> bool:
        """True while the embedded Valkey is meant, or not started yet."""
        return not self.redis_url

    def require(self, *names: str) -> None:
        """Raise SettingsError if one of these URLs is missing, as when only some of a server's are set."""
        for name in names:
            if not getattr(self, name):
                variable = f"TIANGE_{name.upper()}"
                example = "redis://queue.example:6379/0" if name == "redis_url" else _example(variable)
                raise SettingsError(variable, "is needed here and not set", example)


def repository() -> Path:
    """The folder that holds `backend/`: the checkout when run from source."""
    return Path(__file__).resolve().parents[2]


def default_home() -> Path:
    """Where data lies if nobody says otherwise.

    As root under /var/lib, because the servers run as an ordinary user, who cannot pass a root home
    (mode 0700). Else beside the code, or in the user's own folder if the code is somebody else's.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/tiange")
    beside = repository() / "var"
    if os.access(beside if beside.exists() else repository(), os.W_OK):
        return beside
    return Path.home() / ".local" / "share" / "tiange"


def load_settings(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read the settings from `environ` (default: the process's) over `file` (default: `tiange.toml` in home).

    Raises SettingsError on a value that cannot be used, on a misspelt name (it would be silently ignored
    otherwise) and on test-only settings outside test mode.
    """
    source = Source(os.environ if environ is None else environ)
    home = source.path("home", default_home())
    config = file if file is not None else home / FILE_NAME
    source.read(config, must_exist=file is not None)

    environments: tuple[Environment, ...] = ("production", "demo", "test")
    environment = source.choice("environment", environments, "production")
    demo_mode = source.flag("demo_mode", environment == "demo")
    test_mode = source.flag("test_mode", environment == "test")
    host = source.text("host", "127.0.0.1", example="0.0.0.0")  # noqa: S104 - an example, not a binding
    port = source.number("port", 8420, low=1, high=65535)
    clock_file = source.text("clock_file", "", example="/tmp/clock")  # noqa: S108 - an example
    settings = Settings(
        home=home,
        database_url=source.url("database_url", POSTGRES),
        database_url_web=source.url("database_url_web", POSTGRES),
        database_url_worker=source.url("database_url_worker", POSTGRES),
        database_url_nightly=source.url("database_url_nightly", POSTGRES),
        database_url_backup=source.url("database_url_backup", POSTGRES),
        redis_url=source.url("redis_url", REDIS),
        keys_dir=source.path("keys_dir", home / "keys"),
        files_dir=source.path("files_dir", home / "files"),
        files_s3_bucket=source.text("files_s3_bucket", "", example="tiange-files"),
        files_s3_endpoint=source.url("files_s3_endpoint", WEB),
        files_s3_region=source.text("files_s3_region", "us-east-1", example="us-east-1"),
        files_s3_access_key=source.text("files_s3_access_key", "", example="tiange"),
        files_s3_secret_key=source.text("files_s3_secret_key", "", example="a-long-random-word"),
        files_s3_virtual_host=source.flag("files_s3_virtual_host", False),
        static_dir=source.path("static_dir", repository() / "pwa" / "dist"),
        host=host,
        port=port,
        public_url=source.url("public_url", WEB) or _own_url(host, port),
        timezone=source.zone("timezone", "Asia/Shanghai"),
        environment=environment,
        demo_mode=demo_mode,
        test_mode=test_mode,
        vapid_subject=source.subject("vapid_subject", "mailto:push@tiange.example"),
        push_allow_hosts=(
            *source.names("push_allow_hosts", PUSH_HOSTS),
            *source.names("push_allow_hosts_extra", ()),
        ),
        push_test_hosts=source.names("push_test_hosts", ()),
        clock_file=Path(clock_file).expanduser() if clock_file else None,
        trusted_proxies=source.names("trusted_proxies", ()),
        metrics_token=source.text("metrics_token", "", example="a-long-random-word"),
        max_upload_bytes=source.number("max_upload_bytes", 20 * 1024 * 1024, low=64 * 1024, high=1024**3),
        offline_hours=source.number("offline_hours", 72, low=1, high=24 * 30),
        worker_concurrency=source.number("worker_concurrency", 4, low=1, high=64),
        web_processes=source.number("web_processes", 1, low=1, high=64),
        log_level=source.choice("log_level", ("debug", "info", "warning", "error"), "info"),
    )
    source.refuse_unknown()
    _refuse_contradictions(settings)
    return settings


def _refuse_contradictions(settings: Settings) -> None:
    if settings.environment == "production":
        for variable, on in (
            ("TIANGE_DEMO_MODE", settings.demo_mode),
            ("TIANGE_TEST_MODE", settings.test_mode),
        ):
            if on:
                raise SettingsError(variable, "is refused in production", "TIANGE_ENVIRONMENT=demo")
    if not settings.test_mode:
        for variable, given in (
            ("TIANGE_PUSH_TEST_HOSTS", settings.push_test_hosts),
            ("TIANGE_CLOCK_FILE", settings.clock_file),
        ):
            if given:
                raise SettingsError(
                    variable,
                    f"is for tests only and this is {settings.environment}",
                    "TIANGE_ENVIRONMENT=test",
                )
    for name in ("endpoint", "access_key", "secret_key"):
        variable, value = f"TIANGE_FILES_S3_{name.upper()}", getattr(settings, f"files_s3_{name}")
        if value and not settings.files_s3_bucket:
            raise SettingsError(
                "TIANGE_FILES_S3_BUCKET", f"is needed where {variable} is set", "tiange-files"
            )
        if settings.files_s3_bucket and name != "endpoint" and not value:
            raise SettingsError(
                variable, "is needed where TIANGE_FILES_S3_BUCKET is set", "a-long-random-word"
            )
    for variable, url in (
        ("TIANGE_DATABASE_URL_WEB", settings.database_url_web),
        ("TIANGE_DATABASE_URL_WORKER", settings.database_url_worker),
        ("TIANGE_DATABASE_URL_NIGHTLY", settings.database_url_nightly),
    ):
        if url and urlsplit(url).username == urlsplit(settings.database_url).username:
            raise SettingsError(
                variable,
                "signs in as the owner of the schema, for whom row security is not meant",
                _example(variable),
            )


def _example(variable: str) -> str:
    login = variable.removeprefix("TIANGE_DATABASE_URL").strip("_").lower() or "owner"
    return f"postgresql://tiange_{login}:secret@db.example:5432/tiange"


def _own_url(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 - recognised, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _redacted(value: object) -> object:
    """The value without the password that a URL may carry."""
    if not isinstance(value, str) or "@" not in value or "://" not in value:
        return value
    scheme, rest = value.split("://", 1)
    credentials, place = rest.rsplit("@", 1)
    return f"{scheme}://{credentials.split(':', 1)[0]}:***@{place}"
