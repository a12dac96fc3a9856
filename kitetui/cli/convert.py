"""`kitetui convert`: a recording in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kitetui.cli.inspect import DAMAGED
from kitetui.cli.progressbar import with_bar
from kitetui.errors import UserError


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A recording of any format.")],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="A new file: .csv, .jsonl, .parquet, .sqlite or .kcap.")
    ],
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="NAMES", help="Columns of a CSV, with commas.")
    ] = None,
    integers: Annotated[
        bool, typer.Option("--integers", help="Prices of a Parquet file as integers, with their divisor.")
    ] = False,
) -> None:
    """Write a recording in the format that the new file's name ends in; its gap log goes with it.

    What cannot be read is left out and said, and the exit code is 1 then.
    """
    from kitetui.formatting import group, plain
    from kitetui.record import COLUMNS, Format, open_reader
    from kitetui.record.conversion import convert as write
    from kitetui.record.conversion import copy_gap_log
    from kitetui.record.csv import parse_columns

    kind = Format.of_name(target)
    if columns is not None and kind is not Format.CSV:
        raise UserError(
            "--columns chooses those of a CSV", "name a new file that ends in .csv, or leave it out"
        )
    if integers and kind is not Format.PARQUET:
        raise UserError(
            "--integers is for the prices of Parquet",
            "name a new file that ends in .parquet, or leave it out",
        )
    chosen = COLUMNS if columns is None else parse_columns(columns)
    if target.exists():
        raise UserError(f"{target} is there already", "name another file")
    reader = open_reader(source)
    rows = sum(
        len(batch)
        for batch in with_bar(
            write(reader, target, kind, chosen, integers=integers), reader, f"converting {source.name}"
        )
    )
    copy_gap_log(source, target)
    typer.echo(f"{group(rows)} rows in {target}, {target.stat().st_size / 1e6:,.1f} MB")
    for each in reader.damage:
        typer.echo(f"kitetui: {source.name}: {plain(each)}", err=True)
    if reader.damage:
        typer.echo(
            f"kitetui: {target.name} lacks what could not be read; {source.name} is as it was", err=True
        )
        raise typer.Exit(DAMAGED)
