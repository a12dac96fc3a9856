"""A recording in another format: rows go from a reader to a writer, a batch at a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from kitetui.record.base import Reader
from kitetui.record.formats import Format, new_writer
from kitetui.record.gaplog import gap_log_of
from kitetui.record.output import writing
from kitetui.record.rows import TickRows


def convert(
    reader: Reader, path: Path, kind: Format, columns: Sequence[str], *, integers: bool = False
) -> Iterator[TickRows]:
    """Write a recording to a new file; yield what was written, batch by batch.

    columns, integers: as for `new_writer`.

    Closing the generator early leaves a file of what was written until then. Raises UserError.
    """

    def name_of(token: int) -> tuple[str, str] | None:
        return reader.names.get(token)

    made = new_writer(kind, path, name_of, columns, integers=integers)
    known: dict[int, tuple[str, str]] = {}
    try:
        for rows in reader:
            if any(name_of(token) != name for token, name in known.items()):
                made.rename(name_of)
            known = dict(reader.names)
            made.write(rows)
            yield rows
    finally:
        made.close()


def copy_gap_log(source: Path, target: Path) -> None:
    """Give a converted recording the gap log of the one that it was made of, if that has one."""
    log = gap_log_of(source)
    if log.exists() and log.resolve() != gap_log_of(target).resolve():
        with writing(gap_log_of(target)):
            shutil.copyfile(log, gap_log_of(target))
