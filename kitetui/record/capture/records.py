"""What a capture holds: the messages of connections as they were on the wire, and notes of the recorder."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


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
