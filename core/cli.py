"""`throughline`: one command line for everything, put together from the packages' entry points."""

import json
import os
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import click

from core.errors import DomainError

GROUP = "throughline.commands"

# What `throughline --help` says, in its order, so that it need not import every package to say it.
SUMMARIES = {
    "up": "Start everything on this machine: databases, site, desk, workers, sandbox.",
    "web": "Serve the customer site, the desk and the API.",
    "worker": "Run jobs.",
    "relay": "Hand due jobs to the workers.",
    "listen": "Take mail from customers (SMTP).",
    "migrate": "Bring the database's tables up to date.",
    "seed": "Load the demo company.",
    "verify": "Rebuild derived data and report every difference.",
    "backup": "Write everything worth keeping into one file.",
    "restore": "Load a backup, and compare every table with it.",
    "doctor": "Check this machine and this installation, and say what to do.",
    "create-admin": "Add a colleague with every right.",
    "dns": "Check what the DNS says of our mail domain, and print what to publish.",
    "token": "Make, show and revoke the keys with which programs use the API.",
}
# These make or judge the environment themselves; all others need a database to talk to.
_WITHOUT_DATABASE = {"up", "doctor"}


class Commands(click.Group):
    """A group whose commands are entry points, imported only when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = {entry.name for entry in entry_points(group=GROUP)}
        return [name for name in SUMMARIES if name in found] + sorted(found - SUMMARIES.keys())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for entry in entry_points(group=GROUP, name=cmd_name):
            if "--help" not in sys.argv and cmd_name not in _WITHOUT_DATABASE:
                adopt_environment()
            return _load(entry)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES.get(name, "")) for name in self.list_commands(ctx)])


def _load(entry: EntryPoint) -> click.Command:
    command = entry.load()
    if not isinstance(command, click.Command):
        raise TypeError(f"The entry point {entry.value} is not a click command.")
    return command


def default_home() -> Path:
    """THROUGHLINE_HOME, else `.throughline` in the checkout, else in the present folder."""
    if home := os.environ.get("THROUGHLINE_HOME"):
        return Path(home).expanduser().absolute()
    checkout = Path(__file__).resolve().parents[1]
    return (checkout if (checkout / "pyproject.toml").exists() else Path.cwd()) / ".throughline"


def adopt_environment() -> None:
    """Point a command at the running `throughline up` when the environment names no database of its own."""
    file = default_home() / "environment.json"
    if "THROUGHLINE_DATABASE_URL" in os.environ or not file.exists():
        return
    from core.embedded.children import FolderLock

    lock = FolderLock(file.parent / "lock")
    if lock.take():
        lock.release()
        raise click.ClickException(
            f"Throughline is not running in {file.parent}. Start it with `make run`, "
            "or set THROUGHLINE_DATABASE_URL and its companions to work on another installation."
        )
    for name, value in json.loads(file.read_text()).items():
        os.environ.setdefault(name, value)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="throughline")
def throughline() -> None:
    """Throughline: everything that passes between a company and its customers, on one timeline."""


def main() -> None:
    """Run the command line; what a person can mend is a sentence, not a traceback."""
    try:
        throughline(prog_name="throughline")
    except DomainError as error:
        click.echo(f"{click.style('Error:', fg='red')} {error.message}", err=True)
        sys.exit(1)
    except Exception as error:
        if (sentence := _about_settings(error)) is None:
            raise
        click.echo(f"{click.style('Error:', fg='red')} {sentence}", err=True)
        sys.exit(1)


def _about_settings(error: Exception) -> str | None:
    """The variables that are missing or wrong, when that is what the error is about."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or error.title != "Settings":
        return None
    wrong = "; ".join(f"THROUGHLINE_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors())
    return f"The environment is not complete. {wrong}. To try Throughline on this machine, use `make run`."


if __name__ == "__main__":
    main()
