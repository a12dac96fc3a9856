"""What every format of a recording does, whatever it looks like on the disk.

Writers and readers do plain blocking work: a recorder calls them in a thread, never on the event loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from kitetui.record.names import NameOf
from kitetui.record.rows import Rows


class Writer(Protocol):
    """Writes rows to one file."""

    @property
    def size(self) -> int:
        """Bytes that the file has."""

    @property
    def rows(self) -> int:
        """Rows of those given that the file has: a kill of now would leave them."""

    def rename(self, name_of: NameOf) -> None:
        """Name by this the rows to come."""

    def write(self, rows: Rows) -> None:
        """Add rows. Raises RecordingError where they cannot be written; the file is whole then."""

    def flush(self, *, sync: bool) -> None:
        """Have a reader, and a later start after a kill, find all that was written; `sync`: after a power
        cut too. Raises RecordingError."""

    def close(self) -> None:
        """Finish the file; what comes before is written. Raises RecordingError."""


class Reader(Protocol):
    """Reads the rows of one file, from its beginning, in bounded memory; every iteration begins anew.

    names: the exchange and tradingsymbol of each token, known when the rows that have it are yielded.
    position: how far the iteration is, from 0 to 1.
    damage: one sentence for each place that could not be read, so far; what is sound around it is yielded.
    """

    @property
    def names(self) -> Mapping[int, tuple[str, str]]: ...

    @property
    def position(self) -> float: ...

    @property
    def damage(self) -> Sequence[str]: ...

    def __iter__(self) -> Iterator[Rows]: ...
