"""What is to be recorded, how and where: the options of a recording, read and checked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Final

from kitetui.errors import UserError
from kitetui.record import COLUMNS, Format, Rotation
from kitetui.record.csv import parse_columns
from kitetui.record.destinations import Destination, File, Folder, StandardOutput
from kitetui.record.output import refuse_pipe
from kitetui.record.recorder import FLUSH, Durability

_HERE: Final = "name a file elsewhere with -o"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingOptions:
    """The options as they are given; None and False are those that are not.

    flush: seconds. until: a time of day in India.
    """

    formats: Sequence[str]
    output: str | None = None
    columns: str | None = None
    integers: bool = False
    rotate: str | None = None
    append: bool = False
    flush: float | None = None
    fsync: bool = False
    until: str | None = None
    market_hours: bool = False

    @property
    def durability(self) -> Durability:
        """How soon the recording is safe."""
        return Durability(FLUSH if self.flush is None else self.flush, self.fsync)

    def destination(self) -> Destination:
        """Return where the recording goes. Raises UserError for options that do not go together."""
        formats = [Format(each) for each in self.formats]
        columns = COLUMNS if self.columns is None else parse_columns(self.columns)
        if self.columns is not None and Format.CSV not in formats:
            raise UserError("--columns chooses those of CSV", "add --csv, or leave it out")
        if self.integers and Format.PARQUET not in formats:
            raise UserError("--integers is for the prices of Parquet", "add --parquet, or leave it out")
        if self.output is not None and self.output != "-" and _is_folder(self.output):
            if self.append:
                raise UserError("--append continues one file, and a folder gets new ones", "leave it out")
            rotation = Rotation.parse(self.rotate) if self.rotate else Rotation()
            return Folder(
                Path(self.output), formats, columns, rotation, is_series=True, integers=self.integers
            )
        if self.rotate:
            raise UserError("--rotate needs a folder for its files", "name one with -o, such as -o ticks/")
        return self._single(formats, columns)

    def _single(self, formats: Sequence[Format], columns: Sequence[str]) -> Destination:
        if self.output == "-" or (self.output is None and not sys.stdout.isatty()):
            if len(formats) > 1:
                raise UserError(
                    "standard output takes one format", "for several name a folder, such as -o ticks/"
                )
            if self.append:
                raise UserError("--append continues a file", "name it with -o")
            return StandardOutput(formats[0], columns)
        if self.output is None:
            if self.append:
                raise UserError("--append continues a file", "name it with -o")
            return Folder(Path.cwd(), formats, columns, way_out=_HERE, integers=self.integers)
        if len(formats) > 1:
            raise UserError("a file takes one format", "for several name a folder: -o ticks/")
        path = Path(self.output)
        refuse_pipe(path)
        meant = Format.named(path)
        if meant not in (None, formats[0]):
            raise UserError(
                f"{path.name} is named as --{meant} is, and --{formats[0]} was asked for",
                f"let its name end in {formats[0].suffix}, or ask for --{meant}",
            )
        return File(Path(self.output), formats[0], columns, goes_on=self.append, integers=self.integers)

    def seconds_left(self, now: datetime) -> float | None:
        """Return the seconds to `until`, None without. Raises UserError where it is no time to come."""
        if self.until is None:
            return None
        try:
            end = datetime.combine(now.date(), time.fromisoformat(self.until), now.tzinfo)
        except ValueError:
            raise UserError(f"--until takes a time of day in India (15:30), not {self.until!r}") from None
        if end <= now:
            raise UserError(f"--until {self.until} is over today: it is {now:%H:%M} in India")
        return (end - now).total_seconds()


def _is_folder(output: str) -> bool:
    return output.endswith(("/", "\\")) or Path(output).is_dir()
