"""The files that a recording writes at one time: one a format, and the gap log beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from kitetui.record.capture import CaptureWriter
from kitetui.record.formats import Writer
from kitetui.record.gaplog import GapLog, Lack
from kitetui.record.ledgerfile import LedgerFile, Standing
from kitetui.record.names import NameOf


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSet:
    """Open files; `name` is for people.

    writers: take rows. capture: takes what was on the wire. gaps, ledger: None where there is no place for
    them. is_followed: whether another recording may go on from these, and asks the ledger.
    """

    name: str
    writers: Sequence[Writer] = ()
    capture: CaptureWriter | None = None
    gaps: GapLog | None = None
    ledger: LedgerFile | None = None
    is_followed: bool = False

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

    @property
    def rows(self) -> int:
        """Rows that every file has."""
        return min(each.rows for each in self._files())

    def rename(self, name_of: NameOf) -> None:
        """Name by this what is written from now on."""
        for each in self._files():
            each.rename(name_of)
        if self.gaps is not None:
            self.gaps.rename(name_of)

    def flush(self, *, sync: bool) -> None:
        """Have readers, and a start after a kill, find all that was written. Raises RecordingError."""
        for each in self._files():
            each.flush(sync=sync)
        if sync and self.gaps is not None:
            self.gaps.sync()

    def put(self, standing: Standing) -> None:
        """Keep what is known of what was flushed. Raises RecordingError."""
        if self.ledger is not None:
            self.ledger.put(standing)

    def forget(self) -> None:
        """Remove the ledger: another says as much, or nobody asks."""
        if self.ledger is not None:
            self.ledger.remove()

    def close(self) -> None:
        """Finish every file, even if one of them cannot be. Raises RecordingError."""
        with ExitStack() as closing:
            if self.ledger is not None:
                closing.callback(self.ledger.close)
            if self.gaps is not None:
                closing.callback(self.gaps.close)
            for each in self._files():
                closing.callback(each.close)

    def _files(self) -> Iterator[Writer | CaptureWriter]:
        yield from self.writers
        if self.capture is not None:
            yield self.capture
