# Shared set-up of the scripts beside it: finds Python and Node, makes the virtual environment, builds the app.
# Sourced by bash, from anywhere. Everything is skipped when its inputs have not changed.
# shellcheck shell=bash

set -euo pipefail
# what root makes here must be readable by whoever runs it later
umask 022
# Where an image forbids it, each of the many processes of a run would compile every module anew, for seconds.
unset PYTHONDONTWRITEBYTECODE

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
UV_VERSION=0.13.9

say() { printf '%s\n' "$*"; }

die() {
  printf 'tiange: %s\n' "$*" >&2
  exit 1
}

# step TITLE COMMAND…: runs it silently, prints the time it took; on failure its output
step() {
  local title="$1" log began=$SECONDS
  shift
  log="$(mktemp)"
  printf '%s … ' "$title"
  if "$@" >"$log" 2>&1; then
    printf 'done (%s s)\n' "$((SECONDS - began))"
    rm -f "$log"
  else
    printf 'failed\n'
    # the cause stands first with some tools and last with others
    if [ "$(wc -l <"$log")" -le 50 ]; then cat "$log" >&2; else
      { head -n 20 "$log" && echo "…" && tail -n 30 "$log"; } >&2
    fi
    rm -f "$log"
    die "\"$title\" failed; what it said is above"
  fi
}

# Where tools and caches go if the usual places cannot be written: HOME unset, missing or read-only.
set_cache() {
  local base="${XDG_CACHE_HOME:-}"
  if [ -z "$base" ] && [ -n "${HOME:-}" ]; then base="$HOME/.cache"; fi
  if [ -z "$base" ] || ! mkdir -p "$base" 2>/dev/null || [ ! -w "$base" ]; then
    base="${TMPDIR:-/tmp}/tiange-$(id -u)"
    mkdir -p -m 700 "$base"
    [ -O "$base" ] || die "$base belongs to another user. Set XDG_CACHE_HOME to a folder of yours"
    export UV_CACHE_DIR="${UV_CACHE_DIR:-$base/uv}" npm_config_cache="${npm_config_cache:-$base/npm}"
  fi
  # one place per checkout and user, so that two never share an environment by accident
  CACHE="$base/tiange/$(printf '%s' "$ROOT" | cksum | cut -d' ' -f1)"
  mkdir -p "$CACHE"
}

find_python() {
  local candidate
  for candidate in ${TIANGE_DEV_PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 \
    /usr/local/bin/python3 /usr/bin/python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      PYTHON="$("$candidate" -c 'import os, sys; print(os.path.realpath(sys.executable))')"
      return
    fi
  done
  die "Python 3.11 or newer is needed and none was found. Debian, Ubuntu: apt install python3 python3-venv"
}

require_node() {
  local found
  found="$(node --version 2>/dev/null || true)"
  case "$found" in
    v20.19.* | v20.[2-9][0-9].* | v2[2-9].* | v[3-9][0-9].*) ;;
    "") die "Node.js 20.19 or newer is needed to build the app and none was found: https://nodejs.org" ;;
    *) die "Node.js 20.19 or newer (or 22 and up) is needed to build the app; this is $found: https://nodejs.org" ;;
  esac
  command -v npm >/dev/null || die "npm is missing; it comes with Node.js: https://nodejs.org"
}

# digest PATH…: one hash over names and contents of all files below
digest() {
  "$PYTHON" - "$@" <<'PYTHON'
import hashlib, pathlib, sys

skipped = {"node_modules", "dist", "coverage", "test-results", "playwright-report", "__pycache__"}
total = hashlib.sha256()
for name in sys.argv[1:]:
    top = pathlib.Path(name)
    files = [top] if top.is_file() else sorted(top.rglob("*"))
    for path in files:
        if path.is_file() and not skipped & set(path.relative_to(top.parent).parts[1:]):
            total.update(f"{path}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
print(total.hexdigest())
PYTHON
}

find_uv() {
  local tools="$CACHE/uv-$UV_VERSION"
  UV="$(command -v uv || true)"
  if [ -n "$UV" ] && "$UV" --version 2>/dev/null | grep -qE '^uv (0\.(9|[1-9][0-9])|[1-9])'; then return; fi
  UV="$tools/bin/uv"
  if "$UV" --version >/dev/null 2>&1; then return; fi
  step "Fetching uv $UV_VERSION" fetch_uv "$tools"
}

fetch_uv() {
  local tools="$1"
  rm -rf "$tools"
  if "$PYTHON" -m venv "$tools"; then
    "$tools/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
    return
  fi
  # Debian ships venv without pip unless python3-venv is installed; pip itself can still be there
  rm -rf "$tools"
  if "$PYTHON" -m pip install --quiet --disable-pip-version-check --target "$tools" "uv==$UV_VERSION"; then return; fi
  rm -rf "$tools"
  printf '%s has neither venv nor pip. Debian, Ubuntu: apt install python3-venv. Or install uv.\n' "$PYTHON"
  return 1
}

# ensure_venv run|dev: the virtual environment as uv.lock says; sets VENV
ensure_venv() {
  local kind="$1" wanted have groups=(--no-dev)
  find_python
  set_cache
  VENV="$ROOT/.venv"
  # another user's environment may run an interpreter we cannot reach, and is not ours to change
  if [ ! -w "$ROOT" ] || { [ -e "$VENV" ] && [ ! -O "$VENV" ]; }; then VENV="$CACHE/venv"; fi
  wanted="$(digest "$ROOT/uv.lock" "$ROOT/pyproject.toml") $PYTHON"
  have="$(cat "$VENV/.tiange" 2>/dev/null || true)"
  if [ "$have" = "dev $wanted" ] || [ "$have" = "$kind $wanted" ]; then
    if "$VENV/bin/python" -c 'import backend' >/dev/null 2>&1; then return; fi
  fi
  find_uv
  if [ "$kind" = dev ]; then groups=(); fi
  export UV_PROJECT_ENVIRONMENT="$VENV" UV_PYTHON="$PYTHON" UV_PYTHON_DOWNLOADS=never
  step "Python environment ($VENV)" \
    "$UV" --no-progress sync --frozen --inexact --compile-bytecode --project "$ROOT" ${groups[@]+"${groups[@]}"}
  printf '%s\n' "$kind $wanted" >"$VENV/.tiange"
}

# ensure_npm: pwa/node_modules as package-lock.json says
ensure_npm() {
  local wanted
  require_node
  wanted="$(digest "$ROOT/pwa/package-lock.json") $(node --version)"
  if [ "$(cat "$ROOT/pwa/node_modules/.tiange" 2>/dev/null || true)" = "$wanted" ]; then return; fi
  [ -w "$ROOT/pwa" ] || die "$ROOT/pwa is not writable for $(id -un). Use a clone of your own"
  step "Packages of the app" \
    npm --prefix "$ROOT/pwa" ci --no-audit --no-fund --loglevel=error
  printf '%s\n' "$wanted" >"$ROOT/pwa/node_modules/.tiange"
}

# ensure_pwa: pwa/dist built from what is there now
ensure_pwa() {
  local wanted stamp="$ROOT/pwa/dist/.tiange"
  wanted="$(digest "$ROOT/pwa")"
  if [ -f "$ROOT/pwa/dist/index.html" ] && [ "$(cat "$stamp" 2>/dev/null || true)" = "$wanted" ]; then return; fi
  ensure_npm
  step "Building the app" npm --prefix "$ROOT/pwa" run --silent build
  printf '%s\n' "$wanted" >"$stamp"
}
