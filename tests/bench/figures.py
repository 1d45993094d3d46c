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
    """`ratio` is value / baseline; `met` says whether the target holds, None where there is none yet.

    `cpu` is what one unit costs the server and PostgreSQL together, in milliseconds.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    baseline_name: str = ""
    target: str = ""
    met: bool | None = None
    cpu: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def at_most(
    name: str,
    value: float,
    unit: str,
    limit: float | None = None,
    baseline: float | None = None,
    baseline_name: str = "",
    cpu: float | None = None,
) -> Figure:
    """A figure that is good when it is small."""
    target = f"<= {limit:g} {unit}" if limit is not None else ""
    met = value <= limit if limit is not None else None
    return Figure(name, value, unit, baseline, baseline_name, target, met, cpu)


def show(figures: Sequence[Figure], load: float) -> None:
    """Print the table and write build/bench.json; `load` is what the machine was busy with before we began."""
    table = Table(title=f"Throughline, measured; load average before: {load:.1f}")
    for column in ("figure", "value", "unit", "CPU ms", "baseline", "ratio", "target", "met"):
        table.add_column(column, justify="left" if column in {"figure", "unit", "target"} else "right")
    for figure in figures:
        table.add_row(
            figure.name,
            _number(figure.value),
            figure.unit,
            f"{figure.cpu:.2f}" if figure.cpu is not None else "",
            f"{_number(figure.baseline)} ({figure.baseline_name})" if figure.baseline else "",
            f"{figure.ratio:.2f}" if figure.ratio else "",
            figure.target,
            {True: "yes", False: "no", None: ""}[figure.met],
        )
    Console(width=170).print(table)
    OUT.parent.mkdir(exist_ok=True)
    rows = [
        {"name": figure.name, "value": figure.value, "unit": figure.unit, "baseline": figure.baseline}
        | {"ratio": figure.ratio, "target": figure.target, "met": figure.met}
        | {key: value for key, value in asdict(figure).items() if key in ("baseline_name", "cpu")}
        for figure in figures
    ]
    OUT.write_text(json.dumps(rows, indent=2))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.1f}" if value >= 10 else f"{value:.2f}"
