"""Where an embedded server keeps its files, and as whom it runs."""

import errno
import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from core.embedded.children import StartError

# Only for root: data and binaries that the unprivileged account could not reach where they are.
SHARED = Path("/var/lib/throughline")
_SOCKET_PATH_LIMIT = 100  # the kernel allows 107 bytes; some clients append a suffix
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
MINIMUM_FREE = 300 * 1024 * 1024


@dataclass(frozen=True)
class Account:
    """The unprivileged account that PostgreSQL runs as when we are root."""

    uid: int
    gid: int
    name: str

    def can(self, test: str, path: Path) -> bool:
        """Whether the account passes the shell's `test -r|-w|-x path`: asked of the kernel, not computed."""
        asked = subprocess.run(
            ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)],
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd="/",
            env={},
            check=False,
        )
        return asked.returncode == 0


def account_for(data: Path) -> Account | None:
    """The account to run a server as: None for ourselves; for root, the owner of the data or nobody."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        try:
            return Account(owner.st_uid, owner.st_gid, pwd.getpwuid(owner.st_uid).pw_name)
        except KeyError:
            return Account(owner.st_uid, owner.st_gid, str(owner.st_uid))
    for name in ("throughline", "nobody", "daemon"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return Account(found.pw_uid, found.pw_gid, name)
    raise StartError(
        "PostgreSQL refuses to run as root and this machine has no unprivileged account "
        "(looked for throughline, nobody, daemon). Create one, for example with: useradd --system throughline"
    )


def make_folder(folder: Path, mode: int = 0o711) -> None:
    """Create our own folder and its parents when missing; a sentence when that is not possible."""
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            folder.chmod(mode)
    except OSError as error:
        raise StartError(
            f"The folder {folder} could not be created ({error.strerror}). "
            "Choose another one with THROUGHLINE_HOME, or make its parent writable for you."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StartError(
            f"The folder {folder} is not writable for {_name(os.geteuid())}; it belongs to "
            f"{_name(folder.stat().st_uid)}. Start Throughline as its owner, "
            "or choose another folder with THROUGHLINE_HOME."
        )


def make_private(folder: Path, account: Account | None) -> None:
    """Create a folder that only the server's account may enter, or check that an existing one is that."""
    owner = os.geteuid() if account is None else account.uid
    try:
        folder.mkdir(mode=0o700)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
            raise StartError(
                f"{folder} belongs to {_name(found.st_uid)}, not to {_name(owner)}. "
                "Start Throughline as that account, or choose another folder with THROUGHLINE_HOME."
            ) from None
        if found.st_uid != owner:
            give(folder, account)
        folder.chmod(0o700)
    except OSError as error:
        raise StartError(f"The folder {folder} could not be created ({error.strerror}).") from error


def give(folder: Path, account: Account | None) -> None:
    """Hand a tree of ours to the account (only root can)."""
    if account is None:
        return
    os.chown(folder, account.uid, account.gid)
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(root, name), account.uid, account.gid, follow_symlinks=False)


def check_space(folder: Path, needed: int = MINIMUM_FREE) -> None:
    """Refuse with a sentence when the disk under `folder` has less than `needed` bytes left."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StartError(
            f"Only {free // 1024**2} MB are free on the disk that holds {folder}; "
            f"Throughline needs {needed // 1024**2} MB. "
            "Free some space, or choose a folder on another disk with THROUGHLINE_HOME."
        )


def server_folder(folder: Path, account: Account | None) -> Path:
    """`folder`, or a stand-in under /var/lib/throughline where the account can reach it.

    The stand-in is remembered as the link `folder/elsewhere`, so that removing `folder` starts afresh.
    """
    link = folder / "elsewhere"
    if link.is_symlink():
        if not link.is_dir():
            raise StartError(
                f"The database of {folder} was kept in {link.readlink()}, which is gone. "
                f"Put it back, or remove {folder} to start afresh."
            )
        return link.resolve()
    if account is None or account.can("-x", folder):
        return folder
    if (folder / "data").exists():
        raise StartError(
            f"The account {account.name}, as which PostgreSQL runs, may no longer enter {folder}. "
            f"Allow it (chmod a+x on each parent folder), or choose another folder with THROUGHLINE_HOME."
        )
    make_folder(SHARED, 0o755)
    place = Path(tempfile.mkdtemp(prefix=f"{digest(folder)}-", dir=SHARED))
    place.chmod(0o711)
    (place / "home").write_text(f"{folder}\n")
    link.symlink_to(place)
    return place


def socket_folder(place: Path, account: Account | None, longest: str) -> Path:
    """A private folder for sockets: in `place`, or in /tmp when that path is too long or odd for a URL."""
    folder = place / "run"
    if len(os.fsencode(folder / longest)) > _SOCKET_PATH_LIMIT or not _PLAIN.fullmatch(str(folder)):
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        base = runtime if account is None and len(runtime) < 40 and os.access(runtime, os.W_OK) else "/tmp"  # noqa: S108 - a socket needs a short path; the folder is private and its owner is checked
        folder = Path(base) / f"throughline-{digest(place)}"
    make_private(folder, account)
    return folder


def in_words(error: OSError) -> StartError:
    """What the operating system refused, as a sentence that says what to do."""
    where = error.filename or "a file"
    if error.errno == errno.ENOSPC:
        return StartError(
            f"The disk that holds {where} is full. Free some space, or set THROUGHLINE_HOME to another disk."
        )
    if isinstance(error, PermissionError):
        return StartError(
            f"{_name(os.geteuid())} may not use {where}: it belongs to another account. "
            "Start Throughline as the account that made it, or choose another folder with THROUGHLINE_HOME."
        )
    return StartError(f"{where}: {error.strerror or error}.")


def digest(path: Path) -> str:
    """Ten characters that stand for a path."""
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:10]


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
