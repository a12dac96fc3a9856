"""What a capture holds: the messages of connections as they were on the wire, and notes of the recorder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from kitetui.feed import RawFrame
from kitetui.record.capture.notes import Note, SnapshotNote, encode_note


class Kind(IntEnum):
    """What a record is."""

    DATA = 0
    """A binary message that was received."""
    TEXT = 1
    """A text message that was received."""
    SENT = 2
    """A text message that was sent: a subscription."""
    NOTE = 3
    """What the recorder knew besides, one JSON object: see `kitetui.record.capture.notes`."""


@dataclass(frozen=True, slots=True)
class Record:
    """One message or note.

    connection: counted from 0. at: when it was received or sent, UTC nanoseconds.
    sequence: the number that the first tick of the message has, or would have, among the ticks of its
    connection, counted from 1; 0 where it is not known.
    data: the message; text as UTF-8.
    """

    kind: Kind
    connection: int
    at: int
    sequence: int
    data: bytes

    @classmethod
    def of_note(cls, connection: int, at: int, note: Note) -> Record:
        """Return the record of a note."""
        return cls(Kind.NOTE, connection, at, 0, encode_note(note))


def records_of(frame: RawFrame) -> Iterator[Record]:
    """Yield the record of a message, and before it the note of which of its ticks carry the mark, if any."""
    connection, data, at, sequence = frame.connection, frame.data, frame.received_at, frame.sequence
    if isinstance(data, bytes):
        if frame.snapshot:
            yield Record.of_note(connection, at, SnapshotNote(frame.snapshot))
        yield Record(Kind.DATA, connection, at, sequence, data)
    else:
        kind = Kind.SENT if frame.sent else Kind.TEXT
        yield Record(kind, connection, at, sequence, data.encode(errors="surrogatepass"))
