"""The layout of a capture: a head of 8 bytes, and blocks that each prove themselves. All little-endian.

file    "KCAP", version u32 (1), then blocks
block   "KBLK", flags u32 (1: the recording was finished here), count of records u32,
        stored length u32, length u32, first and last time u64 (UTC nanoseconds),
        CRC-32 u32 of the 36 bytes before it and of the content; then the content, as zlib
content records: kind u8, connection u8, time u64, sequence u64, length u32, and so many bytes
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from kitetui.record.capture.records import Kind, Record

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


def encode_record(kind: Kind, connection: int, at: int, sequence: int, data: bytes) -> bytes:
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
        yield Record(Kind(kind), connection, at, sequence, content[start : start + length])
        start += length
