"""A recording as a source of the feed: its ticks, times, marks and outages are those that were recorded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from kitetui.feed import (
    ConnectionChanged,
    ConnectionState,
    Gap,
    OrderUpdate,
    Ticks,
)
from kitetui.record import COLUMNS, Files, Folder, Format, Recorder, open_reader
from kitetui.record.capture.layout import GapNote, Record, RecordKind, SnapshotNote, parse_note
from kitetui.record.rows import TickRows
from kitetui.replay import Playback, RowsRecording
from kitetui.replay import Recording as AnyRecording
from kitetui.replay.recording import CaptureRecording
from kitetui.wire import Mode, decode_frames
from tests.feed.helpers import becomes, next_of, ticks_from
from tests.record.csv.helpers import joined
from tests.record.test_nothing_lost import gaps_in
from tests.replay.recordings import (
    BEGUN,
    INFY,
    NIFTY,
    SBIN,
    SECOND,
    Recording,
    at_once,
    data,
    full,
    marked,
    moment,
    note,
    prices,
    sent,
    source_of,
    state,
    text,
)
from tests.replay.test_recording import RowReader
from tests.wire.packets import frame

TOKENS = [number << 8 | 1 for number in range(1_000, 1_030)]


def market(messages: int, connections: int, seed: int = 5) -> list[Record]:
    """A recording of several connections, each with its own tokens, of which any tick may carry the mark.

    Now and then a message has several packets of one token, of which some carry it and some do not.
    """
    draw = random.Random(seed)
    parts = [TOKENS[number::connections] for number in range(connections)]
    records = [BEGUN, *(sent(0, *part, connection=number) for number, part in enumerate(parts))]
    for number in range(messages):
        connection = draw.randrange(connections)
        tokens = draw.choices(parts[connection][: draw.choice((1, 2, 30))], k=draw.randint(1, 4))
        places = [place for place in range(len(tokens)) if draw.random() < 0.4]
        if places:
            records.append(marked(number / 1_000, *places, connection=connection))
        packets = [full(token, draw.randint(-500, 500)) for token in tokens]
        records.append(data(number / 1_000, *packets, connection=connection))
    return records


async def replayed(source: Recording | RowsRecording, connections: int, ticks: int) -> TickRows:
    """Receive so many ticks of a replay with the manager."""
    async with source_of(source, at_once(), connections=connections, wait_for=len(TOKENS)) as manager:
        reader = manager.stream(lossless=True)
        await manager.subscribe_symbols(TOKENS, Mode.FULL)
        async with manager:
            messages: list[Ticks] = []
            async for message in reader:
                if isinstance(message, Ticks):
                    messages.append(message)
                    ticks -= len(message.batch)
                    if ticks <= 0:
                        break
    return TickRows.of(messages)


def recorded(records: Sequence[Record]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows of all messages, when each was received, and whether it carries the mark."""
    messages, marks = [], []
    for before, record in pairwise(records):
        if record.kind is RecordKind.DATA:
            messages.append(record)
            noted = parse_note(before.data) if before.kind is RecordKind.NOTE else None
            places = noted.places if isinstance(noted, SnapshotNote) else ()
            marks += [place in places for place in range(len(decode_frames([record.data])))]
    batch = decode_frames([record.data for record in messages])
    return batch.words, np.array([record.at for record in messages])[batch.frames], np.array(marks)


def by_token(
    words: np.ndarray, received_at: np.ndarray, marks: np.ndarray
) -> dict[int, list[tuple[int, ...]]]:
    """The ticks of each token in their order, with the time and the mark of each."""
    found: dict[int, list[tuple[int, ...]]] = {}
    for row, at, mark in zip(words.tolist(), received_at.tolist(), marks.tolist(), strict=True):
        found.setdefault(row[0], []).append((at, mark, *row))
    return found


@pytest.mark.parametrize("connections", [1, 2, 3])
@pytest.mark.parametrize("recorded_on", [1, 3])
async def test_ticks_times_marks_and_order_are_the_recorded_ones_for_any_split(
    connections: int, recorded_on: int
) -> None:
    records = market(300, recorded_on)
    words, received_at, marks = recorded(records)
    rows = await replayed(Recording(records), connections, len(words))
    assert by_token(rows.words, rows.received_at, rows.snapshot) == by_token(words, received_at, marks)
    assert 0 < marks.sum() < len(marks)


async def test_one_connection_receives_the_merged_order() -> None:
    records = market(300, 3)
    words, received_at, marks = recorded(records)
    rows = await replayed(Recording(records), 1, len(words))
    np.testing.assert_array_equal(rows.words, words)
    np.testing.assert_array_equal(rows.received_at, received_at)
    np.testing.assert_array_equal(rows.snapshot, marks)


async def test_a_replay_of_rows_gives_the_same_rows() -> None:
    words, *_ = recorded(records := market(300, 1))
    first = await replayed(Recording(records), 1, len(words))
    source = RowsRecording(RowReader(first, 64), span=Recording(records).span)
    second = await replayed(source, 1, len(words))
    for name in ("words", "lengths", "received_at", "connection", "sequence", "snapshot"):
        np.testing.assert_array_equal(getattr(second, name), getattr(first, name), err_msg=name)


@pytest.mark.parametrize("connections", [1, 3])
@pytest.mark.parametrize("seed", range(3))
async def test_a_capture_that_is_played_into_a_recorder_gives_the_same_marks(
    tmp_path: Path, connections: int, seed: int
) -> None:
    words, received_at, marks = recorded(market(200, connections, seed))
    expected = by_token(words, received_at, marks)
    capture = await recorded_again(Recording(market(200, connections, seed)), tmp_path / "first", len(words))
    source = CaptureRecording(capture, span=(moment(0), moment(1)), names={})
    again = await recorded_again(source, tmp_path / "second", len(words))
    for path in (capture, capture.with_suffix(".csv"), again, again.with_suffix(".csv")):
        rows = joined(list(open_reader(path)))
        assert by_token(rows.words, rows.received_at, rows.snapshot) == expected


async def test_a_capture_that_is_recorded_again_has_the_same_gap_log(tmp_path: Path) -> None:
    records = [
        *(BEGUN, state(0, ConnectionState.LIVE), sent(0, *TOKENS)),
        data(0, *(full(token, 1) for token in TOKENS)),
        state(1, ConnectionState.RETRYING, "reset"),
        state(9, ConnectionState.LIVE),
        note(9, GapNote(moment(0), moment(9), 30, "reset")),
        data(9, *(full(token, 2) for token in TOKENS)),
    ]
    capture = await recorded_again(Recording(records), tmp_path / "first", 60)
    source = CaptureRecording(capture, span=(moment(0), moment(9)), names={})
    await recorded_again(source, tmp_path / "second", 60)
    first, second = (gaps_in(tmp_path / folder) for folder in ("first", "second"))
    assert first == second
    assert [(gap["symbols"], gap["reason"]) for gap in first] == [("30", "reset")]


async def recorded_again(source: AnyRecording, folder: Path, ticks: int) -> Path:
    """Play into a recorder of captures and CSV; return the capture."""
    formats = [Format.CAPTURE, Format.CSV]
    recorder = Recorder(Files(Folder(folder, formats, COLUMNS, is_series=True), lambda token: None))
    async with source_of(source, at_once(), wait_for=30) as manager:
        stream = manager.full_stream()
        await manager.subscribe_symbols(TOKENS, Mode.FULL)
        async with manager, asyncio.TaskGroup() as tasks:
            tasks.create_task(recorder.record(stream))
            while recorder.totals.rows < ticks:  # noqa: ASYNC110 - a recorder tells nobody
                await asyncio.sleep(0.01)
            recorder.finish(stream)
        await recorder.close()
    return next(folder.glob("*.kcap"))  # noqa: ASYNC240 - a folder of four files


async def test_a_recorded_outage_is_told_as_it_was() -> None:
    records = [
        data(0, full(INFY, 1)),
        state(1, ConnectionState.RETRYING, "reset"),
        state(9, ConnectionState.LIVE),
        note(9, GapNote(moment(0), moment(9), 1, "reset")),
        data(9, full(INFY, 2)),
    ]
    playback = at_once(paused=True)
    async with source_of(Recording(records), playback) as manager:
        reader = manager.stream()
        await manager.subscribe_symbols([INFY], Mode.FULL)
        async with manager:
            playback.step()
            await next_of(reader, Ticks)
            assert manager.state_of(INFY) is ConnectionState.LIVE
            playback.resume()
            lost = await next_of(reader, ConnectionChanged, lambda each: each.at == moment(1))
            assert (lost.state, lost.reason, lost.is_replay) == (ConnectionState.RETRYING, "reset", True)
            assert await next_of(reader, Gap) == Gap(0, moment(0), moment(0) + 9 * SECOND, 1, "reset")
            assert (await next_of(reader, Ticks)).received_at.tolist() == [moment(9)]
            assert manager.state_of(INFY) is ConnectionState.LIVE


async def test_while_a_recorded_connection_is_lost_its_symbols_are_missing_since_then() -> None:
    records = [data(0, full(INFY, 1)), state(1, ConnectionState.RETRYING, "reset")]
    async with source_of(Recording(records), at_once()) as manager:
        reader = manager.stream()
        await manager.subscribe_symbols([INFY], Mode.FULL)
        async with manager:
            await next_of(reader, ConnectionChanged, lambda each: each.at == moment(1))
            assert (missing := manager.get_stats().missing) is not None
            assert missing.missing_since == moment(1)
            assert not manager.delivers(INFY, 0, 1)


async def test_who_subscribes_late_has_the_last_packets_all_marked() -> None:
    strange = NIFTY.to_bytes(4, "big") + bytes(200)
    records = [BEGUN, data(0, full(INFY, 1), strange), data(1, full(INFY, 2), full(SBIN, 3))]
    playback = at_once()
    async with source_of(Recording(records), playback) as manager:
        reader = manager.stream()
        await manager.subscribe_symbols([INFY], Mode.FULL)
        async with manager:
            await playback.ended.wait()
            await ticks_from(reader, 2)
            await manager.subscribe_symbols([NIFTY, SBIN], Mode.FULL)
            late = await next_of(reader, Ticks)
            assert late.batch.to_dicts()[0]["instrument_token"] == SBIN
            assert late.snapshot.tolist() == [True]
            assert late.received_at.tolist() == [moment(1)]


async def test_texts_and_broken_messages_are_received_as_they_were() -> None:
    broken = Record(RecordKind.DATA, 0, moment(1), 1, frame(full(INFY, 1), full(SBIN, 2), full(SBIN, 3))[:-1])
    order = '{"type":"order","data":{"order_id":"7"}}'
    records = [BEGUN, text(0, order), marked(1, 1), broken]
    async with source_of(Recording(records), at_once()) as manager:
        reader = manager.stream()
        await manager.subscribe_symbols([INFY, SBIN], Mode.FULL)
        async with manager:
            told = await next_of(reader, OrderUpdate)
            assert (told.order["order_id"], told.received_at) == ("7", moment(0))
            ticks = await next_of(reader, Ticks)
            assert ticks.snapshot.tolist() == [False, True]
            assert len(ticks.batch.errors) == 1
            assert manager.get_stats().connections[0].rejected == 1


async def test_what_nobody_wants_any_more_is_played_no_more_and_begins_again_when_it_is_wanted() -> None:
    playback = Playback(paused=True)
    async with source_of(Recording(prices(INFY, 1, 2, 3)), playback) as manager:
        reader = manager.stream()
        await manager.subscribe_symbols([INFY], Mode.FULL)
        async with manager:
            playback.step()
            await next_of(reader, Ticks)
            await manager.unsubscribe_symbols([INFY])
            await becomes(reader, ConnectionState.UNUSED)
            playback.step()
            while playback.at < moment(1):  # noqa: ASYNC110 - a step that nobody hears
                await asyncio.sleep(0)
            await manager.subscribe_symbols([INFY], Mode.LTP)
            await becomes(reader, ConnectionState.LIVE)
            late = await next_of(reader, Ticks)
            assert (late.batch["last_price"].tolist(), late.snapshot.tolist()) == ([0.02], [True])
            assert set(late.batch["mode"].tolist()) == {"ltp"}


async def test_a_bug_ends_a_connection_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(frames: Sequence[bytes]) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("kitetui.feed.batcher.decode_frames", broken)
    async with source_of(Recording(prices(INFY, 1, 2)), at_once()) as manager:
        reader = manager.stream()
        await manager.subscribe_symbols([INFY], Mode.FULL)
        async with manager:
            assert (
                "a bug of this program (ZeroDivisionError)"
                in (await becomes(reader, ConnectionState.DOWN)).reason
            )
            assert manager.get_stats().connections[0].bugs == 1
