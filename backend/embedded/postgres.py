"""The embedded PostgreSQL: made once, then started, asked, stopped. Not for two threads at once."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil

from backend.embedded.account import Account
from backend.embedded.errors import EmbeddedError
from backend.embedded.files import private_folder, write_whole
from backend.embedded.logs import open_log, tail
from backend.embedded.postgres_setup import logins_sql, reset_superuser_sql
from backend.embedded.processes import dying_with_parent, processes_at, stop_process, wait_until
from backend.embedded.secrets_file import Passwords, load_passwords, make_passwords
from backend.embedded.urls import postgres_url

MAJOR = "18"
_MIB = 1024 * 1024
#: crash recovery replays at most max_wal_size; a slow disk may take minutes for that
_START_SECONDS = 600.0


class Postgres:
    """One data folder and, while started, its server: loopback only, password for every login."""

    name = "PostgreSQL"

    def __init__(self, home: Path, programs: Path, account: Account, *, database: str, durable: bool) -> None:
        self._home = home
        self._data = home / "postgres"
        self._programs = programs
        self._account = account
        self._database = database
        self._durable = durable
        self._log = home / "logs" / "postgres.log"
        self._secrets = home / "postgres.secrets.json"
        self._port_file = home / "postgres.port"
        self._port = 0
        self._passwords: Passwords | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._logins_made = False

    @property
    def pid(self) -> int:
        """Number of the running postmaster, 0 if none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    def url(self, login: str) -> str:
        """URL for one of the logins in Passwords; only after start()."""
        password: str = getattr(self._passwords, login)
        return postgres_url(login, password, self._port, self._database)

    def alive(self) -> bool:
        """False once the server has ended, however it did."""
        return self.pid != 0

    def start(self, cancelled: Callable[[], bool]) -> None:
        """Start and wait until it answers; the first time, make the data folder, logins and database.

        What an earlier launcher left running on this data folder is stopped first. Raises EmbeddedError.
        """
        self._stop_leftovers()
        self._passwords = load_passwords(self._secrets)
        exists = (self._data / "PG_VERSION").exists()
        if self._passwords is None:
            self._passwords = make_passwords(self._secrets)
            if exists:
                self._single_user(reset_superuser_sql(self._passwords.postgres))
        if not exists:
            self._initdb()
        version = (self._data / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise EmbeddedError(
                f"{self._data} was made by PostgreSQL {version} and this is {MAJOR}. "
                f"Dump it with the older version and load it here, or move the folder away"
            )
        self._choose_port()
        self._spawn()
        if not wait_until(lambda: cancelled() or not self.alive() or self._answers(), _START_SECONDS):
            raise self._failure("does not answer")
        if cancelled():
            return
        if not self.alive():
            raise self._failure("ended while starting")
        if not self._logins_made:
            self._psql("postgres", logins_sql(self._passwords, self._database))
            self._logins_made = True

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, everything committed is on the disk."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        for sign, patience in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
            process.send_signal(sign)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
            return

    def _initdb(self) -> None:
        """Make the data folder beside its place and move it there whole: a crash leaves none or all."""
        assert self._passwords is not None
        if self._data.exists() and any(self._data.iterdir()):
            raise EmbeddedError(f"{self._data} is not empty and holds no PostgreSQL data: move it away")
        for half in self._home.glob("postgres.new-*"):
            shutil.rmtree(half)
        fresh = private_folder(self._home / f"postgres.new-{os.getpid()}", self._account)
        words = private_folder(self._home / f"postgres.new-{os.getpid()}.words", self._account)
        try:
            password = words / "password"
            write_whole(password, self._passwords.postgres.encode())
            if self._account.drops_root:
                os.chown(password, self._account.uid, self._account.gid)
            self._run(
                "initdb",
                f"--pgdata={fresh}",
                "--username=postgres",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # one order of text on every machine, whatever its locale
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                *([] if self._durable else ["--no-sync"]),
            )
        finally:
            shutil.rmtree(words)
        if self._data.exists():
            self._data.rmdir()
        fresh.rename(self._data)

    def _choose_port(self) -> None:
        """Keep the last port where it is free, so that a restart breaks no client; else take any free one."""
        remembered = self._port
        if not remembered and self._port_file.exists():
            text = self._port_file.read_text().strip()
            remembered = int(text) if text.isdecimal() and 1024 <= int(text) <= 65535 else 0
        for port in (remembered, 0):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                self._port = probe.getsockname()[1]
                break
        write_whole(self._port_file, str(self._port).encode())

    def _spawn(self) -> None:
        memory = psutil.virtual_memory().total
        options: dict[str, object] = {
            "listen_addresses": "127.0.0.1",
            "port": self._port,
            "unix_socket_directories": "",
            "max_connections": 100,
            "shared_buffers": f"{min(max(memory // 16, 128 * _MIB), 1024 * _MIB) // _MIB}MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "lc_messages": "C",
            "random_page_cost": 1.1,
            "jit": "off",
            # error texts quote values and statements; a log must hold no personal data
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
            "log_line_prefix": "%m [%p] %u ",
        }
        shared = Path("/dev/shm")  # noqa: S108 - asked for its size
        if shared.exists() and shutil.disk_usage(shared).total < 256 * _MIB:
            options["dynamic_shared_memory_type"] = "mmap"  # containers give 64 MB
        if not self._durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            # whoever drops a database looks through all of it, and each test drops one
            options["shared_buffers"] = "128MB"
        command: list[str | Path] = [self._programs / "postgres", "-D", self._data]
        for option, value in options.items():
            command += ["-c", f"{option}={value}"]
        with open_log(self._log) as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,  # Ctrl-C in the terminal is for the launcher, which stops in order
                preexec_fn=dying_with_parent(signal.SIGINT),  # noqa: PLW1509 - one prctl call, see there
                **self._account.popen,
            )

    def _stop_leftovers(self) -> None:
        """Stop what still runs on this data folder: an earlier launcher's server, or backends without one."""
        self.stop()
        if not self._data.exists():
            return
        pid_file = self._data / "postmaster.pid"
        lines = pid_file.read_text().splitlines() if pid_file.exists() else []
        left = list(processes_at("postgres", self._data))
        for process in left:
            if lines and lines[0] == str(process.pid):
                stop_process(process, (signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0))
        for process in left:
            stop_process(process, (signal.SIGQUIT, 5.0))
        # nobody runs on this folder now; a number in the file would only be mistaken for an unrelated process
        pid_file.unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            self._psql("postgres", "select 1;\n")
        except EmbeddedError as error:
            if "password authentication failed" in str(error):
                raise EmbeddedError(
                    f"{self._secrets} does not fit {self._data}. Bring back the file that belongs "
                    "to it, or delete it: the next start makes new passwords, no data is lost"
                ) from None
            return False
        return True

    def _psql(self, database: str, sql: str) -> None:
        assert self._passwords is not None
        self._run(
            "psql",
            *("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--host=127.0.0.1", f"--port={self._port}"),
            *("--username=postgres", f"--dbname={database}", "--no-password", "--output=/dev/null"),
            text=sql,  # through the pipe: passwords in arguments would show in the process list
            password=self._passwords.postgres,
        )

    def _single_user(self, sql: str) -> None:
        self._run("postgres", "--single", "-D", str(self._data), "postgres", text=sql)

    def _run(self, program: str, *arguments: str, text: str = "", password: str = "") -> None:
        try:
            done = subprocess.run(
                [self._programs / program, *arguments],
                check=False,
                input=text.encode(),
                capture_output=True,
                cwd="/",
                env=_environment() | ({"PGPASSWORD": password} if password else {}),
                timeout=300,
                **self._account.popen,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EmbeddedError(f"{program} of the embedded PostgreSQL failed: {error}") from None
        if done.returncode != 0:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()[-2000:]
            raise EmbeddedError(f"{program} of the embedded PostgreSQL failed ({done.returncode}): {said}")

    def _failure(self, what: str) -> EmbeddedError:
        self.stop()
        return EmbeddedError(f"PostgreSQL {what}. Its log {self._log} ends with:\n{tail(self._log)}")


def _environment() -> dict[str, str]:
    """A small environment of our own: the user's PG* variables and locale must not change what we start."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
