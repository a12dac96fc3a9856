"""Writing captures: messages of every kind are read as they were written."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.feed import RawFrame
from kitetui.record.capture import CaptureReader, CaptureWriter
from kitetui.record.capture.layout import BeginNote, NamesNote, Record, RecordKind, SnapshotNote, parse_note
from kitetui.record.output import Output, continued_file, is_being_written
from kitetui.wire import HEARTBEAT, Subscribe, encode_request
from tests.record.capture.helpers import NAMES, T, data, messages, write, writer_on
from tests.wire.packets import INFY, INFY_FULL, INFY_QUOTE, frame


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
        Record(RecordKind.SENT, 1, T, 1, b'{"a":"subscribe","v":[408065]}'),
        Record(RecordKind.TEXT, 1, T + 1, 1, '{"type":"message","data":"₹ \U0001f600 \x00"}'.encode()),
        Record(RecordKind.DATA, 1, T + 2, 1, frame(INFY_FULL, INFY_QUOTE)),
        Record(RecordKind.DATA, 1, T + 3, 3, HEARTBEAT),
    ]


@given(
    st.lists(
        st.builds(
            RawFrame,
            st.integers(0, 255),
            st.binary(max_size=60) | st.text(max_size=40),
            st.integers(0, 2**62),
            st.integers(0, 2**62),
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


def test_a_capture_says_who_made_it_and_when_and_names_its_tokens_before_they_come(path: Path) -> None:
    write(path, [data(T, INFY_QUOTE)], [data(T + 1, INFY_QUOTE)])
    notes = [parse_note(each.data) for each in CaptureReader(path).records() if each.kind is RecordKind.NOTE]
    begun, names = notes
    assert isinstance(begun, BeginNote)
    assert begun.created == "2026-11-23T05:00:00+00:00"
    assert begun.marks
    assert names == NamesNote(NAMES)
    kinds = [each.kind for each in CaptureReader(path).records()]
    assert kinds == [RecordKind.NOTE, RecordKind.NOTE, RecordKind.DATA, RecordKind.DATA]


def test_a_name_that_is_not_known_yet_is_noted_when_it_is(path: Path) -> None:
    names: dict[int, tuple[str, str]] = {}
    writer = CaptureWriter(continued_file(path), name_of=names.get)
    writer.frames([data(T, INFY_QUOTE)])
    names.update(NAMES)
    writer.frames([data(T + 1, INFY_QUOTE)])
    writer.close()
    rows = CaptureReader(path)
    assert sum(map(len, rows)) == 2
    assert rows.names == NAMES


def test_a_finished_capture_says_so_and_goes_on(small: Path) -> None:
    assert CaptureReader(small).is_finished
    writer = writer_on(small)
    writer.frames([data(T + 9, INFY_QUOTE, sequence=4)])
    writer.flush(sync=True)
    assert not CaptureReader(small).is_finished
    assert [each.sequence for each in messages(small)] == [1, 2, 3, 4]
    writer.close()
    assert CaptureReader(small).is_finished


def test_times_that_go_back_are_kept_as_they_are(path: Path) -> None:
    write(path, [data(T, INFY_QUOTE), data(T - 10**9, INFY_QUOTE, sequence=2)])
    assert [each.at for each in messages(path)] == [T, T - 10**9]
    *_, block, _ = CaptureReader(path).blocks()
    assert (block.first, block.last) == (T - 10**9, T)


def test_a_block_is_written_before_it_grows_large(path: Path) -> None:
    writer = writer_on(path)
    for number in range(4):
        writer.frames([data(T + number, *[INFY_FULL] * 3000)])
    lengths = [each.length for each in CaptureReader(path).blocks()]
    assert len(lengths) == 3
    assert all(1_000_000 <= each < 1_700_000 for each in lengths[1:])


def test_the_note_of_marks_is_right_before_its_message_and_has_its_time_and_connection(path: Path) -> None:
    other = data(T, INFY_QUOTE, connection=3)
    marked = data(T + 1, INFY_FULL, INFY_QUOTE, INFY_QUOTE, connection=2, snapshot=(0, 2))
    write(path, [other, marked, other])
    records = list(CaptureReader(path).records())
    *_, note, message, _ = records
    assert [each.kind for each in records].count(RecordKind.NOTE) == 3
    assert (note.kind, note.connection, note.at) == (RecordKind.NOTE, 2, T + 1)
    assert parse_note(note.data) == SnapshotNote((0, 2))
    assert message.data == marked.data


@pytest.mark.parametrize("short", range(0, 200, 4))
def test_no_block_ends_between_the_note_of_marks_and_its_message(path: Path, short: int) -> None:
    most = RawFrame(0, bytes(1_000_000 - short), T, 1)
    write(path, [most, data(T + 1, INFY_QUOTE, snapshot=(0,)), data(T + 2, INFY_QUOTE)])
    counts = [each.count for each in CaptureReader(path).blocks()]
    records = list(CaptureReader(path).records())
    assert len(counts) > 1
    for end in accumulate(counts[:-1]):
        assert not isinstance(parse_note(records[end - 1].data), SnapshotNote)


def test_a_capture_that_goes_on_is_one_file(path: Path) -> None:
    write(path, [data(T, INFY_QUOTE)])
    write(path, [data(T + 1, INFY_QUOTE)])
    reader = CaptureReader(path)
    assert [each.at for each in reader.records() if each.kind is RecordKind.DATA] == [T, T + 1]
    assert not reader.damage
    assert reader.is_finished


def test_a_token_is_named_when_it_is_asked_for(path: Path) -> None:
    request = encode_request(Subscribe((INFY,)))
    write(path, [RawFrame(0, request, T, 1, sent=True), RawFrame(0, "no request", T, 1, sent=True)])
    kinds = [each.kind for each in CaptureReader(path).records()]
    assert kinds == [RecordKind.NOTE, RecordKind.NOTE, RecordKind.SENT, RecordKind.SENT]


def test_many_names_come_in_several_notes(path: Path) -> None:
    tokens = tuple(range(1, 9_001))
    writer = CaptureWriter(continued_file(path), name_of=lambda token: ("NSE", str(token)))
    request = encode_request(Subscribe(tokens))
    writer.frames([RawFrame(0, request, T, 1, sent=True)] * 2)
    writer.frames([RawFrame(0, request, T, 1, sent=True)])
    writer.close()
    notes = [parse_note(each.data) for each in CaptureReader(path).records() if each.kind is RecordKind.NOTE]
    named = [each.names for each in notes if isinstance(each, NamesNote)]
    assert [len(each) for each in named] == [3_000, 3_000, 3_000]
    assert [token for names in named for token in names] == list(tokens)


class Watched(Output):
    """A file that counts what is asked of it."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), path.open("ab", buffering=0))
        self.writes = 0
        self.syncs = 0

    def write(self, data: bytes) -> None:
        self.writes += 1
        super().write(data)

    def sync(self) -> None:
        self.syncs += 1
        super().sync()


def test_a_flush_is_one_write_and_reaches_the_disk_when_that_is_wanted(path: Path) -> None:
    output = Watched(path)
    writer = CaptureWriter(output, name_of=NAMES.get)
    begun = output.writes
    writer.frames([data(T, INFY_QUOTE), data(T + 1, INFY_QUOTE)])
    writer.flush(sync=False)
    writer.flush(sync=False)
    assert (output.writes - begun, output.syncs) == (1, 0)
    writer.flush(sync=True)
    assert (output.writes - begun, output.syncs) == (1, 1)
    assert writer.size == path.stat().st_size
    writer.close()


def test_a_capture_that_is_closed_is_free_for_others(path: Path) -> None:
    writer = writer_on(path)
    assert is_being_written(path)
    writer.close()
    assert not is_being_written(path)
