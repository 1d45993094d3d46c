#!/bin/sh
# Installs what uv.lock names into .venv: `install.sh run` for running, `install.sh test` with the developers' tools.
# Needs Python 3.13 and a package index; fetches uv itself where it is missing or broken.
set -eu
cd "$(dirname "$0")/.."

mode=${1:-run}
uv_version=0.13.9
uv_oldest=0.8.0

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# --- Nothing to do? ---------------------------------------------------------------------------------------------
stamp=".venv/.installed-$mode"
wanted="$(pwd) $(cat uv.lock pyproject.toml .python-version | cksum)"
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

# Build servers may run without a home; pip and uv want one for their caches.
if [ -z "${HOME:-}" ] || [ ! -d "${HOME:-/nonexistent}" ] || [ ! -w "$HOME" ]; then
    mkdir -p .uv/home
    HOME="$(pwd)/.uv/home"
    export HOME
fi
unset VIRTUAL_ENV PYTHONHOME CONDA_PREFIX

[ -w . ] || fail "The folder $(pwd) is not writable for $(id -un 2>/dev/null || id -u). Give it to that account, or use a copy of your own."
free=$(df -Pk . | awk 'NR == 2 { print $4 }')
[ "$free" -gt 1500000 ] || fail "Only $((free / 1024)) MB are free on the disk that holds $(pwd); installing needs 1500 MB. Free some space and try again."

# --- Python 3.13 ------------------------------------------------------------------------------------------------
# Run, not only found: a pyenv shim exists for versions that are not active, and fails.
real_python() {
    "$1" -c 'import sys
if sys.version_info[:2] != (3, 13): sys.exit(1)
print(getattr(sys, "_base_executable", None) or sys.executable)' 2>/dev/null
}

python=
for candidate in "${THROUGHLINE_PYTHON:-}" .venv/bin/python python3.13 python3 python \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python3.13 "$HOME"/.local/bin/python3.13 \
    /usr/local/bin/python3.13 /opt/python/*3.13*/bin/python3.13 /opt/homebrew/bin/python3.13; do
    [ -n "$candidate" ] || continue
    if python=$(real_python "$candidate"); then break; fi
    python=
done
if [ -z "$python" ] && uv --version >/dev/null 2>&1; then
    python=$(UV_PYTHON_DOWNLOADS=never uv python find 3.13 2>/dev/null) || python=
fi
if [ -z "$python" ]; then
    have=$(python3 --version 2>/dev/null || echo "no Python 3")
    fail "Throughline needs Python 3.13, and this machine has $have. Install it (for example: pyenv install 3.13, or
uv python install 3.13, or your system's python3.13 package), or name it: THROUGHLINE_PYTHON=/path/to/python3.13 make $mode"
fi

# --- uv ---------------------------------------------------------------------------------------------------------
good_uv() {
    version=$("$1" --version 2>/dev/null | awk '{ print $2 }') || return 1
    [ -n "$version" ] && [ "$(printf '%s\n%s\n' "$uv_oldest" "$version" | sort -V | head -n 1)" = "$uv_oldest" ]
}

uv=
for candidate in uv .uv/bin/uv; do
    if good_uv "$candidate"; then uv=$candidate; break; fi
done
if [ -z "$uv" ]; then
    say "Fetching uv $uv_version …"
    rm -rf .uv/bin .uv/lib .uv/pyvenv.cfg
    if ! "$python" -m venv .uv >.uv-log 2>&1; then
        cat .uv-log >&2; rm -f .uv-log
        fail "Python cannot make virtual environments here. On Debian and Ubuntu install the package python3.13-venv; elsewhere install uv (https://docs.astral.sh/uv/), and try again."
    fi
    rm -f .uv-log
    .uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version" ||
        fail "uv could not be fetched from the package index. Check the network and pip's index settings, then try again."
    uv=.uv/bin/uv
    good_uv "$uv" || fail "The uv that was fetched does not run on this machine. Install uv (https://docs.astral.sh/uv/) and try again."
fi

# --- What the lock file names -----------------------------------------------------------------------------------
say "Installing what uv.lock names (Python: $python) …"
export UV_PYTHON="$python" UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=.venv
case $mode in
# --inexact leaves the developers' tools where they are.
run) set -- --no-dev --inexact ;;
test) set -- --group dev ;;
*) fail "Use: install.sh run|test" ;;
esac
"$uv" sync --frozen --compile-bytecode "$@" ||
    fail "The installation failed; what uv says is above. When it is about the network, try again: what was fetched is kept."
printf '%s\n' "$wanted" >"$stamp"
