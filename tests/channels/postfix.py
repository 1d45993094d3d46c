"""A real Postfix on a loopback port of its own: it hands mail on to us and takes ours, and goes afterwards."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.journeys.town import free_port

# It tries again at once what was put off, and never gives a destination a rest: the tests kill who takes its mail.
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = relay.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
smtpd_relay_restrictions = permit_mynetworks, reject
relay_domains = {domains}
transport_maps = inline:{{ {transports} }}
default_transport = smtp:[127.0.0.1]:{onwards}
virtual_mailbox_domains = {box}
virtual_mailbox_base = {mail}
virtual_mailbox_maps = static:support/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtp_dns_support_level = disabled
smtp_tls_security_level = none
smtpd_tls_security_level = none
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
transport_retry_time = 1s
default_destination_concurrency_failed_cohort_limit = 1000
smtpd_client_connection_rate_limit = 0
"""
_SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> str:
    """Why Postfix cannot be run here, empty when it can."""
    if _program() is None:
        return "No Postfix on this machine: install the package `postfix`."
    return "" if os.geteuid() == 0 else "Only root can start a Postfix."


@contextmanager
def running_postfix(
    folder: Path, *, lmtp: Mapping[str, int], box: str, mail: Path, owner: tuple[int, int], onwards: int
) -> Iterator[int]:
    """Postfix, and the port on which it takes mail from anybody.

    Mail for the domains of `lmtp` goes by LMTP to their ports, mail for the domain `box`, if any, into the Maildir
    `mail`/support of `owner` (uid, gid), and all other mail by SMTP to the port `onwards`.
    """
    program = _program()
    assert program
    port = free_port()
    settings = folder / "etc"
    settings.mkdir(parents=True)
    for name in ("queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    transports = ", ".join(f"{{ {domain} = lmtp:inet:127.0.0.1:{to} }}" for domain, to in lmtp.items())
    (settings / "main.cf").write_text(
        _MAIN.format(
            folder=folder, domains=", ".join(lmtp), transports=transports, box=box, mail=mail,
            uid=owner[0], gid=owner[1], onwards=onwards,
        )
    )  # fmt: skip
    (settings / "master.cf").write_text(_SERVICES.format(port=port))
    log = folder / "postfix.log"
    started = subprocess.run(
        [program, "-c", str(settings), "start"], capture_output=True, text=True, timeout=60, check=False
    )
    try:
        assert started.returncode == 0, started.stderr
        _wait(port, log)
        yield port
    finally:
        subprocess.run([program, "-c", str(settings), "stop"], capture_output=True, timeout=60, check=False)


def _program() -> str | None:
    return shutil.which("postfix") or shutil.which("postfix", path="/usr/sbin")


def _wait(port: int, log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"Postfix did not start: {log.read_text() if log.exists() else ''}")
