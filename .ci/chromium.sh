#!/bin/sh
# The browser for the browser tests: what the system has, else what its packages offer.
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests …" >&2
    export DEBIAN_FRONTEND=noninteractive
    if { apt-get -qq update && apt-get -qq install --no-install-recommends --yes chromium; } >/dev/null 2>&1 &&
        command -v chromium >/dev/null 2>&1; then
        exit 0
    fi
fi
cat >&2 <<'END'
There is no Chromium on this machine and it could not be installed: the browser tests will be skipped.
Install it (Debian, as root: apt-get install chromium; others: your system's chromium package) and run `make test` again.
END
