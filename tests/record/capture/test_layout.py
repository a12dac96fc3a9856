"""The layout of a capture, byte for byte: files of today are read by all later versions."""

from __future__ import annotations

import struct
import zlib

import pytest

from kitetui.record.capture import Kind, Record
from kitetui.record.capture.layout import BlockHead, encode_block, encode_record, records_in

CONTENT = struct.pack("<BBQQI", 2, 7, 1 << 60, 3, 2) + b"ab"


def block(
    *, magic: bytes = b"KBLK", stored: bytes = zlib.compress(CONTENT), length: int = len(CONTENT)
) -> bytes:
    """A block packed by hand, with a checksum that is right."""
    head = magic + struct.pack("<IIIIQQ", 1, 1, len(stored), length, 4, 5)
    return head + struct.pack("<I", zlib.crc32(head + stored)) + stored


def content_of(data: bytes) -> bytes | None:
    """What a block holds, None where it cannot be read."""
    head = BlockHead.parse(data)
    return None if head is None else head.content(data[:40], data[40:])


def test_a_record_is_22_bytes_and_its_message() -> None:
    assert encode_record(Kind.SENT, 7, 1 << 60, 3, b"ab") == CONTENT
    assert list(records_in(CONTENT)) == [Record(Kind.SENT, 7, 1 << 60, 3, b"ab")]


def test_a_block_is_40_bytes_and_its_content_inside_zlib() -> None:
    data = encode_block([CONTENT], 1, 4, 5, flags=1)
    stored = data[40:]
    assert data == block(stored=stored)
    assert zlib.decompress(stored) == CONTENT
    assert BlockHead.parse(data) == BlockHead(1, 1, len(stored), 24, 4, 5, zlib.crc32(data[:36] + stored))


@pytest.mark.parametrize(
    "data",
    [
        block(magic=b"KBLO"),
        block(length=len(CONTENT) - 1),
        block(length=len(CONTENT) + 1),
        block(length=1 << 31),
        block(stored=b"no zlib"),
        block()[:-1],
        block()[:39],
        b"",
    ],
)
def test_a_block_that_does_not_agree_with_itself_is_none(data: bytes) -> None:
    assert content_of(block()) == CONTENT
    assert content_of(data) is None


def test_a_head_that_asks_for_all_memory_is_none() -> None:
    assert BlockHead.parse(block(length=1 << 31)) is None


@pytest.mark.parametrize(
    "content", [CONTENT[:-1], CONTENT[:10], CONTENT + b"\0", b"\x09" + CONTENT[1:]], ids=len
)
def test_content_that_is_not_made_of_records_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which of them it is nobody is told
        list(records_in(content))
