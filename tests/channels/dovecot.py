"""A real Dovecot on a loopback port of its own, with mailboxes in a folder that goes afterwards."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.town import free_port

PASSWORD = "pa/ss@word"
_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap{lmtp_too}
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
{lmtp_service}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
"""

# The package `dovecot-lmtpd`.
_LMTP_PROGRAM = Path("/usr/lib/dovecot/lmtp")
_LMTP = """
service lmtp {{
  inet_listener lmtp {{
    port = {port}
  }}
}}
auth_username_format = %n
"""


@dataclass(frozen=True)
class Dovecot:
    """`lmtp` is the port on which it takes mail for its users, None where its LMTP is not installed."""

    port: int
    folder: Path
    owner: pwd.struct_passwd
    lmtp: int | None = None

    def open_box(self, user: str) -> Path:
        """A user's Maildir, made if there is none."""
        box = self.folder / "mail" / user
        for each in ("tmp", "new", "cur"):
            (box / each).mkdir(parents=True, exist_ok=True)
            os.chown(box / each, self.owner.pw_uid, self.owner.pw_gid)
        os.chown(box, self.owner.pw_uid, self.owner.pw_gid)
        return box

    def deliver(self, user: str, raw: bytes, name: str) -> None:
        """Put a mail into a user's Maildir as a delivery agent does: written whole, then moved."""
        box = self.open_box(user)
        (box / "tmp" / name).write_bytes(raw)
        os.chown(box / "tmp" / name, self.owner.pw_uid, self.owner.pw_gid)
        (box / "tmp" / name).rename(box / "new" / name)

    def flags(self, user: str) -> list[str]:
        """The flags that stand on a user's mail: what has been read or marked."""
        return sorted(
            {file.name.rpartition(",")[2] for file in (self.folder / "mail" / user / "cur").glob("*")}
        )


def missing() -> str:
    """Why there is no Dovecot here, empty when there is one."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        return "No Dovecot on this machine: install the package `dovecot-imapd`."
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return "" if said.startswith("2.3.") else f"Written for Dovecot 2.3, this is {said.strip()}."


@contextmanager
def running_dovecot(folder: Path) -> Iterator[Dovecot]:
    """Dovecot with any user, all with one password."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    assert program
    port, lmtp = free_port(), free_port() if _LMTP_PROGRAM.exists() else None
    me = pwd.getpwuid(os.getuid())
    # Root keeps the accounts that the package made: nothing that faces the network may be root.
    user, login = ("dovecot", "dovenull") if me.pw_uid == 0 else (me.pw_name, me.pw_name)
    owner = pwd.getpwnam("dovecot") if me.pw_uid == 0 else me
    group = grp.getgrgid(owner.pw_gid).gr_name
    (folder / "mail").mkdir(parents=True)
    written = folder / "dovecot.conf"
    written.write_text(
        _CONFIGURATION.format(
            folder=folder, port=port, password=PASSWORD, uid=owner.pw_uid, gid=owner.pw_gid,
            user=user, login=login, group=group, lmtp_too=" lmtp" if lmtp else "",
            lmtp_service=_LMTP.format(port=lmtp) if lmtp else "",
        )
    )  # fmt: skip
    server = subprocess.Popen([program, "-F", "-c", str(written)])
    try:
        _wait(server, port, folder / "dovecot.log")
        if lmtp:
            _wait(server, lmtp, folder / "dovecot.log")
        yield Dovecot(port, folder, owner, lmtp)
    finally:
        server.terminate()
        server.wait(20)


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"Dovecot did not start: {log.read_text() if log.exists() else ''}")
