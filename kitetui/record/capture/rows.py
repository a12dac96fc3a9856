"""The rows of a capture: its messages decoded again, as they were when they came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from kitetui.record.capture.layout import RECORD_HEAD
from kitetui.record.capture.marks import Marks, Places
from kitetui.record.capture.notes import NamesNote, SnapshotNote, parse_note
from kitetui.record.capture.reader import CaptureReader
from kitetui.record.capture.records import Kind, Record
from kitetui.record.rows import Rows
from kitetui.wire import RequestError, decode_frames, parse_request

_BATCH_BYTES: Final = 400_000
"""Records that are decoded together, heads and all: a quiet night is nothing but heartbeats of one byte."""


class CaptureRows:
    """The rows of a capture, as the `Reader` of a format. Raises UserError for a file that is none."""

    def __init__(self, path: Path) -> None:
        self._reader = CaptureReader(path)
        self._names: dict[int, tuple[str, str]] = {}

    @property
    def names(self) -> Mapping[int, tuple[str, str]]:
        """The exchange and tradingsymbol of each token so far."""
        return self._names

    @property
    def damage(self) -> Sequence[str]:
        """One sentence for each place that could not be read."""
        return self._reader.damage

    @property
    def position(self) -> float:
        """How far the iteration is, from 0 to 1."""
        return self._reader.position

    def __iter__(self) -> Iterator[Rows]:
        marks = Marks()
        decoder = _Decoder(marks)
        for record in self._reader.records():
            match record.kind:
                case Kind.DATA:
                    decoder.add(record)
                    if decoder.bytes >= _BATCH_BYTES:
                        yield decoder.rows()
                case Kind.SENT:
                    if decoder.bytes:  # what is asked for concerns what comes after it
                        yield decoder.rows()
                    with suppress(RequestError):
                        marks.asked(record.connection, parse_request(record.data))
                case Kind.NOTE:
                    note = parse_note(record.data)
                    if decoder.bytes and not isinstance(note, SnapshotNote):  # as does what is lost
                        yield decoder.rows()
                    marks.noted(record.connection, note)
                    if isinstance(note, NamesNote):
                        self._names.update(note.names)
        if decoder.bytes:
            yield decoder.rows()


class _Decoder:
    """Messages that wait to be decoded together; `bytes` is how much waits."""

    def __init__(self, marks: Marks) -> None:
        self.bytes = 0
        self._marks = marks
        self._records: list[Record] = []
        self._taken: list[Places | None] = []
        self._next: defaultdict[int, int] = defaultdict(lambda: 1)

    def add(self, record: Record) -> None:
        self._records.append(record)
        self._taken.append(self._marks.take(record))
        self.bytes += RECORD_HEAD + len(record.data)

    def rows(self) -> Rows:
        """Decode all that waits."""
        records, taken = self._records, self._taken
        self._records, self._taken, self.bytes = [], [], 0
        batch = decode_frames([record.data for record in records])
        return Rows(
            words=batch.words,
            lengths=batch.lengths,
            received_at=np.array([record.at for record in records], np.int64)[batch.frames],
            connection=np.array([record.connection for record in records], np.uint8)[batch.frames],
            sequence=self._sequence(records, batch.frames),
            snapshot=self._marks.flags(records, taken, batch),
        )

    def _sequence(self, records: Sequence[Record], frames: np.ndarray) -> np.ndarray:
        """Return the number of each tick: its message's, counted on; where that is not known, the next."""
        counts = np.bincount(frames, minlength=len(records))
        firsts = np.empty(len(records), dtype=np.int64)
        for place, (record, count) in enumerate(zip(records, counts.tolist(), strict=True)):
            first = record.sequence or self._next[record.connection]
            firsts[place] = first
            self._next[record.connection] = first + count
        begins = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
        within = np.arange(len(frames)) - begins[frames]
        sequence: np.ndarray = firsts[frames] + within
        return sequence
