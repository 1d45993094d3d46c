"""`make clean`: remove the data of the installation in THROUGHLINE_HOME."""

import sys

from core.cli import default_home
from core.launcher.home import Home


def main() -> int:
    """Remove the data folder unless Throughline runs from it; 0 when nothing is left."""
    home = Home(default_home())
    if home.is_taken():
        print(f"Throughline is running from {home.folder}: stop it first.", file=sys.stderr)
        return 1
    if home.folder.is_dir():
        if not (home.folder / "secrets.json").exists():
            print(f"{home.folder} does not look like Throughline's data: left alone.", file=sys.stderr)
            return 1
        home.remove()
        print(f"Removed {home.folder}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
