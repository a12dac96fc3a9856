"""This project's own client on a replay: it receives what was recorded, at the times that were recorded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from math import inf

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
from kitetui.record.capture.notes import GapNote
from kitetui.record.capture.records import Kind, Record
from kitetui.record.rows import Rows
from kitetui.replay import Playback, ReplayExchange, RowsSource
from kitetui.wire import Mode, decode_frames
from tests.replay.recordings import INFY, SECOND, Recording, data, full, moment, note, sent, state
from tests.replay.test_source import RowReader

TOKENS = [number << 8 | 1 for number in range(1_000, 1_030)]


def market(messages: int, connections: int, seed: int = 5) -> list[Record]:
    """A recording of several connections, each with its own tokens, all of them kept ones at first."""
    draw = random.Random(seed)
    parts = [TOKENS[number::connections] for number in range(connections)]
    records = [sent(0, *part, connection=number) for number, part in enumerate(parts)]
    for number in range(messages):
        connection = draw.randrange(connections)
        packets = [
            full(draw.choice(parts[connection]), draw.randint(-500, 500)) for _ in range(draw.randint(1, 4))
        ]
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


def recorded(records: Sequence[Record]) -> tuple[np.ndarray, np.ndarray]:
    """The rows of all messages, and when each was received."""
    messages = [record for record in records if record.kind is Kind.DATA]
    batch = decode_frames([record.data for record in messages])
    return batch.words, np.array([record.at for record in messages])[batch.frames]


def by_token(words: np.ndarray, received_at: np.ndarray) -> dict[int, list[tuple[int, ...]]]:
    """The ticks of each token in their order, with the time of each."""
    found: dict[int, list[tuple[int, ...]]] = {}
    for row, at in zip(words.tolist(), received_at.tolist(), strict=True):
        found.setdefault(row[0], []).append((at, *row))
    return found


@pytest.mark.parametrize("connections", [1, 2, 3])
@pytest.mark.parametrize("recorded_on", [1, 3])
async def test_ticks_times_and_order_are_the_recorded_ones_for_any_split(
    connections: int, recorded_on: int
) -> None:
    records = market(300, recorded_on)
    words, received_at = recorded(records)
    rows = await replayed(Recording(records), connections, len(words))
    assert by_token(rows.words, rows.received_at) == by_token(words, received_at)
    kept = {int(token) for token in words[:, 0]}
    assert int(rows.snapshot.sum()) >= len(kept)
    assert set(rows.words[rows.snapshot, 0].tolist()) == kept


async def test_one_connection_receives_the_merged_order() -> None:
    records = market(300, 3)
    words, received_at = recorded(records)
    rows = await replayed(Recording(records), 1, len(words))
    np.testing.assert_array_equal(rows.words, words)
    np.testing.assert_array_equal(rows.received_at, received_at)


async def test_a_replay_of_rows_gives_the_same_rows() -> None:
    words, _ = recorded(records := market(300, 1))
    first = await replayed(Recording(records), 1, len(words))
    source = RowsSource(RowReader(first, 64), span=Recording(records).span)
    second = await replayed(source, 1, len(words))
    for name in ("words", "lengths", "received_at", "connection", "sequence", "snapshot"):
        np.testing.assert_array_equal(getattr(second, name), getattr(first, name), err_msg=name)


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
