"""Captures: what is written is read again, and what is damaged costs no more than it has to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.errors import UserError
from kitetui.feed import ConnectionState, RawFrame
from kitetui.record.capture import (
    BeginNote,
    CaptureReader,
    CaptureRows,
    CaptureWriter,
    GapNote,
    Kind,
    LostNote,
    NamesNote,
    Record,
    StateNote,
    parse_note,
    repair,
)
from kitetui.record.capture.layout import BLOCK_HEAD, HEAD, BlockHead
from kitetui.record.capture.notes import encode_note
from kitetui.record.output import continued_file
from kitetui.wire import HEARTBEAT, Subscribe, encode_request
from tests.wire.packets import INFY, INFY_FULL, INFY_QUOTE, frame

T = 1_625_461_887_000_000_000
NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
NAMES = {INFY: ("NSE", "INFY")}


def writer_on(path: Path) -> CaptureWriter:
    return CaptureWriter(continued_file(path), name_of=NAMES.get, now=lambda: NOW)


def data(at: int, *packets: bytes, sequence: int = 1, connection: int = 0) -> RawFrame:
    return RawFrame(connection, frame(*packets), at, sequence)


def write(path: Path, *blocks: Sequence[RawFrame]) -> None:
    """Write a capture with a block for each of these."""
    writer = writer_on(path)
    for frames in blocks:
        writer.frames(frames)
        writer.flush(sync=False)
    writer.close()


def messages(path: Path) -> list[Record]:
    """The records of a capture, but for the recorder's own notes."""
    return [each for each in CaptureReader(path).records() if each.kind is not Kind.NOTE]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ticks.kcap"


@pytest.fixture
def small(path: Path) -> Path:
    """A capture of three messages, each in a block of its own."""
    write(path, *([data(T + number, INFY_QUOTE, sequence=1 + number)] for number in range(3)))
    return path


def test_messages_of_every_kind_are_read_as_they_were_written(path: Path) -> None:
    write(
        path,
        [
            RawFrame(1, encode_request(Subscribe((INFY,))), T, 1, sent=True),
            RawFrame(1, '{"type":"message","data":"₹ \U0001f600 \x00"}', T + 1, 1),
            data(T + 2, INFY_FULL, INFY_QUOTE, connection=1),
            RawFrame(1, HEARTBEAT, T + 3, 3),
        ],
    )
    assert messages(path) == [
        Record(Kind.SENT, 1, T, 1, b'{"a":"subscribe","v":[408065]}'),
        Record(Kind.TEXT, 1, T + 1, 1, '{"type":"message","data":"₹ \U0001f600 \x00"}'.encode()),
        Record(Kind.DATA, 1, T + 2, 1, frame(INFY_FULL, INFY_QUOTE)),
        Record(Kind.DATA, 1, T + 3, 3, HEARTBEAT),
    ]


@given(
    st.lists(
        st.builds(
            RawFrame,
            st.integers(0, 255),
            st.binary(max_size=60) | st.text(max_size=40),
            st.integers(0, 2**63),
            st.integers(0, 2**63),
        ),
        max_size=12,
    )
)
def test_any_messages_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, frames: list[RawFrame]
) -> None:
    path = tmp_path_factory.mktemp("capture") / "ticks.kcap"
    write(path, frames[:5], frames[5:])
    read = [(each.connection, each.at, each.sequence, each.data) for each in messages(path)]
    assert read == [(each.connection, each.received_at, each.sequence, _bytes(each.data)) for each in frames]


def _bytes(data: bytes | str) -> bytes:
    return data if isinstance(data, bytes) else data.encode(errors="surrogatepass")


def test_the_largest_message_of_kite_is_one_record(path: Path) -> None:
    largest = data(T, *[INFY_FULL] * 3000)
    write(path, [largest, data(T + 1, INFY_QUOTE)])
    assert [len(each.data) for each in messages(path)] == [558_002, len(frame(INFY_QUOTE))]


@pytest.mark.parametrize(
    "note",
    [
        BeginNote("1.0", "2026-11-23T05:00:00+00:00"),
        NamesNote({INFY: ("NSE", "INFY"), 256265: ("NSE", "NIFTY 50")}),
        StateNote(ConnectionState.RETRYING, "closed ₹"),
        GapNote(T, T + 1, 3000, "closed"),
        LostNote(3, 30),
    ],
    ids=lambda note: type(note).__name__,
)
def test_a_note_is_read_as_it_was_written(note: BeginNote) -> None:
    assert parse_note(encode_note(note)) == note


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b'{"state":"HAPPY","reason":""}', b'{"names":{"a":1}}', b"\xff"]
)
def test_a_note_that_is_not_known_is_passed_over(text: bytes) -> None:
    assert parse_note(text) is None


def test_a_capture_says_who_made_it_and_when_and_names_its_tokens_before_they_come(path: Path) -> None:
    write(path, [data(T, INFY_QUOTE)], [data(T + 1, INFY_QUOTE)])
    notes = [parse_note(each.data) for each in CaptureReader(path).records() if each.kind is Kind.NOTE]
    begun, names = notes
    assert isinstance(begun, BeginNote)
    assert begun.created == "2026-11-23T05:00:00+00:00"
    assert names == NamesNote(NAMES)
    kinds = [each.kind for each in CaptureReader(path).records()]
    assert kinds == [Kind.NOTE, Kind.NOTE, Kind.DATA, Kind.DATA]


def test_a_name_that_is_not_known_yet_is_noted_when_it_is(path: Path) -> None:
    names: dict[int, tuple[str, str]] = {}
    writer = CaptureWriter(continued_file(path), name_of=names.get)
    writer.frames([data(T, INFY_QUOTE)])
    names.update(NAMES)
    writer.frames([data(T + 1, INFY_QUOTE)])
    writer.close()
    rows = CaptureRows(path)
    assert sum(map(len, rows)) == 2
    assert rows.names == NAMES


def test_the_rows_are_the_ticks_with_all_that_is_known_of_them(path: Path) -> None:
    writer = writer_on(path)
    writer.frames([RawFrame(2, encode_request(Subscribe((INFY,))), T, 1, sent=True)])
    writer.frames([data(T + 5, INFY_FULL, INFY_QUOTE, sequence=1, connection=2)])
    writer.note(2, T + 6, StateNote(ConnectionState.RETRYING, "closed"))
    writer.frames([RawFrame(2, encode_request(Subscribe((INFY,))), T + 7, 3, sent=True)])
    writer.frames([data(T + 8, INFY_QUOTE, sequence=9, connection=2), data(T + 9, INFY_FULL)])
    writer.close()
    batches = list(CaptureRows(path))
    assert [each for rows in batches for each in rows.lengths.tolist()] == [184, 44, 44, 184]
    assert [each for rows in batches for each in rows.received_at.tolist()] == [T + 5, T + 5, T + 8, T + 9]
    assert [each for rows in batches for each in rows.connection.tolist()] == [2, 2, 2, 0]
    assert [each for rows in batches for each in rows.sequence.tolist()] == [1, 2, 9, 1]
    assert [each for rows in batches for each in rows.snapshot.tolist()] == [True, False, True, False]


def test_what_was_asked_for_on_a_connection_that_was_lost_is_awaited_no_longer(path: Path) -> None:
    writer = writer_on(path)
    writer.frames([RawFrame(0, encode_request(Subscribe((INFY,))), T, 1, sent=True)])
    writer.note(0, T + 1, StateNote(ConnectionState.RETRYING, "closed"))
    writer.frames([data(T + 2, INFY_FULL)])
    writer.close()
    assert [each for rows in CaptureRows(path) for each in rows.snapshot.tolist()] == [False]


def test_messages_whose_number_is_not_known_are_counted(path: Path) -> None:
    write(path, [data(T, INFY_FULL, INFY_FULL, sequence=0), data(T + 1, INFY_FULL, sequence=0)])
    assert [each for rows in CaptureRows(path) for each in rows.sequence.tolist()] == [1, 2, 3]


def test_a_moment_is_found_by_the_heads_of_blocks_alone(small: Path) -> None:
    content = bytearray(small.read_bytes())
    reader = CaptureReader(small)
    blocks = list(reader.blocks())
    assert [each.count for each in blocks] == [1, 2, 1, 1, 0]
    content[_ends(blocks)[1] + BLOCK_HEAD + 3] ^= 1  # in the second block, which need not be read
    small.write_bytes(content)
    later = [each.at for each in reader.records(T + 2) if each.kind is not Kind.NOTE]
    assert later == [T + 2]
    assert not reader.damage


def test_a_finished_capture_says_so_and_goes_on(small: Path) -> None:
    assert CaptureReader(small).is_finished
    writer = writer_on(small)
    writer.frames([data(T + 9, INFY_QUOTE, sequence=4)])
    writer.flush(sync=True)
    assert not CaptureReader(small).is_finished
    assert [each.sequence for each in messages(small)] == [1, 2, 3, 4]
    writer.close()
    assert CaptureReader(small).is_finished


def test_a_capture_that_is_cut_anywhere_gives_its_whole_blocks_and_is_repaired(small: Path) -> None:
    content = small.read_bytes()
    heads = list(CaptureReader(small).blocks())
    ends = _ends(heads)
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


def _ends(heads: Sequence[BlockHead]) -> list[int]:
    """Return where the file's head and each block end."""
    return list(accumulate((BLOCK_HEAD + head.stored for head in heads), initial=len(HEAD)))


def test_a_capture_that_was_hardly_begun_is_begun_anew(path: Path) -> None:
    path.write_bytes(HEAD[:5])
    assert "5 bytes" in (repair(path) or "")
    write(path, [data(T, INFY_QUOTE)])
    assert len(messages(path)) == 1


def test_a_flipped_bit_is_found_wherever_it_is_and_costs_its_block_alone(small: Path) -> None:
    content = small.read_bytes()
    all_of_them = messages(small)
    for place in range(len(HEAD), len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        small.write_bytes(damaged)
        reader = CaptureReader(small)
        read = [each for each in reader.records() if each.kind is not Kind.NOTE]
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


def test_times_that_go_back_are_kept_as_they_are(path: Path) -> None:
    write(path, [data(T, INFY_QUOTE), data(T - 10**9, INFY_QUOTE, sequence=2)])
    assert [each.at for each in messages(path)] == [T, T - 10**9]
    *_, block, _ = CaptureReader(path).blocks()
    assert (block.first, block.last) == (T - 10**9, T)
