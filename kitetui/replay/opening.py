"""Which source plays a recording: a capture its own messages, any other format those made of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from kitetui.record.capture import CaptureReader
from kitetui.record.capture.records import Record
from kitetui.record.opening import Format, open_reader
from kitetui.replay.source import RowsSource, Source


class CaptureSource:
    """A capture as it is. span: its first and last moment, UTC nanoseconds; names: of its tokens."""

    def __init__(self, path: Path, *, span: tuple[int, int], names: Mapping[int, tuple[str, str]]) -> None:
        self.span = span
        self.names = names
        self._path = path

    def records(self, since: int | None = None) -> Iterator[Record]:
        """Yield what was recorded; every call begins anew."""
        return CaptureReader(self._path).records(since)


def source_of(path: Path, span: tuple[int, int], names: Mapping[int, tuple[str, str]]) -> Source:
    """Return what plays a recording whose span and names are known. Raises UserError."""
    if Format.of_file(path) is Format.CAPTURE:
        return CaptureSource(path, span=span, names=names)
    return RowsSource(open_reader(path), span=span, names=names)
