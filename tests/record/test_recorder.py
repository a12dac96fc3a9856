"""From a stream to files: all of it, in order, off the event loop."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from kitetui.errors import RecordingError
from kitetui.feed import Channel, ServerError, TickerMessage
from kitetui.record import COLUMNS, Durability, Recorder
from kitetui.record.ledgerfile import read_ledger
from tests.record.helpers import (
    SECOND,
    Clock,
    Stopwatch,
    at,
    comes,
    files_in,
    live,
    sequences,
    stepped,
    ticks,
    wants,
)

NOW = at("2026-11-23T10:42:17")
NAME = "ticks-20261123-104217.csv"
ON_ITS_WAY = SECOND // 20


async def record(recorder: Recorder, channel: Channel) -> None:
    """Record a channel to its end."""
    async with asyncio.timeout(10):
        await recorder.record(channel.subscribe())
        await recorder.close()


async def test_everything_published_before_the_end_is_written(tmp_path: Path) -> None:
    channel = Channel[TickerMessage](100)
    recorder = Recorder(files_in(tmp_path, Clock(NOW)))
    stream = channel.subscribe()
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(recorder.record(stream))
        for number in range(20):
            channel.publish(ticks(NOW, NOW, NOW, sequence=1 + 3 * number))
            await asyncio.sleep(0)
        channel.close()
    await recorder.close()
    assert sequences(tmp_path / NAME) == list(range(1, 61))
    assert recorder.totals.rows == 60
    assert recorder.totals.bytes == (tmp_path / NAME).stat().st_size


async def test_an_empty_recording_has_its_header(tmp_path: Path) -> None:
    channel = Channel[TickerMessage](100)
    recorder = Recorder(files_in(tmp_path, Clock(NOW)))
    stream = channel.subscribe()
    channel.close()
    await recorder.record(stream)
    await recorder.close()
    assert (tmp_path / NAME).read_text() == ",".join(COLUMNS) + "\n"


async def test_what_a_full_queue_cost_is_counted_and_leaves_a_jump_in_the_sequence(tmp_path: Path) -> None:
    channel = Channel[TickerMessage](2)
    stream = channel.subscribe()
    for number in range(5):
        channel.publish(ticks(*[NOW] * 10, sequence=1 + 10 * number))
    channel.close()
    heard: list[TickerMessage] = []
    recorder = Recorder(files_in(tmp_path, Clock(NOW)), heard.append)
    await recorder.record(stream)
    await recorder.close()
    assert (recorder.totals.lost, recorder.totals.rows, recorder.totals.gaps) == (30, 20, 1)
    assert sequences(tmp_path / NAME)[0] == 31
    assert [type(message).__name__ for message in heard] == ["Lagged"]


async def test_messages_that_are_not_ticks_are_handed_on(tmp_path: Path) -> None:
    channel = Channel[TickerMessage](10)
    stream = channel.subscribe()
    error = ServerError(0, "Can't subscribe to more than 3000 instruments.", 0)
    channel.publish(error)
    channel.close()
    heard: list[TickerMessage] = []
    recorder = Recorder(files_in(tmp_path, Clock(NOW)), heard.append)
    await recorder.record(stream)
    await recorder.close()
    assert heard == [error]


async def test_two_streams_one_after_the_other_go_into_the_same_files(tmp_path: Path) -> None:
    recorder = Recorder(files_in(tmp_path, Clock(NOW)))
    for number in (1, 2):
        channel = Channel[TickerMessage](10)
        stream = channel.subscribe()
        channel.publish(ticks(NOW, sequence=number))
        channel.close()
        await recorder.record(stream)
    await recorder.close()
    assert sequences(tmp_path / NAME) == [1, 2]


async def test_what_waits_when_it_is_told_to_finish_is_written(tmp_path: Path) -> None:
    channel = Channel[TickerMessage](1000)
    recorder = Recorder(files_in(tmp_path, Clock(NOW)))
    stream = channel.subscribe()
    for number in range(500):
        channel.publish(ticks(NOW, sequence=1 + number))
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(recorder.record(stream))
        await asyncio.sleep(0)
        recorder.finish(stream)
        channel.publish(ticks(NOW, sequence=501))
    await recorder.close()
    assert sequences(tmp_path / NAME) == list(range(1, 501))


async def test_a_file_that_cannot_be_written_ends_the_recording_and_close_is_harmless(tmp_path: Path) -> None:
    channel = Channel[TickerMessage](10)
    recorder = Recorder(files_in(tmp_path, Clock(NOW)))
    stream = channel.subscribe()
    shutil.rmtree(tmp_path)
    channel.publish(ticks(NOW))
    channel.close()
    with pytest.raises(RecordingError, match="was removed"):
        await recorder.record(stream)
    await recorder.close()
    await recorder.close()


@pytest.mark.parametrize("sync", [False, True])
async def test_a_stream_that_goes_on_is_flushed_within_the_time_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, sync: bool
) -> None:
    files = files_in(tmp_path, Clock(NOW))
    flushed = asyncio.Event()
    asked: list[bool] = []
    loop = asyncio.get_running_loop()

    def flush(until: int, *, sync: bool) -> None:
        asked.append(sync)
        loop.call_soon_threadsafe(flushed.set)

    monkeypatch.setattr(files, "flush", flush)
    channel = Channel[TickerMessage](10)
    recorder = Recorder(files, durability=Durability(0.01, sync))
    stream = channel.subscribe()
    channel.publish(ticks(NOW))
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(recorder.record(stream))
        await flushed.wait()
        channel.close()
    assert set(asked) == {sync}
    await recorder.close()


async def test_what_is_flushed_is_all_that_was_received_but_for_what_may_be_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = files_in(tmp_path, Clock(NOW + 7 * SECOND))
    channel = Channel[TickerMessage](1000)
    stream = channel.subscribe()
    told: list[tuple[int, int, int]] = []

    def flush(until: int, *, sync: bool) -> None:
        waiting = stream.stats().waiting
        told.append((until, waiting, files.totals.rows))
        if len(told) == 1:
            channel.close()

    monkeypatch.setattr(files, "flush", flush)
    for number in range(4):  # of which two are written together
        channel.publish(ticks(*[NOW + number] * 6_000, sequence=1 + 6_000 * number))
    recorder = Recorder(files, durability=Durability(0.0))
    async with asyncio.timeout(10):
        await recorder.record(stream)
    await recorder.close()
    first, last = told[0], told[-1]
    assert first == (NOW + 1 - ON_ITS_WAY, 12_000, 12_000)
    assert last == (NOW + 3, 0, 24_000)  # when the stream ended nobody knows


async def test_a_recording_that_receives_nothing_is_flushed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = files_in(tmp_path, Clock(NOW))
    channel = Channel[TickerMessage](10)
    loop = asyncio.get_running_loop()
    told: list[int] = []

    def flush(until: int, *, sync: bool) -> None:
        told.append(until)
        if len(told) == 2:
            loop.call_soon_threadsafe(channel.close)

    monkeypatch.setattr(files, "flush", flush)
    recorder = Recorder(files, durability=Durability(0.01))
    async with asyncio.timeout(10):
        await recorder.record(channel.subscribe())
    await recorder.close()
    assert set(told) == {NOW - ON_ITS_WAY}


async def test_it_ends_by_the_clock_that_what_waited_to_be_written_told_of(tmp_path: Path) -> None:
    clock, watch = Clock(NOW), Stopwatch()
    channel = Channel[TickerMessage](100)
    recorder = Recorder(files_in(tmp_path, clock, is_series=True, watch=watch))
    stream = channel.subscribe()
    by = watch.now
    channel.publish(wants(NOW, 408065, timed_at=by), live(NOW, timed_at=by), comes(NOW, 408065, timed_at=by))
    recording = asyncio.create_task(recorder.record(stream))
    while not recorder.totals.rows:  # noqa: ASYNC110 - a recorder tells nobody
        await asyncio.sleep(0.01)
    watch.now += 10
    clock.now += 10 * SECOND + 3_600 * SECOND
    channel.publish(stepped(clock.now, 3_600.0))
    recorder.finish(stream)
    await recording
    await recorder.close()
    state = read_ledger((tmp_path / NAME).with_suffix(".ledger"))
    assert state is not None
    assert state.until == clock.now
