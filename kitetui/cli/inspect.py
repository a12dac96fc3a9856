"""`kitetui inspect`: what a recording holds, and what it lacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kitetui.cli.progressbar import with_bar

if TYPE_CHECKING:
    from kitetui.record.inspection import Inspection

DAMAGED = 1
"""The exit code where something could not be read."""


def inspect(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings of any format.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Print what recordings hold: span, rows, symbols, rate, gaps, order and damage.

    The exit code is 1 where something in them could not be read.
    """
    found = [_inspected(path) for path in files]
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        typer.echo("\n\n".join("\n".join(_lines(each)) for each in found))
    if any(each["damage"] for each in found):
        raise typer.Exit(DAMAGED)


def _inspected(path: Path) -> dict[str, Any]:
    from kitetui.record import Format, open_reader
    from kitetui.record.inspection import inspect as count
    from kitetui.record.inspection import logged_gaps, open_gaps

    kind = Format.of_file(path)
    reader = open_reader(path, partial=True)
    *_, counted = with_bar(count(reader), reader, f"inspecting {path.name}")
    gaps = logged_gaps(path)
    return {
        "file": str(path),
        "format": str(kind),
        "bytes": path.stat().st_size,
        **_counted(counted),
        "gaps": None if gaps is None else [dict(each) for each in gaps],
        "open_gaps": [dict(each) for each in open_gaps(path)],
        "damage": list(reader.damage),
    }


def _counted(counted: Inspection) -> dict[str, Any]:
    from kitetui.times import ist_microseconds

    return {
        "rows": counted.rows,
        "from": None if counted.first is None else ist_microseconds(counted.first),
        "to": None if counted.last is None else ist_microseconds(counted.last),
        "seconds": round(counted.seconds, 6),
        "rows_a_second": round(counted.rows / counted.seconds, 1) if counted.seconds else None,
        "rows_in_the_busiest_second": counted.busiest,
        "symbols": len(counted.symbols),
        "modes": dict(counted.modes),
        "connections": {str(number + 1): rows for number, rows in sorted(counted.connections.items())},
        "snapshots": counted.snapshots,
        "missing": counted.missing,
        "repeated": counted.repeated,
        "restarts": counted.restarts,
        "out_of_order": counted.out_of_order,
    }


def _lines(found: dict[str, Any]) -> Iterator[str]:
    from kitetui.formatting import duration, group, noun, plain

    def many(name: str) -> str:
        return group(found[name])

    yield plain(f"{found['file']}: {found['format']}, {found['bytes'] / 1e6:,.1f} MB")
    yield f"  rows          {many('rows')} of {many('symbols')} symbols"
    if found["rows"]:
        yield f"  span          {found['from']} to {found['to']} ({duration(found['seconds'])})"
        busiest = f"{many('rows_in_the_busiest_second')} in the busiest second"
        rate = found["rows_a_second"]
        yield f"  rate          {f'{rate:,.1f} a second, ' if rate else ''}{busiest}"
        yield f"  modes         {_list(found['modes'])}"
        yield f"  connections   {_list(found['connections'], 'ws')}"
        yield f"  snapshots     {many('snapshots')} rows that may be answers of the server, not live"
        yield f"  sequence      {_sequence(found)}"
        yield f"  order         {many('out_of_order')} rows received before the one above them"
    yield from _gap_lines(found["gaps"])
    for gap in found["open_gaps"]:
        of = f"ws{gap['connection']}, {group(gap['symbols'])} {noun(gap['symbols'], 'symbol')}"
        yield plain(f"  open gap      {gap['from']} on, {of}: {gap['reason']}")
    yield from (plain(f"  damage        {each}") for each in found["damage"])
    if not found["damage"]:
        yield "  damage        none found"


def _sequence(found: dict[str, Any]) -> str:
    from kitetui.formatting import group

    said = [f"{group(found['missing'])} ticks missing", f"{group(found['repeated'])} repeated"]
    if found["restarts"]:
        said.append(f"begins anew {group(found['restarts'])} times")
    return ", ".join(said)


def _gap_lines(gaps: list[dict[str, str]] | None) -> Iterator[str]:
    from kitetui.formatting import plain

    if gaps is None:
        yield "  gaps          unknown: there is no gap log beside it"
    elif not gaps:
        yield "  gaps          none"
    else:
        yield f"  gaps          {len(gaps):,}"
        for gap in gaps:
            on = f"ws{gap['connection']}" if gap.get("connection") else "all"
            yield plain(f"    {gap.get('from')} {gap.get('seconds')} s {on}: {gap.get('reason')}")


def _list(counts: dict[str, int], before: str = "") -> str:
    from kitetui.formatting import group

    return ", ".join(f"{before}{name} {group(rows)}" for name, rows in counts.items())
