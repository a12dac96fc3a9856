"""This project's own client on a replay: it receives what was recorded, at the times that were recorded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from itertools import pairwise
from math import inf
from pathlib import Path

import numpy as np
import pytest

from kitetui.feed import (
    ConnectionChanged,
    ConnectionState,
    Endpoint,
    Gap,
    KiteManagerConfig,
    KiteTickerManager,
    Ticks,
)
from kitetui.record import COLUMNS, Files, Folder, Format, Recorder, open_reader
from kitetui.record.capture.notes import GapNote, SnapshotNote, parse_note
from kitetui.record.capture.records import Kind, Record
from kitetui.record.rows import Rows
from kitetui.replay import Playback, ReplayExchange, RowsSource, Source
from kitetui.replay.opening import CaptureSource
from kitetui.wire import Mode, decode_frames
from tests.record.csv.helpers import joined
from tests.replay.recordings import (
    BEGUN,
    INFY,
    SECOND,
    Recording,
    data,
    full,
    marked,
    moment,
    note,
    sent,
    state,
)
from tests.replay.test_source import RowReader

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


async def replayed(source: Recording | RowsSource, connections: int, ticks: int) -> Rows:
    """Receive so many ticks of a replay with the manager."""
    playback = Playback(speed=inf)
    async with asyncio.timeout(30), ReplayExchange(source, playback, wait_for=len(TOKENS)) as exchange:
        config = KiteManagerConfig(max_connections=connections, endpoint=Endpoint(exchange.url))
        manager = KiteTickerManager(config=config)
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
    return Rows.of(messages)


def recorded(records: Sequence[Record]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows of all messages, when each was received, and whether it carries the mark."""
    messages, marks = [], []
    for before, record in pairwise(records):
        if record.kind is Kind.DATA:
            messages.append(record)
            noted = parse_note(before.data) if before.kind is Kind.NOTE else None
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
    source = RowsSource(RowReader(first, 64), span=Recording(records).span)
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
    source = CaptureSource(capture, span=(moment(0), moment(1)), names={})
    again = await recorded_again(source, tmp_path / "second", len(words))
    for path in (capture, capture.with_suffix(".csv"), again, again.with_suffix(".csv")):
        rows = joined(list(open_reader(path)))
        assert by_token(rows.words, rows.received_at, rows.snapshot) == expected


async def recorded_again(source: Source, folder: Path, ticks: int) -> Path:
    """Play into a recorder of captures and CSV; return the capture."""
    formats = [Format.CAPTURE, Format.CSV]
    recorder = Recorder(Files(Folder(folder, formats, COLUMNS, is_series=True), lambda token: None))
    async with asyncio.timeout(30), ReplayExchange(source, Playback(speed=inf), wait_for=30) as exchange:
        config = KiteManagerConfig(max_connections=1, endpoint=Endpoint(exchange.url))
        manager = KiteTickerManager(config=config)
        stream = manager.full_stream()
        await manager.subscribe_symbols(TOKENS, Mode.FULL)
        async with manager, asyncio.TaskGroup() as tasks:
            tasks.create_task(recorder.record(stream))
            while recorder.totals.rows < ticks:  # noqa: ASYNC110 - a recorder tells nobody
                await asyncio.sleep(0.01)
            recorder.finish(stream)
        await recorder.close()
    return next(folder.glob("*.kcap"))  # noqa: ASYNC240 - a folder of four files


async def test_a_recorded_outage_is_the_clients_own() -> None:
    records = [
        data(0, full(INFY, 1)),
        state(1, ConnectionState.RETRYING, "reset"),
        state(9, ConnectionState.LIVE),
        note(9, GapNote(moment(0), moment(9), 1, "reset")),
        data(9, full(INFY, 2)),
    ]
    async with asyncio.timeout(30), ReplayExchange(Recording(records), Playback(speed=inf)) as exchange:
        manager = KiteTickerManager(config=KiteManagerConfig(endpoint=Endpoint(exchange.url)))
        reader = manager.stream()
        await manager.subscribe_symbols([INFY], Mode.FULL)
        async with manager:
            said = []
            async for message in reader:
                said.append(message)
                if isinstance(message, Ticks) and message.received_at[-1] == moment(9):
                    break
    states = [(each.state, each.at) for each in said if isinstance(each, ConnectionChanged)]
    assert (ConnectionState.RETRYING, moment(1)) in states
    assert [each for each in said if isinstance(each, Gap)] == [
        Gap(0, moment(0), moment(0) + 9 * SECOND, 1, "reset")
    ]
