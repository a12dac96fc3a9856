"""The rows of a capture: its messages decoded again, as they were when they came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from kitetui.feed import ConnectionState
from kitetui.feed.awaited import Awaited
from kitetui.record.capture.layout import RECORD_HEAD
from kitetui.record.capture.notes import NamesNote, StateNote, parse_note
from kitetui.record.capture.reader import CaptureReader
from kitetui.record.capture.records import Kind, Record
from kitetui.record.rows import Rows
from kitetui.wire import RequestError, decode_frames, parse_request
from kitetui.wire.layout import TOKEN

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
        decoder = _Decoder()
        for record in self._reader.records():
            if record.kind is Kind.DATA:
                decoder.add(record)
                if decoder.bytes >= _BATCH_BYTES:
                    yield decoder.rows()
            elif record.kind is not Kind.TEXT:
                if decoder.bytes:  # what was asked or lost concerns what comes after it
                    yield decoder.rows()
                self._follow(record, decoder)
        if decoder.bytes:
            yield decoder.rows()

    def _follow(self, record: Record, decoder: _Decoder) -> None:
        awaited = decoder.awaited[record.connection]
        if record.kind is Kind.SENT:
            with suppress(RequestError):
                awaited.asked(parse_request(record.data))
            return
        match parse_note(record.data):
            case NamesNote(names):
                self._names.update(names)
            case StateNote(state) if state is not ConnectionState.LIVE:
                awaited.forget_all()


class _Decoder:
    """Messages that wait to be decoded together.

    awaited: what each connection has asked for. bytes: how much waits.
    """

    def __init__(self) -> None:
        self.awaited: defaultdict[int, Awaited] = defaultdict(Awaited)
        self.bytes = 0
        self._records: list[Record] = []
        self._next: defaultdict[int, int] = defaultdict(lambda: 1)

    def add(self, record: Record) -> None:
        self._records.append(record)
        self.bytes += RECORD_HEAD + len(record.data)

    def rows(self) -> Rows:
        """Decode all that waits."""
        records, self._records, self.bytes = self._records, [], 0
        batch = decode_frames([record.data for record in records])
        connection = np.array([record.connection for record in records], np.uint8)[batch.frames]
        tokens = batch.words[:, TOKEN].view(np.uint32)
        snapshot = np.zeros(len(batch), dtype=np.bool_)
        for number in np.unique(connection).tolist():
            mine = connection == number
            snapshot[mine] = self.awaited[number].flags(tokens[mine].tolist())
        return Rows(
            words=batch.words,
            lengths=batch.lengths,
            received_at=np.array([record.at for record in records], np.int64)[batch.frames],
            connection=connection,
            sequence=self._sequence(records, batch.frames),
            snapshot=snapshot,
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
