from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import numpy as np
import pytest

from kitetui.errors import RecordingError
from kitetui.feed import Channel, ServerError, TickerMessage, Ticks
from kitetui.record import COLUMNS, Output, Recorder, named_file
from kitetui.wire import decode_frame
from tests.wire.packets import INFY_FULL, frame


def ticks(count: int, sequence: int) -> Ticks:
    batch = decode_frame(frame(*[INFY_FULL] * count))
    return Ticks(0, batch, np.full(count, 1_625_461_887_000_000_000), sequence)


def recorded(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


async def test_everything_published_before_the_end_is_written(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    channel = Channel(100)
    with named_file(path) as output:
        recorder = Recorder(output, lambda token: ("NSE", "INFY"))
        stream = channel.subscribe()
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            tasks.create_task(recorder.record(stream))
            for number in range(20):
                channel.publish(ticks(3, 1 + 3 * number))
                await asyncio.sleep(0)
            channel.close()
    assert [int(row["sequence"]) for row in recorded(path)] == list(range(1, 61))
    assert recorder.totals.rows == 60
    assert recorder.totals.bytes == path.stat().st_size


async def test_an_empty_recording_has_its_header(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    channel = Channel(100)
    stream = channel.subscribe()
    channel.close()
    with named_file(path) as output:
        await Recorder(output, lambda token: None).record(stream)
    assert path.read_text() == ",".join(COLUMNS) + "\n"


async def test_what_a_full_queue_cost_is_counted_and_leaves_a_jump_in_the_sequence(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    channel = Channel(2)
    stream = channel.subscribe()
    for number in range(5):
        channel.publish(ticks(10, 1 + 10 * number))
    channel.close()
    heard: list[TickerMessage] = []
    with named_file(path) as output:
        recorder = Recorder(output, lambda token: None, heard.append)
        await recorder.record(stream)
    assert recorder.totals.lost == 30
    assert recorder.totals.rows == 20
    assert recorded(path)[0]["sequence"] == "31"
    assert [type(message).__name__ for message in heard] == ["Lagged"]


async def test_messages_that_are_not_ticks_are_handed_on(tmp_path: Path) -> None:
    channel = Channel(10)
    stream = channel.subscribe()
    error = ServerError(0, "Can't subscribe to more than 3000 instruments.", 0)
    channel.publish(error)
    channel.close()
    heard: list[TickerMessage] = []
    with named_file(tmp_path / "ticks.csv") as output:
        await Recorder(output, lambda token: None, heard.append).record(stream)
    assert heard == [error]


async def test_an_output_that_fails_ends_the_recording() -> None:
    with named_file(Path("/dev/full")) as output, pytest.raises(RecordingError, match="No space left"):
        await Recorder(output, lambda token: None).record(Channel(1).subscribe())


async def test_a_recording_that_is_finished_has_what_waited_and_nothing_of_what_comes_after(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ticks.csv"
    channel = Channel(100)
    stream = channel.subscribe()
    with named_file(path) as output:
        recorder = Recorder(output, lambda token: None)
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            tasks.create_task(recorder.record(stream))
            for number in range(20):
                channel.publish(ticks(3, 1 + 3 * number))
                await asyncio.sleep(0)
            recorder.finish(stream)
            channel.publish(ticks(3, 61))
    assert [int(row["sequence"]) for row in recorded(path)] == list(range(1, 61))
    assert not channel.has_readers


async def test_a_recording_that_is_finished_before_its_first_turn_has_what_waited(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    channel = Channel(2)
    stream = channel.subscribe()
    for number in range(3):
        channel.publish(ticks(1, 1 + number))
    with named_file(path) as output:
        recorder = Recorder(output, lambda token: None)
        recorder.finish(stream)
        await recorder.record(stream)
    assert [row["sequence"] for row in recorded(path)] == ["2", "3"]
    assert recorder.totals.lost == 1


async def test_what_waits_is_written_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(Output, "write", lambda output, data: written.append(data))
    channel = Channel(100)
    stream = channel.subscribe()
    for number in range(50):
        channel.publish(ticks(1, 1 + number))
    channel.close()
    with named_file(tmp_path / "ticks.csv") as output:
        await Recorder(output, lambda token: None).record(stream)
    assert len(written) == 2


async def test_more_than_a_good_write_is_written_in_several_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitetui.record.recorder._WRITE_BYTES", 500)
    path = tmp_path / "ticks.csv"
    channel = Channel(100)
    stream = channel.subscribe()
    for number in range(50):
        channel.publish(ticks(1, 1 + number))
    with named_file(path) as output:
        recorder = Recorder(output, lambda token: None)
        recorder.finish(stream)
        await recorder.record(stream)
    assert [int(row["sequence"]) for row in recorded(path)] == list(range(1, 51))
    assert recorder.totals.rows == 50


async def test_the_moment_of_the_last_write_is_known(tmp_path: Path) -> None:
    channel = Channel(1)
    stream = channel.subscribe()
    channel.close()
    with named_file(tmp_path / "ticks.csv") as output:
        recorder = Recorder(output, lambda token: None, now=lambda: 1_625_461_887.5)
        assert recorder.totals.written_at is None
        await recorder.record(stream)
    assert recorder.totals.written_at == 1_625_461_887.5
