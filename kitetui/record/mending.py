"""After a kill or a power cut: what it left of recordings is made good before anything is added."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from kitetui.errors import UserError
from kitetui.record.gaplog import SUFFIX as GAPS
from kitetui.record.gaplog import gap_log_of, repair_log
from kitetui.record.opening import Format, repair
from kitetui.record.output import is_being_written

_UNFINISHED: Final = (".journal", ".part")
"""What stands beside a Parquet file that was not finished."""


def mend_folder(folder: Path) -> Iterator[str]:
    """Mend every recording of a folder that nobody is writing; yield what was done, one sentence each."""
    for path in sorted(set(map(_recording_of, folder.glob("ticks-*")))):
        with suppress(UserError):  # it is none of ours, and stays as it is
            if path.name.endswith(GAPS):
                yield from mend_log(path)
            else:
                yield from mend(path, Format.of_name(path))


def mend(path: Path, kind: Format) -> Iterator[str]:
    """Mend one recording, unless somebody is writing it; yield what was done. Raises UserError."""
    log = gap_log_of(path)
    if not (log.exists() and is_being_written(log)) and (done := repair(kind, path)) is not None:
        yield done


def mend_log(log: Path) -> Iterator[str]:
    """Mend a gap log, unless somebody is writing it; yield what was done. Raises UserError."""
    if log.exists() and not is_being_written(log) and (done := repair_log(log)) is not None:
        yield done


def _recording_of(path: Path) -> Path:
    return path.with_suffix("") if path.suffix in _UNFINISHED else path
