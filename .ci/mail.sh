#!/bin/sh
# Postfix and Dovecot for the tests that carry mail through them: what the system has, else what its packages offer.
# Only where nothing else delivers mail and no service manager would start them: in containers and on build servers.
set -eu
PATH="$PATH:/usr/sbin:/sbin"
have() { command -v postfix >/dev/null 2>&1 && command -v dovecot >/dev/null 2>&1; }
# Dovecot's LMTP is a package of its own; without it the tests put mail into its mailboxes by another way.
if have && [ -x /usr/lib/dovecot/lmtp ]; then exit 0; fi
tried=build/.mail-tried
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1 && [ ! -d /run/systemd/system ] &&
    [ ! -e "$tried" ] && { command -v postfix || ! command -v sendmail; } >/dev/null 2>&1; then
    mkdir -p build && : >"$tried"
    echo "Installing Postfix and Dovecot for the tests of mail …" >&2
    export DEBIAN_FRONTEND=noninteractive
    # Not set up, so that nothing starts by itself; the tests bring settings of their own.
    command -v postfix >/dev/null 2>&1 ||
        echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections 2>/dev/null || true
    { timeout 60 apt-get -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=10 update &&
        timeout 120 apt-get -qq install --no-install-recommends --no-remove --yes \
            postfix dovecot-imapd dovecot-lmtpd; } >/dev/null 2>&1 || true
fi
if have; then exit 0; fi
cat >&2 <<'END'
There is no Postfix or no Dovecot on this machine and it could not be installed: the tests that need them will be skipped.
Install them (Debian, as root: apt-get install postfix dovecot-imapd dovecot-lmtpd) and run `make test` again.
END
