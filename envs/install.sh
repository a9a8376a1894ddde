#!/bin/sh
# Make .venv from the committed locks: every file checked against its hash, bytecode compiled.
#
#   sh envs/install.sh [FOLDER]      FOLDER defaults to .venv beside this checkout's Makefile
#
# uv is used when it is on the path; otherwise Python 3.11 makes the environment and a uv whose hash is
# pinned in envs/uv.lock fills it.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
venv=${1:-$here/../.venv}

fail() {
    echo "install: $1" >&2
    exit 1
}

# An active environment of somebody else's must not decide what is installed, nor where.
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME CONDA_PREFIX || true
# Hospitals often sit behind a proxy whose certificate only the system knows.
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"

# Removed before uv is looked for: a uv found inside this very folder would delete itself.
rm -rf "$venv"

if command -v uv >/dev/null 2>&1; then
    uv=uv
    uv venv --quiet --no-project --python 3.11 "$venv" ||
        fail "uv found no Python 3.11 and could not fetch one. Install Python 3.11 (Debian: apt-get install python3.11 python3.11-venv) and run make again."
else
    python=
    for candidate in python3.11 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then
            python=$candidate
            break
        fi
    done
    [ -n "$python" ] ||
        fail "neither uv nor Python 3.11 is on the path. Install either of them (Debian: apt-get install python3.11 python3.11-venv) and run make again."
    "$python" -m venv "$venv" ||
        fail "$python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3.11-venv, then run make again."
    uv=$venv/bin/uv
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
        -r "$here/uv.lock" || fail "uv could not be installed from the package index (see above)."
fi

"$uv" pip install --quiet --python "$venv/bin/python" --require-hashes --compile-bytecode \
    -r "$here/requirements.lock" ||
    fail "the locked packages could not be installed (see above). Is the package index reachable? uv reads no pip.conf: behind a proxy set SSL_CERT_FILE, for a mirror UV_DEFAULT_INDEX."
touch "$venv/.installed"
