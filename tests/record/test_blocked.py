"""A pipe that nobody reads holds a recording up, and never for longer than the grace period."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from itertools import count
from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.feed import Channel, Lagged, TickerMessage
from kitetui.record import COLUMNS, Files, Format, NameOf, Recorder, Rotation
from kitetui.record.destinations import FileSet
from kitetui.record.formats import stream_writer
from kitetui.record.history import RecordingHistory
from kitetui.record.output import GRACE_SECONDS, GracePeriod, Output, StalledError, empty_file
from tests.record.helpers import NAMES, Stopwatch, at, ticks

NOW = at("2026-11-23T10:42:17")
LINE = b"a row of thirty-two characters.\n"


class CountingFile(FileIO):
    """Counts how often it is written."""

    writes = 0

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]  # which takes any buffer
        self.writes += 1
        return super().write(data)


class Pipe:
    """A pipe of which the test has the end to read."""

    def __init__(self) -> None:
        self.reader, writer = os.pipe()
        self.file = CountingFile(writer, "w")

    def read(self) -> bytes:
        """All that is in it."""
        os.set_blocking(self.reader, False)
        found = b""
        try:
            while data := os.read(self.reader, 1 << 20):
                found += data
        except BlockingIOError:
            pass
        return found

    def close(self) -> None:
        os.close(self.reader)
        self.file.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_patience_lasts_for_ever_and_once_it_is_ended_for_so_many_seconds() -> None:
    clock = Stopwatch()
    grace = GracePeriod(clock)
    clock.now = 1e9
    assert not grace.is_over(0)
    grace.begin()
    clock.now += 2
    grace.begin()
    assert not grace.is_over(2.5)
    clock.now += 0.5
    assert grace.is_over(2.5)


@pytest.mark.parametrize("is_blocking", [True, False])
def test_a_pipe_that_is_full_is_waited_for_without_work_and_has_whole_lines(
    pipe: Pipe, *, is_blocking: bool
) -> None:
    os.set_blocking(pipe.file.fileno(), is_blocking)
    clock = Stopwatch()
    grace = GracePeriod(clock)
    output = Output("standard output", pipe.file, grace)
    grace.begin()
    giving_up = threading.Timer(0.3, setattr, (clock, "now", GRACE_SECONDS))
    giving_up.start()
    with pytest.raises(StalledError, match="did not take all that was received") as stalled:
        output.write(LINE * 10_000)
    giving_up.join()
    assert pipe.file.writes < 100
    assert pipe.read() == LINE * stalled.value.lines
    assert stalled.value.lines > 100
    assert stalled.value.exit_code == 4


def test_a_slow_reader_gets_all_of_it(pipe: Pipe) -> None:
    output = Output("standard output", pipe.file, GracePeriod())
    found: list[bytes] = []

    def read() -> None:
        while sum(map(len, found)) < 10_000 * len(LINE):
            found.append(os.read(pipe.reader, 5_000))

    reader = threading.Thread(target=read)
    reader.start()
    output.write(LINE * 10_000)
    reader.join()
    assert b"".join(found) == LINE * 10_000
    assert output.size == 10_000 * len(LINE)


def test_a_line_longer_than_a_piece_is_written_too(pipe: Pipe) -> None:
    Output("standard output", pipe.file, GracePeriod()).write(b"x" * 20_000)
    assert pipe.read() == b"x" * 20_000


def test_a_named_pipe_is_refused_before_it_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(UserError, match=r"pipe\.csv is a pipe; write to it as standard output: -o - > "):
        empty_file(tmp_path / "pipe.csv")


NEVER = Rotation(None, None)


@dataclass(frozen=True)
class OnPipe:
    """A place that is a pipe."""

    output: Output
    kind: Format = Format.CSV
    rotation: Rotation = NEVER

    def history(self) -> RecordingHistory:
        return RecordingHistory()

    def open(self, at: int, name_of: NameOf) -> FileSet:
        made = stream_writer(self.kind, self.output, name_of, COLUMNS)
        return FileSet(name="standard output", writers=[made])


@pytest.mark.parametrize("kind", [Format.CSV, Format.JSONL])
async def test_every_tick_is_written_or_counted(pipe: Pipe, kind: Format) -> None:
    looks = count(0)
    grace = GracePeriod(lambda: GRACE_SECONDS * next(looks) / 10)  # over at the tenth look
    output = Output("standard output", pipe.file, grace)
    grace.begin()
    recorder = Recorder(Files(OnPipe(output, kind), NAMES.get, lambda: NOW))
    channel = Channel[TickerMessage](60)
    stream = channel.subscribe()
    for number in range(80):
        channel.publish(ticks(*[NOW] * 100, sequence=1 + 100 * number))
    async with asyncio.timeout(30):
        with pytest.raises(StalledError):
            await recorder.record(stream)
        await recorder.close()
    written = pipe.read().count(b"\n") - (kind is Format.CSV)
    assert written == recorder.totals.rows > 0
    assert written + recorder.unwritten + recorder.totals.lost == 8_000
    assert recorder.unwritten >= 2_000


async def test_what_was_lost_before_is_counted_too_when_the_output_fails(pipe: Pipe) -> None:
    clock = Stopwatch()
    grace = GracePeriod(clock)
    output = Output("standard output", pipe.file, grace)
    recorder = Recorder(Files(OnPipe(output), NAMES.get, lambda: NOW))
    grace.begin()
    clock.now = GRACE_SECONDS
    channel = Channel[TickerMessage](10)
    stream = channel.subscribe()
    channel.publish(Lagged(1, 7))
    channel.publish(ticks(NOW, NOW))
    channel.close()
    with pytest.raises(StalledError):
        await recorder.record(stream)
    assert (recorder.unwritten, recorder.totals.lost, recorder.totals.rows) == (2, 7, 0)
