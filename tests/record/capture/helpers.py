"""How the tests of captures write and read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

from kitetui.feed import RawFrame
from kitetui.record.capture import CaptureReader, CaptureWriter
from kitetui.record.capture.layout import BLOCK_HEAD, HEAD, BeginNote, BlockHead, Record, RecordKind
from kitetui.record.output import continued_file
from kitetui.wire import Request, encode_request
from tests.wire.packets import INFY, frame

T = 1_625_461_887_000_000_000
NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
NAMES = {INFY: ("NSE", "INFY")}
FIRST_VERSION = BeginNote("0.1.0", "2026-11-23T05:00:00+00:00", marks=False)
"""How a recorder began that noted no marks."""


def writer_on(path: Path) -> CaptureWriter:
    return CaptureWriter(continued_file(path), name_of=NAMES.get, now=lambda: NOW)


def data(
    at: int, *packets: bytes, sequence: int = 1, connection: int = 0, snapshot: tuple[int, ...] = ()
) -> RawFrame:
    return RawFrame(connection, frame(*packets), at, sequence, snapshot=snapshot)


def sent(at: int, *requests: Request, connection: int = 0) -> list[RawFrame]:
    return [RawFrame(connection, encode_request(each), at, 1, sent=True) for each in requests]


def write(path: Path, *blocks: Sequence[RawFrame]) -> None:
    """Write a capture with a block for each of these."""
    writer = writer_on(path)
    for frames in blocks:
        writer.frames(frames)
        writer.flush(sync=False)
    writer.close()


def messages(path: Path) -> list[Record]:
    """The records of a capture, but for the recorder's own notes."""
    return [each for each in CaptureReader(path).records() if each.kind is not RecordKind.NOTE]


def marks_in(path: Path) -> list[bool]:
    """For each tick of a capture whether it carries the mark."""
    return [each for rows in CaptureReader(path) for each in rows.snapshot.tolist()]


def ends_of(heads: Sequence[BlockHead]) -> list[int]:
    """Where the head of a file and each of its blocks end."""
    return list(accumulate((BLOCK_HEAD + head.stored for head in heads), initial=len(HEAD)))
