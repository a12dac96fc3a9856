"""Recording from the monitor, on the feed that is on the screen; and recordings that are played to it.

A replay has a clock, and the keys of a tape machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from kitetui.errors import RecordingError, UserError
from kitetui.feed import KiteTickerManager, Receiver, TickerMessage
from kitetui.formatting import noun, plain
from kitetui.times import stopwatch
from kitetui.tui.events import Weight
from kitetui.tui.numerals import group

if TYPE_CHECKING:
    from kitetui.record import NameOf, Recorder


class Transport(Protocol):
    """A replay as it stands, and what can be done about it.

    The prices come from the feed, as always; this is only about the time that they are of.
    """

    @property
    def name(self) -> str:
        """The recording's file, without its folder."""

    @property
    def is_paused(self) -> bool:
        """Whether it stands until it is told to go on."""

    @property
    def is_ended(self) -> bool:
        """Whether all has been played."""

    @property
    def speed(self) -> float:
        """Seconds of the recording to a second; infinite for as fast as possible."""

    @property
    def position(self) -> float:
        """How much of the recording's time has passed, from 0 to 1."""

    def now(self) -> float:
        """Return the recording's own time, UTC seconds; it stands in a pause and at the end.

        It goes back where the recording begins again, or where the clock of its machine was set back.
        """

    def toggle(self) -> None:
        """Pause, or go on."""

    def step(self) -> None:
        """In a pause: play the next message."""

    def slower(self) -> None:
        """Take the next lower speed, if there is one."""

    def faster(self) -> None:
        """Take the next higher speed, if there is one."""


def state_text(replay: Transport) -> str:
    """Return how a replay runs: `×10`, `max`, `PAUSED` or `ENDED`."""
    if replay.is_ended:
        return "ENDED"
    if replay.is_paused:
        return "PAUSED"
    return pace_text(replay)


def pace_text(replay: Transport) -> str:
    """Return the speed at which a replay runs, or would: `×10`, `max`."""
    return "max" if replay.speed == inf else f"×{replay.speed:g}"


_WAY_OUT: Final = "start kitetui in a folder that can be written, then press r"


@dataclass(frozen=True, slots=True)
class RecordingState:
    """A recording as it stands, or as the last one ended.

    name: of the file, without its folder; empty before the first. rows and bytes are written, `lost` ticks
    could not be kept, `queued` ticks wait to be written. written_ago: seconds since the last write.
    error: why it ended before it was told to, else empty.
    """

    is_on: bool = False
    name: str = ""
    rows: int = 0
    bytes: int = 0
    lost: int = 0
    queued: int = 0
    written_ago: float | None = None
    error: str = ""


class MonitorRecording:
    """Writes every tick of a manager to a new file from `start` to `stop`, in a task that it owns.

    name_of: asked while recording, so that symbols which are added later have their names.
    tell: is called when a file is begun, and once when it ends, for whatever reason.
    now: the clock, UTC seconds.
    """

    def __init__(
        self,
        manager: KiteTickerManager,
        folder: Path,
        name_of: NameOf,
        tell: Callable[[str, Weight], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._manager = manager
        self._folder = folder
        self._name_of = name_of
        self._tell = tell
        self._now = now
        self._error = ""
        self._under_way: _UnderWay | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_on(self) -> bool:
        """Whether a file is being written."""
        return self._task is not None and not self._task.done()

    @property
    def state(self) -> RecordingState:
        """The recording as it stands."""
        if self._under_way is None:
            return RecordingState(error=self._error)
        totals = self._under_way.recorder.totals
        return RecordingState(
            is_on=self.is_on,
            name=self._under_way.name,
            rows=totals.rows,
            bytes=totals.bytes,
            lost=totals.lost,
            queued=self._under_way.stream.stats().waiting + self._under_way.recorder.in_hand,
            written_ago=None if totals.written_at is None else stopwatch() - totals.written_at,
            error=self._error,
        )

    def start(self) -> None:
        """Begin a new file with what is received from now on; does nothing while one is being written."""
        if self.is_on:
            return
        from kitetui.record import COLUMNS, Files, Folder, Format, Recorder  # the list does not wait for them

        self._error, self._under_way = "", None
        destination = Folder(self._folder, [Format.CSV], COLUMNS, way_out=_WAY_OUT)
        try:
            files = Files(destination, self._name_of, lambda: round(self._now() * 1e9))
        except UserError as error:
            self._fail(error)
            return
        stream = self._manager.stream(lossless=True)
        self._under_way = _UnderWay(Path(files.name).name, Recorder(files), stream)
        self._task = asyncio.create_task(self._record(self._under_way), name="kitetui recording")
        self._tell(f"recording to {self._under_way.name}", Weight.GOOD)

    async def stop(self) -> None:
        """Write all that was received until now, and close the file; returns when that is done.

        Does nothing when none is being written, so that whoever ends the program may always call it.
        """
        task, under_way = self._task, self._under_way
        if task is None or under_way is None:
            return
        under_way.recorder.finish(under_way.stream)
        await asyncio.wait([task])
        task.result()

    async def _record(self, under_way: _UnderWay) -> None:
        try:
            await under_way.recorder.record(under_way.stream)
            await under_way.recorder.close()
        except (UserError, OSError) as error:
            self._fail(error)
        else:
            self._tell(_summary(under_way), Weight.NOTE)
        finally:
            under_way.stream.close()
            with suppress(RecordingError):  # the reason to end was told already
                await under_way.recorder.close()

    def _fail(self, error: Exception) -> None:
        self._error = plain(str(error))
        self._tell(self._error, Weight.ALARM)


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """What a started recording consists of."""

    name: str
    recorder: Recorder
    stream: Receiver[TickerMessage]


def _summary(under_way: _UnderWay) -> str:
    totals = under_way.recorder.totals
    gaps = f", {group(totals.gaps)} {noun(totals.gaps, 'gap')}" if totals.gaps else ""
    lost = f", {group(totals.lost)} ticks lost" if totals.lost else ""
    return f"{group(totals.rows)} rows in {under_way.name}{gaps}{lost}"
