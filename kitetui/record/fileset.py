"""The files that a recording writes at one time: one a format, and the gap log beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from kitetui.record.capture import CaptureWriter
from kitetui.record.formats import Writer
from kitetui.record.gaplog import GapLog, Lack


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSet:
    """Open files; `name` is for people.

    writers: take rows. capture: takes what was on the wire. gaps: None where there is no place for a log.
    stopped_at: until when a recording that goes on was written to, UTC nanoseconds; None for a new one.
    """

    name: str
    writers: Sequence[Writer] = ()
    capture: CaptureWriter | None = None
    gaps: GapLog | None = None
    stopped_at: int | None = None

    @property
    def size(self) -> int:
        """Bytes of all files but the log."""
        return sum(each.size for each in self._files())

    @property
    def largest(self) -> int:
        """Bytes of the largest file."""
        return max(each.size for each in self._files())

    def lacks(self, lack: Lack) -> None:
        """Log that something is lacking. Raises RecordingError."""
        if self.gaps is not None:
            self.gaps.add(lack)

    def flush(self, *, sync: bool) -> None:
        """Have readers, and a start after a kill, find all that was written. Raises RecordingError."""
        for each in self._files():
            each.flush(sync=sync)

    def close(self) -> None:
        """Finish every file, even if one of them cannot be. Raises RecordingError."""
        with ExitStack() as closing:
            if self.gaps is not None:
                closing.callback(self.gaps.close)
            for each in self._files():
                closing.callback(each.close)

    def _files(self) -> Iterator[Writer | CaptureWriter]:
        yield from self.writers
        if self.capture is not None:
            yield self.capture
