"""Repair: a torn tail is cut off, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.record.capture import CaptureReader, repair
from kitetui.record.capture.layout import BLOCK_HEAD, HEAD
from tests.record.capture.helpers import T, data, ends_of, messages, write, writer_on
from tests.wire.packets import INFY_QUOTE


def test_a_capture_that_is_cut_anywhere_gives_its_whole_blocks_and_is_repaired(small: Path) -> None:
    content = small.read_bytes()
    heads = list(CaptureReader(small).blocks())
    ends = ends_of(heads)
    for length in range(len(HEAD), len(content)):
        small.write_bytes(content[:length])
        whole = max(end for end in ends if end <= length)
        reader = CaptureReader(small)
        records = list(reader.records())
        assert len(records) == sum(
            head.count for head, end in zip(heads, ends[1:], strict=True) if end <= length
        )
        assert bool(reader.damage) == (length != whole)
        said = repair(small)
        assert (said is None) == (length == whole)
        assert small.read_bytes() == content[:whole]
        assert repair(small) is None


def test_a_capture_that_was_hardly_begun_is_begun_anew(path: Path) -> None:
    path.write_bytes(HEAD[:5])
    assert "5 bytes" in (repair(path) or "")
    write(path, [data(T, INFY_QUOTE)])
    assert len(messages(path)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"received_at,connection\n", "is no capture of kitetui"),
        (b"KCAP\x02\x00\x00\x00 and what a later version writes", "is a capture of version 2"),
    ],
)
def test_what_this_version_did_not_write_is_left_as_it_is(path: Path, content: bytes, said: str) -> None:
    path.write_bytes(content)
    with pytest.raises(UserError, match=said):
        repair(path)
    assert path.read_bytes() == content


def test_a_last_block_that_a_power_cut_left_empty_is_cut_off(path: Path) -> None:
    writer = writer_on(path)
    writer.frames([data(T, INFY_QUOTE)])
    writer.flush(sync=True)
    whole = path.read_bytes()
    writer.frames([data(T + 1, INFY_QUOTE)])
    writer.flush(sync=True)
    torn = path.read_bytes()
    path.write_bytes(torn[: len(whole) + BLOCK_HEAD] + bytes(len(torn) - len(whole) - BLOCK_HEAD))
    torn_off = path.read_bytes()[len(whole) :]
    beside = path.with_name(f"{path.name}.torn")
    assert (
        repair(path) == f"moved an unfinished block of {path.name}, {len(torn_off)} bytes, to {beside.name}"
    )
    assert (path.read_bytes(), beside.read_bytes()) == (whole, torn_off)


def test_damage_between_whole_blocks_is_not_cut_off(small: Path) -> None:
    content = bytearray(small.read_bytes())
    content[len(HEAD) + BLOCK_HEAD + 2] ^= 1
    small.write_bytes(content[:-1])
    assert repair(small)
    assert len(messages(small)) == 3


def test_a_file_that_is_not_there_cannot_be_mended(path: Path) -> None:
    with pytest.raises(UserError, match="No such file or directory; name another file with -o"):
        repair(path)
