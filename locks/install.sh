#!/usr/bin/env bash
# Puts what a lock names, and the suite itself, into an environment: `install.sh BIN LOCK`.
# With uv, which takes a third of the time; with pip where uv cannot reach what pip can.
set -euo pipefail
bin=$1
lock=$2
here=$(cd "$(dirname "$0")/.." && pwd)
pip=("$bin/python" -m pip --disable-pip-version-check)

# uv as it is locked, with its sums, and with the package index that pip is told to use
with_uv() {
    local index=${PIP_INDEX_URL:-}
    [ -n "$index" ] || index=$("${pip[@]}" config get global.index-url 2>/dev/null || true)
    [ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
    "${pip[@]}" install -q --require-hashes -r <(sed -n '/^uv==/,/[^\\]$/p' "$here/requirements-dev.lock") &&
        "$bin/uv" pip install -q --python "$bin/python" --compile-bytecode --require-hashes -r "$lock"
}

with_uv || "${pip[@]}" install -q --require-hashes -r "$lock"
"${pip[@]}" install -q --no-deps -e "$here"
