"""The Java that Spark runs on."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from backend.strategy.union.layout import UnionError

#: what Spark 4.2 asks for
OLDEST = 17
_HELP = (
    f"Java {OLDEST} or newer is needed. Debian: apt install openjdk-17-jre-headless; elsewhere set JAVA_HOME."
)


def require_java(environ: Mapping[str, str] = os.environ) -> Path:
    """The program `java`: JAVA_HOME's, else the first on the PATH. Raises UnionError."""
    home = environ.get("JAVA_HOME")
    if home:
        java: str | None = shutil.which(str(Path(home) / "bin" / "java"))
        where = f"in JAVA_HOME ({home})"
    else:
        java = shutil.which("java", path=environ.get("PATH", os.defpath))
        where = "on the PATH"
    if java is None:
        raise UnionError(f"Spark finds no Java {where}. {_HELP}")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    if found is None or int(found[1]) < OLDEST:
        first = said.splitlines()[0] if said else "it says nothing of its version"
        raise UnionError(f"{java} is no Java for Spark ({first}). {_HELP}")
    return Path(java)
