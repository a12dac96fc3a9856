"""What every format shares: the bases of readers and writers, and how damage is reported.

Readers and writers do plain blocking work: a recorder calls them in a thread, never on the event loop.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.errors import UserError
from kitetui.record.output import Output, StalledError
from kitetui.record.rows import TickRows

NameOf = Callable[[int], tuple[str, str] | None]
"""Gives the exchange and tradingsymbol of a token, or None if they are not known.

Whoever writes may keep an answer: for another one to the same token it is to be told to `rename`.
"""


_SHOWN: Final = 20
"""Sentences of damage that are kept; a file that is wrong all over needs no more."""


class Writer(ABC):
    """Writes rows to one file; `rows` of those given are in it: a crash would leave them."""

    def __init__(self, name_of: NameOf) -> None:
        self.rows = 0
        self._name_of = name_of

    @property
    @abstractmethod
    def size(self) -> int:
        """Bytes that the file has."""

    def rename(self, name_of: NameOf) -> None:
        """Name by this the rows to come."""
        self._name_of = name_of

    @abstractmethod
    def write(self, rows: TickRows) -> None:
        """Add rows. Raises RecordingError where they cannot be written; the file is whole then."""

    @abstractmethod
    def flush(self, *, sync: bool) -> None:
        """Have a reader, and a later start after a crash, find all that was written; `sync`: after a power
        cut too. Raises RecordingError."""

    @abstractmethod
    def close(self) -> None:
        """Finish the file; what comes before is written. Raises RecordingError."""


class OutputWriter(Writer):
    """Writes on an open destination."""

    def __init__(self, output: Output, name_of: NameOf) -> None:
        super().__init__(name_of)
        self._output = output

    @property
    def size(self) -> int:
        return self._output.size

    def flush(self, *, sync: bool) -> None:
        if sync:
            self._output.sync()

    def close(self) -> None:
        self._output.close()


class LineWriter(OutputWriter):
    """Adds a line for each row."""

    def write(self, rows: TickRows) -> None:
        if not len(rows):
            return
        try:
            self._output.write(self._lines(rows))
        except StalledError as stalled:
            self.rows += stalled.lines
            raise
        self.rows += len(rows)

    @abstractmethod
    def _lines(self, rows: TickRows) -> bytes: ...


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


class Reader(ABC):
    """Reads the rows of one file, from its beginning, in bounded memory; every iteration begins anew.

    names: the exchange and tradingsymbol of each token, known when the rows that have it are yielded.
    position: how far the iteration is, from 0 to 1.
    """

    def __init__(self, path: Path) -> None:
        self.names: dict[int, tuple[str, str]] = {}
        self.position = 0.0
        self._path = path
        self._damage = Damage()

    @property
    def damage(self) -> Sequence[str]:
        """One sentence for each part that could not be read so far; what is sound around it is yielded."""
        return self._damage.sentences

    def __iter__(self) -> Iterator[TickRows]:
        """Yield the rows, batch by batch. Raises UserError where the file cannot be read at all."""
        self._restart()
        with reading(self._path):
            yield from self._batches()
        self.position = 1.0

    @abstractmethod
    def _batches(self) -> Iterator[TickRows]:
        """Yield the rows, and keep `position`, `names` and the damage up to date. Raises OSError."""

    def _restart(self) -> None:
        self._damage, self.position = Damage(), 0.0

    def _learn(self, tokens: NDArray[np.uint32], name_at: Callable[[int], tuple[str, str]]) -> None:
        """Take in the names of tokens that are new; `name_at` gives the name of the token at an index."""
        found, first = np.unique(tokens, return_index=True)
        for token, index in zip(found.tolist(), first.tolist(), strict=True):
            if token not in self.names and (name := name_at(index))[1]:
                self.names[token] = name


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raise UserError where a recording cannot be read."""
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", "name a recording") from error
