"""The folder that holds everything of one installation: THROUGHLINE_HOME."""

import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

from core.embedded import places
from core.embedded.children import FolderLock, StartError

_KEPT_LOGS = 3


class Home:
    """Paths, the lock and the remembered facts of one installation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self._lock = FolderLock(folder / "lock")
        self.guard_lock = FolderLock(folder / "guard.lock")

    def open(self) -> None:
        """Create the folder when missing and take it; raises StartError when another launcher has it."""
        places.make_folder(self.folder)
        places.check_space(self.folder)
        places.make_folder(self.logs)
        if not self._lock.take(seconds=1):
            raise StartError(
                f"Throughline already runs from {self.folder} (process {self._lock.holder()}). "
                "Use that one, stop it first, or start a second copy with another THROUGHLINE_HOME and "
                "other ports in THROUGHLINE_PORT, THROUGHLINE_SMTP_PORT and THROUGHLINE_SANDBOX_PORT."
            )
        # The guard of a launcher that was killed may still be ending that launcher's processes.
        if not self.guard_lock.take(seconds=20):
            raise StartError(f"Processes of an earlier start from {self.folder} are still ending. Try again.")
        self.guard_lock.release()

    def is_taken(self) -> bool:
        """Whether a launcher runs from here."""
        if not self.folder.is_dir():
            return False
        if self._lock.take():
            self._lock.release()
            return False
        return True

    def close(self) -> None:
        """Let another launcher have the folder."""
        self._lock.release()

    def log(self, name: str) -> Path:
        """A fresh log file `logs/<name>.log`; earlier ones move to `.1`, `.2`, `.3`."""
        path = self.logs / f"{name}.log"
        for number in range(_KEPT_LOGS, 0, -1):
            older = path if number == 1 else path.with_suffix(f".log.{number - 1}")
            if older.exists():
                older.replace(path.with_suffix(f".log.{number}"))
        return path

    def recall(self, name: str) -> dict[str, Any]:
        """What was remembered under a name; empty when nothing was or it cannot be read."""
        try:
            found = json.loads((self.folder / f"{name}.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def remember(self, name: str, facts: dict[str, Any]) -> None:
        """Write `<name>.json`, readable by its owner only, whole or not at all."""
        path = self.folder / f"{name}.json"
        half = path.with_suffix(".new")
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(facts, file, indent=1)
            file.flush()
            os.fsync(descriptor)
        half.replace(path)

    def secrets(self) -> dict[str, str]:
        """The secrets of this installation, made on first use and kept: links and webhooks stay valid."""
        path = self.folder / "secrets.json"
        found: dict[str, str] = self.recall("secrets")
        if path.exists() and not found:
            raise StartError(f"{path} cannot be read. Restore it, or remove it to have new secrets made.")
        fresh = {
            "secret_key": secrets.token_urlsafe(48),
            "stripe_key": f"sk_test_{secrets.token_hex(24)}",
            "stripe_webhook_secret": f"whsec_{secrets.token_hex(24)}",
            "twilio_sid": f"AC{secrets.token_hex(16)}",
            "twilio_token": secrets.token_hex(16),
            "authserv_id": f"mx-{secrets.token_hex(8)}.sandbox.test",
        }
        if fresh.keys() - found.keys():
            found = fresh | found
            self.remember("secrets", found)
        return found

    def remove(self) -> None:
        """Delete the installation, the part that root keeps elsewhere included."""
        for link in self.folder.glob("*/elsewhere"):
            shutil.rmtree(link.resolve(), ignore_errors=True)
        shutil.rmtree(self.folder)
