"""What every format shares: the protocols of readers and writers, and how damage is reported.

Readers and writers do plain blocking work: a recorder calls them in a thread, never on the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from kitetui.record.rows import TickRows

NameOf = Callable[[int], tuple[str, str] | None]
"""Gives the exchange and tradingsymbol of a token, or None if they are not known.

Whoever writes may keep an answer: for another one to the same token it is to be told to `rename`.
"""


_SHOWN: Final = 20
"""Sentences of damage that are kept; a file that is wrong all over needs no more."""


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

    def write(self, rows: TickRows) -> None:
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

    def __iter__(self) -> Iterator[TickRows]: ...


class Damage:
    """What could not be read of a file, in sentences, however much it is."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self._more = 0

    def add(self, sentence: str) -> None:
        """Take in one place that could not be read."""
        if len(self._sentences) < _SHOWN:
            self._sentences.append(sentence)
        else:
            self._more += 1

    @property
    def sentences(self) -> Sequence[str]:
        """The first of them, and how many more there are."""
        return [*self._sentences, f"and {self._more:,} more"] if self._more else list(self._sentences)
