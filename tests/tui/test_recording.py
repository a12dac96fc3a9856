"""Recording beside a screen, on a real feed of a simulated exchange that moves only when told to."""

from __future__ import annotations

import asyncio
import csv
import os
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kitetui.feed import KiteTickerManager
from kitetui.record.csv import CsvWriter
from kitetui.record.output import Output
from kitetui.record.rows import TickRows
from kitetui.simulator import SimulatedExchange
from kitetui.tui.events import Weight
from kitetui.tui.recording import MonitorRecording, RecordingState
from kitetui.wire import Mode
from tests.feed.exchange import manager_of, quiet, until
from tests.tui.rows import NOW

SYMBOLS = ["NSE:INFY", "NSE:TCS", "NSE:SBIN"]


class Session:
    """A feed, a screen that reads it too, and a recording of it; `told` are the notices."""

    def __init__(self, exchange: SimulatedExchange, manager: KiteTickerManager, folder: Path) -> None:
        self.exchange = exchange
        self.manager = manager
        self.folder = folder
        self.screen = manager.stream()
        self.told: list[tuple[str, Weight]] = []
        self.names = {
            each.instrument_token: (each.exchange, each.tradingsymbol)
            for each in map(exchange.universe.resolve, SYMBOLS)
        }
        self.recording = MonitorRecording(
            manager,
            folder,
            self.names.get,
            lambda text, weight: self.told.append((text, weight)),
            lambda: NOW,
        )

    @property
    def received(self) -> int:
        """Ticks received since the start."""
        return self.manager.get_stats().ticks

    @property
    def alarms(self) -> list[str]:
        """Notices that something went wrong."""
        return [text for text, weight in self.told if weight is Weight.ALARM]

    async def step(self) -> None:
        """Move the whole market, and wait until it was received."""
        before = self.received
        await self.exchange.step(300)
        await until(lambda: self.received > before)
        await quiet()

    def rows(self, name: str = "") -> list[dict[str, str]]:
        """The rows of a recording."""
        with (self.folder / (name or self.recording.state.name)).open(newline="") as file:
            return list(csv.DictReader(file))


def files_in(folder: Path) -> list[str]:
    """The names of the files in a folder, in order, but for gap logs."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".gaps.csv"))


@asynccontextmanager
async def feeding(
    folder: Path, mode: Mode = Mode.FULL, parser_buffer_size: int = 1000
) -> AsyncIterator[Session]:
    """Run a feed of three symbols, each of which has ticked once."""
    async with SimulatedExchange(rate=0, seed=7) as exchange:
        manager = manager_of(exchange, max_connections=1, parser_buffer_size=parser_buffer_size)
        session = Session(exchange, manager, folder)
        async with manager:
            await manager.subscribe_symbols(session.names, mode)
            await until(lambda: session.received >= len(SYMBOLS))
            yield session
            await session.recording.stop()


async def test_every_tick_from_the_start_to_the_stop_is_a_row_of_a_new_dated_file(tmp_path: Path) -> None:
    async with feeding(tmp_path) as session:
        before = session.received
        session.recording.start()
        for _ in range(5):
            await session.step()
        await session.recording.stop()
        received = session.received - before
        await session.step()
        rows = session.rows("ticks-20261122-104217.csv")
        assert [int(row["sequence"]) for row in rows] == [before + 1 + each for each in range(received)]
        assert {row["tradingsymbol"] for row in rows} <= {"INFY", "TCS", "SBIN"}
        assert all(row["bid_price_1"] for row in rows)
        assert session.told == [
            ("recording to ticks-20261122-104217.csv", Weight.GOOD),
            (f"{received} rows in ticks-20261122-104217.csv", Weight.NOTE),
        ]


async def test_the_state_tells_what_is_written(tmp_path: Path) -> None:
    async with feeding(tmp_path) as session:
        recording = session.recording
        assert recording.state == RecordingState()
        recording.start()
        assert recording.is_on
        assert (recording.state.name, recording.state.rows) == ("ticks-20261122-104217.csv", 0)
        before = session.received
        await session.step()
        await until(lambda: recording.state.rows == session.received - before)
        path = tmp_path / recording.state.name
        await until(lambda: recording.state.bytes == path.stat().st_size)
        assert recording.state.written_ago is not None
        assert 0 <= recording.state.written_ago < 60
        await recording.stop()
        assert not recording.is_on
        assert recording.state.rows == len(session.rows())


async def test_a_feed_that_stops_while_recording_has_all_that_was_received_written(tmp_path: Path) -> None:
    async with feeding(tmp_path) as session:
        before = session.received
        session.recording.start()
        await session.step()
        await session.manager.stop()
        received = session.received - before
        await session.recording.stop()
    assert len(session.rows()) == received
    assert not session.alarms


async def test_starting_twice_is_one_recording_and_starting_anew_is_another_file(tmp_path: Path) -> None:
    async with feeding(tmp_path) as session:
        session.recording.start()
        session.recording.start()
        await session.step()
        await session.recording.stop()
        session.recording.start()
        assert session.recording.state.rows == 0
        assert session.recording.state.name == "ticks-20261122-104217-2.csv"
        await session.recording.stop()
    assert files_in(tmp_path) == ["ticks-20261122-104217-2.csv", "ticks-20261122-104217.csv"]


async def test_stopping_what_was_never_started_or_has_ended_does_nothing(tmp_path: Path) -> None:
    async with feeding(tmp_path) as session:
        await session.recording.stop()
        session.recording.start()
        await session.recording.stop()
        await session.recording.stop()
        assert len(session.told) == 2
    assert len(files_in(tmp_path)) == 1


async def test_two_who_stop_at_once_both_wait_for_the_end(tmp_path: Path) -> None:
    async with feeding(tmp_path) as session:
        session.recording.start()
        await session.step()
        await asyncio.gather(session.recording.stop(), session.recording.stop())
        assert not session.recording.is_on
        assert len(session.told) == 2


async def test_a_symbol_that_is_added_while_recording_has_its_name(tmp_path: Path) -> None:
    async with feeding(tmp_path) as session:
        session.recording.start()
        added = session.exchange.universe.resolve("NSE:NIFTY 50")
        await session.manager.subscribe_symbols([added.instrument_token], Mode.FULL)
        before = session.received
        await until(lambda: session.received > before)
        await until(lambda: session.recording.state.rows > 0)
        session.names[added.instrument_token] = (added.exchange, added.tradingsymbol)
        await session.step()
        await session.recording.stop()
    of_added = [row for row in session.rows() if row["instrument_token"] == str(added.instrument_token)]
    assert (of_added[0]["exchange"], of_added[0]["tradingsymbol"]) == ("INDICES", "")
    assert (of_added[-1]["exchange"], of_added[-1]["tradingsymbol"]) == ("NSE", "NIFTY 50")


async def test_each_tick_is_recorded_in_the_mode_it_was_streamed_in(tmp_path: Path) -> None:
    async with feeding(tmp_path, Mode.LTP) as session:
        session.recording.start()
        await session.step()
        await session.manager.change_mode(session.names, Mode.QUOTE)
        await session.step()
        await until(lambda: session.recording.state.rows > 0)
        await session.recording.stop()
    assert {row["mode"] for row in session.rows()} <= {"ltp", "quote"}
    assert not any(row["bid_price_1"] for row in session.rows())


async def test_a_full_disk_ends_the_recording_with_one_notice_and_the_feed_lives_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = os.fdopen(os.open("/dev/full", os.O_WRONLY), "wb", buffering=0)
    monkeypatch.setattr("kitetui.record.formats.empty_file", lambda _: Output("/dev/full", full))
    async with feeding(tmp_path) as session:
        session.recording.start()
        await until(lambda: not session.recording.is_on)
        assert len(session.manager.get_stats().readers) == 1
        await session.step()
        await session.recording.stop()
        (alarm,) = session.alarms
        assert "cannot write to /dev/full: No space left on device" in alarm
        assert session.recording.state.error == alarm
        assert len(session.told) == 1


async def test_a_removed_folder_ends_the_recording_with_one_notice_and_another_can_be_started(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    async with feeding(folder) as session:
        session.recording.start()
        await until(lambda: session.recording.state.bytes > 0)
        shutil.rmtree(folder)
        await session.step()
        await until(lambda: not session.recording.is_on)
        assert len(session.alarms) == 1
        assert "ticks-20261122-104217.csv was removed" in session.alarms[0]
        folder.mkdir()
        session.recording.start()
        assert session.recording.state.error == ""
        await session.step()
        await session.recording.stop()
    assert session.rows()
    assert len(session.alarms) == 1


async def test_a_folder_that_is_not_there_is_one_notice_with_what_to_do(tmp_path: Path) -> None:
    async with feeding(tmp_path / "absent") as session:
        session.recording.start()
        assert not session.recording.is_on
        assert session.told == [(session.recording.state.error, Weight.ALARM)]
        assert "No such file or directory; start kitetui in a folder" in session.told[0][0]
        assert len(session.manager.get_stats().readers) == 1


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """A disk that takes nothing until this event is set."""
    flowing = threading.Event()
    write = CsvWriter.write

    def stalled(writer: CsvWriter, rows: TickRows) -> None:
        flowing.wait(10)
        write(writer, rows)

    monkeypatch.setattr(CsvWriter, "write", stalled)
    return flowing


async def test_a_disk_that_stalls_holds_up_neither_the_feed_nor_what_it_is_owed(
    tmp_path: Path, disk: threading.Event
) -> None:
    async with feeding(tmp_path) as session:
        before = session.received
        session.recording.start()
        for _ in range(3):
            await session.step()
        received = session.received - before
        await until(lambda: session.recording.state.queued == received)
        stopping = asyncio.create_task(session.recording.stop())
        await session.step()
        assert not stopping.done()
        disk.set()
        await stopping
        assert session.recording.state.rows == len(session.rows()) == received
        assert session.recording.state.queued == 0


async def test_what_was_lost_to_a_slow_disk_is_in_the_state_and_in_the_notice(
    tmp_path: Path, disk: threading.Event
) -> None:
    async with feeding(tmp_path, parser_buffer_size=1) as session:
        before = session.received
        session.recording.start()
        for _ in range(3):
            await session.step()
        disk.set()
        await session.recording.stop()
        state = session.recording.state
        assert state.rows + state.lost == session.received - before
        assert state.lost > 0
        assert session.told[-1][0].endswith(f", {state.lost} ticks lost")
