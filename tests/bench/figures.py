"""Figures: what was measured, beside the baseline measured in the same run."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

OUT = Path(__file__).resolve().parents[2] / "build" / "bench.json"


@dataclass(frozen=True)
class Figure:
    """`ratio` is value / baseline; `met` says whether the target holds, None where there is none yet."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    baseline_name: str = ""
    target: str = ""
    met: bool | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def show(figures: Sequence[Figure], load: float) -> None:
    """Print the table and write build/bench.json; `load` is what the machine was busy with before we began."""
    table = Table(title=f"Throughline, measured; load average before: {load:.1f}")
    for column in ("figure", "value", "unit", "baseline", "ratio", "target", "met"):
        table.add_column(column, justify="left" if column in {"figure", "unit", "target"} else "right")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.value:,.1f}",
            figure.unit,
            f"{figure.baseline:,.1f} ({figure.baseline_name})" if figure.baseline else "",
            f"{figure.ratio:.2f}" if figure.ratio else "",
            figure.target,
            {True: "yes", False: "no", None: ""}[figure.met],
        )
    Console(width=150).print(table)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([{**asdict(figure), "ratio": figure.ratio} for figure in figures], indent=2))
