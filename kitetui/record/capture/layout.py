"""The layout of a capture: a head of 8 bytes, and blocks that each prove themselves. All little-endian.

file    "KCAP", version u32 (1), then blocks
block   "KBLK", flags u32 (1: the recording was finished here), count of records u32,
        stored length u32, length u32, first and last time u64 (UTC nanoseconds),
        CRC-32 u32 of the 36 bytes before it and of the content; then the content, as zlib
content records: kind u8, connection u8, time u64, sequence u64, length u32, and so many bytes
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Self

from kitetui.feed import ConnectionState, RawFrame

_NOTED: Final = "noted"


@dataclass(frozen=True, slots=True)
class BeginNote:
    """A recorder began: its version, and when by its clock, ISO 8601 in UTC.

    marks: whether it notes which ticks carry the mark `snapshot`; kitetui 0.1.0 did not.
    """

    version: str
    created: str
    marks: bool = True


@dataclass(frozen=True, slots=True)
class NamesNote:
    """The exchange and tradingsymbol of some tokens."""

    names: Mapping[int, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SnapshotNote:
    """In the next binary message of the connection, these ticks carry the mark; places count from 0."""

    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StateNote:
    """The connection entered a state."""

    state: ConnectionState
    reason: str


@dataclass(frozen=True, slots=True)
class GapNote:
    """Nothing was received for symbols of the connection between two moments, UTC nanoseconds.

    tokens: for which; empty for all of them.
    """

    start: int
    end: int
    symbols: int
    reason: str
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LostNote:
    """So much was received and could not be recorded, in this place."""

    messages: int
    ticks: int


Note = BeginNote | NamesNote | SnapshotNote | StateNote | GapNote | LostNote
"""What a capture holds besides messages: one JSON object each, with the connection and time of its record."""


def encode_note(note: Note) -> bytes:
    """Return the JSON of a note."""
    match note:
        case BeginNote(version, created, marks):
            return _json({"kitetui": version, "created": created} | ({"marks": _NOTED} if marks else {}))
        case NamesNote(names):
            return _json({"names": {str(token): list(name) for token, name in names.items()}})
        case SnapshotNote(places):
            return _json({"snapshot": places})
        case StateNote(state, reason):
            return _json({"state": str(state), "reason": reason})
        case GapNote(start, end, symbols, reason, tokens):
            gap = {"from": start, "to": end, "symbols": symbols, "reason": reason}
            return _json({"gap": gap | ({"tokens": tokens} if tokens else {})})
        case LostNote(messages, ticks):
            return _json({"lost": {"messages": messages, "ticks": ticks}})


def parse_note(data: bytes) -> Note | None:
    """Read a note; None for one that is not known, which a later version may write."""
    with suppress(ValueError, TypeError, RecursionError):
        match json.loads(data):
            case {"kitetui": str(version), "created": str(created), **more}:
                return BeginNote(version, created, more.get("marks") == _NOTED)
            case {"names": dict(names)}:
                return NamesNote({int(token): _name(name) for token, name in names.items()})
            case {"snapshot": list(places)}:
                return SnapshotNote(_places(places))
            case {"state": str(state), "reason": str(reason)}:
                return StateNote(ConnectionState(state), reason)
            case {
                "gap": {
                    "from": int(start),
                    "to": int(end),
                    "symbols": int(symbols),
                    "reason": str(reason),
                    **more,
                }
            }:
                tokens: Any = more.get("tokens", ())
                return GapNote(start, end, symbols, reason, _places(tokens))
            case {"lost": {"messages": int(messages), "ticks": int(ticks)}}:
                return LostNote(messages, ticks)
    return None


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _name(name: Any) -> tuple[str, str]:
    exchange, symbol = name
    return str(exchange), str(symbol)


def _places(values: Sequence[Any]) -> tuple[int, ...]:
    if any(type(value) is not int or value < 0 for value in values):
        raise ValueError("places count from 0")
    return tuple(values)


class RecordKind(IntEnum):
    """What a record is."""

    DATA = 0
    """A binary message that was received."""
    TEXT = 1
    """A text message that was received."""
    SENT = 2
    """A text message that was sent: a subscription."""
    NOTE = 3
    """What the recorder knew besides, one JSON object: see `kitetui.record.capture.layout`."""


@dataclass(frozen=True, slots=True)
class Record:
    """One message or note.

    connection: counted from 0. at: when it was received or sent, UTC nanoseconds.
    sequence: the number that the first tick of the message has, or would have, among the ticks of its
    connection, counted from 1; 0 where it is not known.
    data: the message; text as UTF-8.
    """

    kind: RecordKind
    connection: int
    at: int
    sequence: int
    data: bytes

    @classmethod
    def of_note(cls, connection: int, at: int, note: Note) -> Record:
        """Return the record of a note."""
        return cls(RecordKind.NOTE, connection, at, 0, encode_note(note))


def records_of(frame: RawFrame) -> Iterator[Record]:
    """Yield the record of a message, and before it the note of which of its ticks carry the mark, if any."""
    connection, data, at, sequence = frame.connection, frame.data, frame.received_at, frame.sequence
    if isinstance(data, bytes):
        if frame.snapshot:
            yield Record.of_note(connection, at, SnapshotNote(frame.snapshot))
        yield Record(RecordKind.DATA, connection, at, sequence, data)
    else:
        kind = RecordKind.SENT if frame.sent else RecordKind.TEXT
        yield Record(kind, connection, at, sequence, data.encode(errors="surrogatepass"))


MAGIC: Final = b"KCAP"
VERSION: Final = 1
HEAD: Final = MAGIC + struct.pack("<I", VERSION)

BLOCK_MAGIC: Final = b"KBLK"
FINISHED: Final = 1

_BLOCK: Final = struct.Struct("<4sIIIIQQ")
_CHECKSUM: Final = struct.Struct("<I")
_RECORD: Final = struct.Struct("<BBQQI")

BLOCK_HEAD: Final = _BLOCK.size + _CHECKSUM.size
"""Bytes before a block's content."""

RECORD_HEAD: Final = _RECORD.size
"""Bytes before a record's message."""

LARGEST: Final = 64 * 2**20
"""Bytes that a block has at most, stored or not: no damaged length may take all memory."""

_MOST: Final = 2**62
"""More than any time or sequence is, so that whoever counts on from one stays within 64 bits."""

_LEVEL: Final = 1
"""Of zlib: 2 and 3 save nothing, 4 takes twice as long and saves a twentieth."""


@dataclass(frozen=True, slots=True)
class BlockHead:
    """What is known of a block without reading its content; see above."""

    flags: int
    count: int
    stored: int
    length: int
    first: int
    last: int
    checksum: int

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        """Read a block's head; None where it is none, or cannot be one."""
        if len(data) < BLOCK_HEAD or not data.startswith(BLOCK_MAGIC):
            return None
        _, *numbers = _BLOCK.unpack_from(data)
        head = cls(*numbers, *_CHECKSUM.unpack_from(data, _BLOCK.size))
        return head if max(head.stored, head.length) <= LARGEST else None

    @property
    def is_finish(self) -> bool:
        """Whether the recording was finished with this block."""
        return bool(self.flags & FINISHED)

    def content(self, head: bytes, stored: bytes) -> bytes | None:
        """Return the content of a block, given its head and what is stored; None where they do not agree."""
        if len(stored) != self.stored or zlib.crc32(stored, zlib.crc32(head[: _BLOCK.size])) != self.checksum:
            return None
        try:
            content = zlib.decompressobj().decompress(stored, self.length + 1)
        except zlib.error:
            return None
        return content if len(content) == self.length else None


def encode_block(parts: Sequence[bytes], count: int, first: int, last: int, *, flags: int = 0) -> bytes:
    """Return a block of encoded records."""
    content = b"".join(parts)
    stored = zlib.compress(content, _LEVEL)
    head = _BLOCK.pack(BLOCK_MAGIC, flags, count, len(stored), len(content), first, last)
    return head + _CHECKSUM.pack(zlib.crc32(stored, zlib.crc32(head))) + stored


def encode_record(kind: RecordKind, connection: int, at: int, sequence: int, data: bytes) -> bytes:
    """Return a record."""
    return _RECORD.pack(kind, connection, at, sequence, len(data)) + data


def records_in(content: bytes) -> Iterator[Record]:
    """Yield the records of a block's content. Raises ValueError where it cannot be made of records."""
    start, end = 0, len(content)
    while start < end:
        if end - start < RECORD_HEAD:
            raise ValueError("half a record")
        kind, connection, at, sequence, length = _RECORD.unpack_from(content, start)
        start += RECORD_HEAD
        if end - start < length:
            raise ValueError("half a record")
        if at > _MOST or sequence > _MOST:
            raise ValueError("a time or sequence that cannot be")
        yield Record(RecordKind(kind), connection, at, sequence, content[start : start + length])
        start += length
