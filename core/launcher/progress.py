"""What the person in front of the terminal sees: a line a step, in colour where there is a terminal."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table


class Progress:
    """Steps with their time, lines, and the closing panel."""

    def __init__(self, console: Console | None = None) -> None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 must not stop us
        self.console = console or Console(highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show that something is going on, and how long it took."""
        begun = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(f"{escape(text)} …"):
                yield
            mark = "[green]✓[/]"
        else:
            yield
            mark = "-"
        self._print(f"{mark} {escape(text)} [dim]{time.monotonic() - begun:.1f} s[/]")

    def say(self, text: str) -> None:
        """One line between the steps."""
        self._print(escape(text))

    def complain(self, text: str) -> None:
        """One line about what went wrong."""
        self._print(f"[red]✗[/] {escape(text)}" if self.console.is_terminal else escape(text))

    def panel(
        self, title: str, sections: Sequence[tuple[str, Sequence[tuple[str, str]]]], footer: str
    ) -> None:
        """A short closing table: sections of (label, value) pairs."""
        table = Table.grid(padding=(0, 3))
        for index, (heading, rows) in enumerate(sections):
            if index:
                table.add_row()
            table.add_row(f"[bold]{escape(heading)}[/]")
            for label, value in rows:
                table.add_row(f"  {escape(label)}", f"[cyan]{escape(value)}[/]")
        if self.console.is_terminal:
            self._print(
                Panel.fit(table, title=f"[bold]{escape(title)}[/]", border_style="cyan", padding=(1, 2))
            )
        else:
            self._print(f"\n{escape(title)}\n")
            self._print(table)
        self._print(f"[dim]{escape(footer)}[/]")

    def _print(self, what: RenderableType) -> None:
        with suppress(BrokenPipeError):  # nobody reads any more: no reason to end
            self.console.print(what)
