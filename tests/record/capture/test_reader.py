"""Reading captures: what is damaged costs its own block, and what is no capture is said to be none."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.record.capture import CaptureReader, repair
from kitetui.record.capture.layout import BLOCK_HEAD, HEAD, LostNote, RecordKind, encode_block, encode_record
from tests.record.capture.helpers import T, data, ends_of, messages, write, writer_on
from tests.wire.packets import INFY_QUOTE, frame


def test_a_moment_is_found_by_the_heads_of_blocks_alone(small: Path) -> None:
    content = bytearray(small.read_bytes())
    reader = CaptureReader(small)
    blocks = list(reader.blocks())
    assert [each.count for each in blocks] == [1, 2, 1, 1, 0]
    content[ends_of(blocks)[1] + BLOCK_HEAD + 3] ^= 1  # in the second block, which need not be read
    small.write_bytes(content)
    later = [each.at for each in reader.records(T + 2) if each.kind is not RecordKind.NOTE]
    assert later == [T + 2]
    assert not reader.damage


def test_a_flipped_bit_is_found_wherever_it_is_and_costs_its_block_alone(small: Path) -> None:
    content = small.read_bytes()
    all_of_them = messages(small)
    for place in range(len(HEAD), len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        small.write_bytes(damaged)
        reader = CaptureReader(small)
        read = [each for each in reader.records() if each.kind is not RecordKind.NOTE]
        assert reader.damage
        assert len(read) >= len(all_of_them) - 1
        assert set(map(str, read)) <= set(map(str, all_of_them))


@pytest.mark.parametrize("content", [b"", b"KCA", b"received_at,connection\n", b"KBLK" * 10])
def test_a_foreign_file_is_one_sentence(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(UserError, match="is no capture of kitetui; name another file"):
        CaptureReader(path)


def test_a_later_version_is_one_sentence(path: Path) -> None:
    path.write_bytes(b"KCAP\x02\x00\x00\x00")
    with pytest.raises(UserError, match="version 2, and this kitetui reads up to 1; install a later one"):
        CaptureReader(path)


def test_a_file_that_is_not_there_is_one_sentence(path: Path) -> None:
    with pytest.raises(UserError, match="No such file or directory"):
        CaptureReader(path)


def test_times_and_sequences_that_cannot_be_are_damage(path: Path) -> None:
    sound = encode_record(RecordKind.DATA, 0, T, 2**62, frame(INFY_QUOTE, INFY_QUOTE))
    for absurd in ({"at": 2**62 + 1, "sequence": 1}, {"at": T, "sequence": 2**64 - 1}):
        record = encode_record(RecordKind.DATA, 0, data=frame(INFY_QUOTE), **absurd)
        blocks = [encode_block([each], 1, T, T) for each in (record, sound)]
        path.write_bytes(HEAD + b"".join(blocks))
        rows = CaptureReader(path)
        assert [each for part in rows for each in part.sequence.tolist()] == [2**62, 2**62 + 1]
        end = len(HEAD) + len(blocks[0]) - 1
        assert rows.damage == [f"bytes {len(HEAD)} to {end} are damaged, and their records are lost"]


def test_records_of_a_block_that_are_before_a_moment_are_passed_over(path: Path) -> None:
    write(path, [data(T + number, INFY_QUOTE) for number in range(4)])
    later = [each.at for each in CaptureReader(path).records(T + 2) if each.kind is not RecordKind.NOTE]
    assert later == [T + 2, T + 3]


def test_a_block_that_ends_after_the_file_is_not_among_the_heads(small: Path) -> None:
    heads = list(CaptureReader(small).blocks())
    small.write_bytes(small.read_bytes()[:-1])
    reader = CaptureReader(small)
    assert list(reader.blocks()) == heads[:-1]
    assert reader.damage == [f"the end, from byte {ends_of(heads)[-2]} on, is torn"]


@pytest.mark.parametrize("length", [1, 50, *range(65_530, 65_542)])
@pytest.mark.parametrize("mark", [b"", b"?KBLK"], ids=["rubbish", "rubbish with a mark in it"])
def test_the_next_block_is_found_behind_any_rubbish(path: Path, length: int, mark: bytes) -> None:
    block = encode_block([encode_record(RecordKind.TEXT, 0, T, 0, b"found")], 1, T, T)
    path.write_bytes(HEAD + mark + bytes(length) + block)
    reader = CaptureReader(path)
    assert [each.data for each in reader.records()] == [b"found"]
    assert len(reader.damage) == 1


def test_of_many_damaged_places_the_first_are_told_and_the_rest_counted(path: Path) -> None:
    write(path, *([data(T + number, INFY_QUOTE)] for number in range(80)))
    content = bytearray(path.read_bytes())
    for end in ends_of(list(CaptureReader(path).blocks()))[2:-2:2]:
        content[end + BLOCK_HEAD + 2] ^= 1
    path.write_bytes(content)
    reader = CaptureReader(path)
    list(reader.records())
    assert len(reader.damage) == 21
    assert reader.damage[-1] == "and 20 more"


def test_a_capture_that_was_not_finished_does_not_say_it_was(path: Path) -> None:
    writer = writer_on(path)
    assert not CaptureReader(path).is_finished
    writer.note(0, T, LostNote(1, 1))
    writer.flush(sync=False)
    assert not CaptureReader(path).is_finished
    writer.close()
    finished = path.read_bytes()
    assert CaptureReader(path).is_finished
    path.write_bytes(finished[:-1] + bytes([finished[-1] ^ 1]))
    assert not CaptureReader(path).is_finished


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
