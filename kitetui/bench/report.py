"""What was found, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from rich import box
from rich.table import Table as Drawn

from kitetui.bench.process import Machine
from kitetui.bench.results import BenchSettings, Cell, Figure, Outcome, ResultTable

_JUDGED: Final = {True: "met", False: "MISSED", None: "not judged"}


def as_json(machine: Machine, settings: BenchSettings, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Return all that was found as what JSON knows."""
    return {
        "machine": asdict(machine),
        "settings": asdict(settings),
        "targets": [_target(name, each) for name, outcome in outcomes.items() for each in outcome.figures],
        "tables": {each.name: each.as_dicts() for outcome in outcomes.values() for each in outcome.tables},
        "remarks": [each for outcome in outcomes.values() for each in outcome.remarks],
    }


def drawn(outcome: Outcome) -> Iterator[Drawn | str]:
    """Yield what to print of one benchmark: its tables, its targets and its remarks."""
    yield from map(_drawn_table, outcome.tables)
    if outcome.figures:
        yield _drawn_figures(outcome.figures)
    yield from outcome.remarks


def machine_line(machine: Machine) -> str:
    """Return the machine in one line."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return f"{machine.processor}, {machine.cores} cores, {machine.system}, {machine.python}, {versions}"


def text_of(cell: Cell) -> str:
    """Return a cell as people read it."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float():
            return (
                f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:,.1f}" if abs(cell) >= 10 else f"{cell:,.2f}"
            )
        case int():
            return f"{cell:,}"
        case _:
            return cell


def _target(benchmark: str, figure: Figure) -> dict[str, Any]:
    return {
        "benchmark": benchmark,
        "name": figure.name,
        "value": figure.value,
        "unit": figure.unit,
        "target": figure.target or None,
        "met": figure.met,
    }


def _drawn_table(table: ResultTable) -> Drawn:
    # A column that says nothing of anything, as that of a rival who is not here, is not drawn.
    kept = [at for at, _ in enumerate(table.columns) if any(row[at] is not None for row in table.rows)]
    grid = _grid(f"{table.name}: {table.title}")
    for at in kept:
        is_text = all(isinstance(row[at], str | bool) for row in table.rows)
        grid.add_column(table.columns[at].replace("_", " "), justify="left" if is_text else "right")
    for row in table.rows:
        grid.add_row(*(text_of(row[at]) for at in kept))
    return grid


def _drawn_figures(figures: Iterable[Figure]) -> Drawn:
    grid = _grid("targets")
    for name in ("what", "measured", "target", ""):
        grid.add_column(name, justify="right" if name == "measured" else "left")
    for each in figures:
        measured = f"{text_of(each.value)} {each.unit}" if each.value is not None else "not measured"
        grid.add_row(each.name, measured, each.target, _JUDGED[each.met] if each.target else "")
    return grid


def _grid(title: str) -> Drawn:
    return Drawn(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
