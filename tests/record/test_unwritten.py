"""A disk that is full: what is counted as written is what a reader finds, and what lacks is said."""

from __future__ import annotations

import asyncio
import errno
import os
import random
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
import pytest

from kitetui.errors import RecordingError
from kitetui.feed import Channel, RawFrame, TickerMessage, Ticks
from kitetui.record import Files, Format, Recorder, open_reader
from kitetui.record.files import UNWRITTEN, Message
from kitetui.record.formats import repair_folder
from kitetui.record.ledgerfile import read_ledger
from kitetui.record.sqlite.writer import SqliteWriter
from kitetui.wire import decode_frame
from tests.record.helpers import SECOND, Clock, at, files_in, full_disk, live, rows_of, timed, wants
from tests.wire.packets import FULL, INFY, frame, packet

MORNING = at("2026-11-23T10:42:17")
MANY = 40
"""Ticks of a frame."""

EACH = pytest.mark.parametrize("kind", list(Format))
FLUSHES_WRITE = pytest.mark.parametrize("kind", [Format.CAPTURE, Format.PARQUET, Format.SQLITE])
LINES = pytest.mark.parametrize("kind", [Format.CSV, Format.JSONL])


@pytest.fixture(scope="module")
def frames() -> list[bytes]:
    """Frames whose content cannot be compressed."""
    chance = random.Random(7)

    def number() -> int:
        return chance.randrange(1, 1 << 31)

    names = [
        f"{side}_{what}_{level}"
        for side in ("bid", "ask")
        for what in ("quantity", "price")
        for level in "12345"
    ]
    return [
        frame(
            *(packet(FULL, instrument_token=INFY, **{each: number() for each in names}) for _ in range(MANY))
        )
        for _ in range(20)
    ]


def received(frames: list[bytes], number: int) -> list[Message]:
    """The frame of this number, from 0, and the ticks in it; one comes each second."""
    data = frames[number % len(frames)]
    moment, sequence = MORNING + number * SECOND, 1 + number * MANY
    times = np.full(MANY, moment)
    is_kept = np.zeros(MANY, dtype=np.bool_)
    return [
        RawFrame(0, data, moment, sequence),
        Ticks(0, decode_frame(data), times, sequence, is_kept, timed(moment)),
    ]


def largest(folder: Path) -> int:
    """Bytes of the largest file of a folder."""
    return max(path.stat().st_size for path in folder.iterdir() if path.suffix != ".db-shm")


class Disk:
    """A recording of one format on a disk that becomes full: two frames, of which the first is flushed."""

    def __init__(self, folder: Path, kind: Format, frames: list[bytes]) -> None:
        self._folder, self._kind, self._frames = folder, kind, frames
        self.sent = 0
        self.clock = Clock(MORNING)
        self.files: Files = files_in(folder, self.clock, formats=[kind], is_series=True)
        self.files.write([wants(MORNING, INFY), live(MORNING)])
        self.receive()
        self.flushed_until = self.clock.now + SECOND // 2
        self.files.flush(self.flushed_until, sync=False)
        self.receive()
        self.limit = max(largest(folder), 4_000)

    def receive(self) -> None:
        """Write the next frame."""
        self.clock.now = MORNING + self.sent * SECOND
        self.sent += 1
        self.files.write(received(self._frames, self.sent - 1))

    def receive_many(self) -> None:
        """Write more frames than any format gathers, and flush them."""
        for _ in range(400):
            self.receive()
        self.files.flush(self.clock.now, sync=False)

    def receive_until_it_fails(self) -> None:
        with pytest.raises(RecordingError, match=r"cannot write to"):
            self.receive_many()

    def close(self) -> None:
        self.clock.now += SECOND
        with suppress(RecordingError):
            self.files.close()

    def check(self, *, is_logged: bool = True) -> int:
        """Hold what was counted, and what the log or the ledger says, against what a reader finds."""
        list(repair_folder(self._folder))
        (path,) = (each for each in self._folder.glob(f"*{self._kind.suffix}") if ".gaps" not in each.name)
        reader = open_reader(path)
        sequence = np.concatenate([np.empty(0, np.int64), *(rows.sequence for rows in reader)])
        assert not reader.damage
        np.testing.assert_array_equal(sequence, np.arange(1, len(sequence) + 1))
        assert self.files.totals.rows == len(sequence) < self.sent * MANY
        first_missing = MORNING + len(sequence) // MANY * SECOND
        if is_logged:
            (gap,) = rows_of(path.with_suffix(".gaps.csv"))
            start, end = (at(gap[name].removesuffix("+05:30")) for name in ("from", "to"))
            assert gap["reason"] == UNWRITTEN
            assert self.flushed_until <= start <= first_missing
            assert end >= MORNING + (self.sent - 1) * SECOND
        else:
            assert rows_of(path.with_suffix(".gaps.csv")) == []
        (ledger,) = self._folder.glob("*.ledger")
        state = read_ledger(ledger)
        assert state is not None
        assert state.until == self.flushed_until <= first_missing
        return len(sequence)


@EACH
@pytest.mark.parametrize("has_room_again", [False, True])
def test_a_write_that_fails_leaves_what_is_counted(
    tmp_path: Path, kind: Format, frames: list[bytes], *, has_room_again: bool
) -> None:
    disk = Disk(tmp_path, kind, frames)
    with full_disk(disk.limit):
        disk.receive_until_it_fails()
        if not has_room_again:
            disk.close()
    if has_room_again:
        disk.close()
    assert disk.check() >= MANY


@FLUSHES_WRITE
@pytest.mark.parametrize("has_room_again", [False, True])
def test_a_flush_that_fails_leaves_what_is_counted(
    tmp_path: Path, kind: Format, frames: list[bytes], *, has_room_again: bool
) -> None:
    disk = Disk(tmp_path, kind, frames)
    with full_disk(disk.limit):
        with pytest.raises(RecordingError, match=r"cannot write to"):
            disk.files.flush(disk.clock.now, sync=False)
        if not has_room_again:
            disk.close()
    if has_room_again:
        disk.close()
    assert disk.check() == MANY


@LINES
def test_lines_that_a_disk_may_not_keep_are_there_for_readers_and_counted(
    tmp_path: Path, kind: Format, frames: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    disk = Disk(tmp_path, kind, frames)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        with pytest.raises(RecordingError, match="No space left"):
            disk.files.flush(disk.clock.now, sync=True)
    disk.sent += 1  # and one more is received, and not written
    disk.close()
    assert disk.check() == 2 * MANY


@EACH
def test_a_disk_that_takes_not_even_the_log_leaves_it_to_the_ledger(
    tmp_path: Path, kind: Format, frames: list[bytes]
) -> None:
    disk = Disk(tmp_path, kind, frames)
    with full_disk(0):
        with pytest.raises(RecordingError):
            disk.receive_many()
        disk.close()
    assert disk.check(is_logged=False) >= MANY


def test_a_database_that_is_told_the_disk_is_full_leaves_what_is_counted(
    tmp_path: Path, frames: list[bytes]
) -> None:
    disk = Disk(tmp_path, Format.SQLITE, frames)
    (writer,) = disk.files._open.writers
    assert isinstance(writer, SqliteWriter)
    writer._database.execute("PRAGMA max_page_count = 1")  # it is set to the pages that there are
    disk.receive_until_it_fails()
    disk.close()
    assert disk.check() == writer.rows == MANY


def test_of_several_formats_the_rows_are_those_that_each_has(tmp_path: Path, frames: list[bytes]) -> None:
    clock = Clock(MORNING)
    files = files_in(tmp_path, clock, formats=[Format.CSV, Format.PARQUET, Format.CAPTURE])
    files.write([wants(MORNING, INFY), live(MORNING), *received(frames, 0)])
    files.flush(MORNING, sync=False)
    files.write(received(frames, 1))
    with full_disk(largest(tmp_path)):
        with pytest.raises(RecordingError):
            files.write(received(frames, 2))
        clock.now += 5 * SECOND
        with suppress(RecordingError):
            files.close()
    assert files.totals.rows == MANY
    (gap,) = rows_of(tmp_path / "ticks-20261123-104217.gaps.csv")
    assert (gap["from"], gap["reason"]) == ("2026-11-23T10:42:17.000000+05:30", UNWRITTEN)


def test_what_was_written_of_a_file_before_the_last_one_counts(tmp_path: Path, frames: list[bytes]) -> None:
    clock = Clock(MORNING)
    files = files_in(tmp_path, clock, rotate="20KB", is_series=True)
    files.write([wants(MORNING, INFY), live(MORNING)])
    for number in range(5):
        clock.now = MORNING + number * SECOND
        files.write(received(frames, number))
    with full_disk(100), pytest.raises(RecordingError):
        files.write(received(frames, 5))
    files.close()
    found = [path for path in tmp_path.glob("*.csv") if ".gaps" not in path.name]
    assert len(found) > 2
    assert files.totals.rows == sum(len(rows_of(path)) for path in found) == 5 * MANY


async def test_what_could_not_be_written_after_a_stream_of_nothing_is_missing_since_it_came(
    tmp_path: Path, frames: list[bytes]
) -> None:
    recorder = Recorder(files_in(tmp_path, Clock(MORNING + 5 * SECOND), is_series=True))
    nothing = Channel[TickerMessage | RawFrame](10)
    stream = nothing.subscribe()
    nothing.close()
    await recorder.record(stream)
    channel = Channel[TickerMessage | RawFrame](10)
    stream = channel.subscribe()
    channel.publish(wants(MORNING, INFY), live(MORNING), *received(frames, 0))
    with full_disk(500), pytest.raises(RecordingError):
        await recorder.record(stream)
    with suppress(RecordingError):
        await recorder.close()
    (gap,) = rows_of(tmp_path / "ticks-20261123-104222.gaps.csv")
    assert (gap["from"], gap["reason"]) == ("2026-11-23T10:42:17.000000+05:30", UNWRITTEN)


@EACH
async def test_every_tick_is_written_or_lost_or_counted_as_unwritten(
    tmp_path: Path, kind: Format, frames: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = files_in(tmp_path, Clock(MORNING), formats=[kind], is_series=True)
    write = files.write
    disk = ExitStack()

    def written(messages: list[Message]) -> None:
        """Write what comes first, and flush it; with the second the disk is full."""
        if files.totals.rows:
            disk.enter_context(full_disk(10_000))
        write(messages)
        files.flush(MORNING, sync=False)

    monkeypatch.setattr(files, "write", written)
    channel = Channel[TickerMessage | RawFrame](600)
    stream = channel.subscribe()
    for number in range(400):
        channel.publish(*received(frames, number))
    recorder = Recorder(files)
    with disk:
        async with asyncio.timeout(60):
            with pytest.raises(RecordingError):
                await recorder.record(stream)
        with suppress(RecordingError):
            await recorder.close()
    assert recorder.totals.lost == 4_000
    assert rows_read(tmp_path, kind) == recorder.totals.rows > 0
    assert recorder.totals.rows + recorder.unwritten + recorder.totals.lost == 400 * MANY


def rows_read(folder: Path, kind: Format) -> int:
    """How many rows a reader finds in the one recording of a folder, after the repair."""
    list(repair_folder(folder))
    (path,) = (each for each in folder.glob(f"*{kind.suffix}") if ".gaps" not in each.name)
    return sum(map(len, open_reader(path)))
