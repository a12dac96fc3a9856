"""The layout of a capture, byte for byte: files of today are read by all later versions."""

from __future__ import annotations

import json
import struct
import zlib

import pytest

from kitetui.feed import ConnectionState
from kitetui.record.capture.layout import (
    BeginNote,
    BlockHead,
    GapNote,
    LostNote,
    NamesNote,
    Note,
    Record,
    RecordKind,
    SnapshotNote,
    StateNote,
    encode_block,
    encode_note,
    encode_record,
    parse_note,
    records_in,
)
from tests.record.capture.helpers import T
from tests.wire.packets import INFY

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
    assert encode_record(RecordKind.SENT, 7, 1 << 60, 3, b"ab") == CONTENT
    assert list(records_in(CONTENT)) == [Record(RecordKind.SENT, 7, 1 << 60, 3, b"ab")]


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


@pytest.mark.parametrize(
    "note",
    [
        BeginNote("1.0", "2026-11-23T05:00:00+00:00"),
        BeginNote("0.1.0", "2026-11-23T05:00:00+00:00", marks=False),
        SnapshotNote((0, 3)),
        NamesNote({INFY: ("NSE", "INFY"), 256265: ("NSE", "NIFTY 50")}),
        StateNote(ConnectionState.RETRYING, "closed ₹"),
        GapNote(T, T + 1, 3000, "closed"),
        LostNote(3, 30),
    ],
    ids=lambda note: type(note).__name__,
)
def test_a_note_is_read_as_it_was_written(note: Note) -> None:
    assert parse_note(encode_note(note)) == note


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{}", b"[]", b'{"state":"HAPPY","reason":""}', b'{"names":{"a":1}}', b"\xff"),
        *(b'{"snapshot":[-1]}', b'{"snapshot":[true]}', b'{"snapshot":[1.0]}', b'{"snapshot":0}'),
    ],
)
def test_a_note_that_is_not_known_is_passed_over(text: bytes) -> None:
    assert parse_note(text) is None


def test_a_note_is_a_json_object_as_the_layout_has_it() -> None:
    assert [
        json.loads(encode_note(each))
        for each in (
            BeginNote("1.0", "2026-11-23T05:00:00+00:00"),
            BeginNote("0.1.0", "2026-11-23T05:00:00+00:00", marks=False),
            SnapshotNote((0, 3)),
            NamesNote({INFY: ("NSE", "INFY")}),
            StateNote(ConnectionState.LIVE, ""),
            GapNote(1, 2, 3, "closed"),
            LostNote(4, 5),
        )
    ] == [
        {"kitetui": "1.0", "created": "2026-11-23T05:00:00+00:00", "marks": "noted"},
        {"kitetui": "0.1.0", "created": "2026-11-23T05:00:00+00:00"},
        {"snapshot": [0, 3]},
        {"names": {"408065": ["NSE", "INFY"]}},
        {"state": "live", "reason": ""},
        {"gap": {"from": 1, "to": 2, "symbols": 3, "reason": "closed"}},
        {"lost": {"messages": 4, "ticks": 5}},
    ]
