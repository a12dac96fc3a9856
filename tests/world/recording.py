"""The recorder of a world: it is killed, ended and begun again, beside others, and its folder goes on."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kitetui.feed import KiteTickerManager
from kitetui.record import COLUMNS, Files, Folder, Format, Recorder, Rotation
from kitetui.record.formats import open_reader, repair_folder
from kitetui.record.gaplog import GAPS_SUFFIX
from tests.record.helpers import Hole, holes_in

_STREAMS: Final = (Format.CSV, Format.JSONL, Format.CAPTURE)
"""Formats whose files a kill may cut anywhere after their last flush."""


@dataclass(slots=True)
class _Run:
    """A recorder at work. flushed: the size of each file at its last flush, and under "" when that was."""

    files: Files
    recorder: Recorder
    stream: Any
    task: asyncio.Task[None]
    flushed: dict[str, float]


class Recording:
    """A folder that recorders of one manager write into.

    had_company: whether there were ever two at a time. was_disturbed: whether there was ever none. forgotten:
    from when to when nobody knows which symbols were wanted anew, for a kill came before that was flushed.
    unflushed: from when to when a kill cost what was written.
    """

    def __init__(
        self,
        folder: Path,
        kind: Format,
        manager: KiteTickerManager,
        names: dict[int, tuple[str, str]],
        clock: Callable[[], int],
        dice: random.Random,
    ) -> None:
        self.kind = kind
        self.kills = 0
        self.had_company = False
        self.was_disturbed = False
        self.forgotten: list[tuple[float, float]] = []
        self.unflushed: list[tuple[float, float]] = []
        self._folder = folder / "0"
        self._manager = manager
        self._names = names
        self._clock = clock
        self._dice = dice
        self._forgets_from = 0.0
        self._runs: list[_Run] = []
        self._killed: list[_Run] = []

    @property
    def runs(self) -> int:
        """How many recorders are at work."""
        return len(self._runs)

    def begin(self) -> None:
        """Start a recorder, as a new process would."""
        list(repair_folder(self._folder))
        place = Folder(self._folder, [self.kind], COLUMNS, Rotation(300), is_series=True)
        stopwatch = asyncio.get_running_loop().time
        files = Files(place, self._names.get, self._clock, stopwatch=stopwatch)
        flushed: dict[str, float] = {"": self._forgets_from if self.kills else stopwatch()}
        flush = files.flush

        def noted(until: int, *, sync: bool) -> None:
            flush(until, sync=sync)
            flushed[""] = stopwatch() - (files.moment().at - until) / 1e9
            flushed.update((path.name, path.stat().st_size) for path in self._folder.iterdir())

        files.flush = noted  # type: ignore[method-assign]
        recorder = Recorder(files)
        manager = self._manager
        stream = manager.full_stream() if recorder.wants_wire else manager.stream(lossless=True)
        task = asyncio.create_task(recorder.record(stream))
        self._runs.append(_Run(files, recorder, stream, task, flushed))
        self.had_company |= len(self._runs) > 1
        self.forgotten.append((self._forgets_from, stopwatch()))

    async def end(self) -> None:
        """Have one recorder end as it does when it is told to."""
        if self._runs:
            self.was_disturbed |= len(self._runs) == 1
            run = self._runs.pop()
            run.recorder.finish(run.stream)
            await run.task
            await run.recorder.close()

    async def end_all(self) -> None:
        """Have all end whose streams have ended."""
        for run in self._runs:
            await asyncio.wait([run.task])
            run.task.result()
            await run.recorder.close()
        self._runs.clear()
        for run in self._killed:
            with suppress(Exception):
                run.files.close()  # into a folder that nobody looks at

    async def kill(self) -> None:
        """Have all recorders gone from one moment to the next, with what was not written."""
        self.kills += 1
        now = asyncio.get_running_loop().time()
        self.unflushed += [(run.flushed[""], now) for run in self._runs]
        self.was_disturbed = True
        before, self._folder = self._folder, self._folder.with_name(str(self.kills))
        shutil.copytree(before, self._folder)
        if self._runs:
            self._forgets_from = min(run.flushed[""] for run in self._runs)
        for run in self._runs:
            self._tear(run)
            run.stream.close()
            run.task.cancel()
            await asyncio.wait([run.task])
        self._killed += self._runs
        self._runs = []

    def _tear(self, run: _Run) -> None:
        if self.kind not in _STREAMS:
            return
        path = self._folder / Path(run.files.name).name
        size, flushed = path.stat().st_size, int(run.flushed.get(path.name, 0))
        if flushed:
            with path.open("rb+") as file:
                file.truncate(self._dice.randint(flushed, size))

    def sequences(self) -> Iterator[tuple[int, int, bool]]:
        """Yield the connection, number and mark of each tick in the files."""
        for path in sorted(self._folder.glob(f"ticks-*{self.kind.suffix}")):
            if not path.name.endswith(GAPS_SUFFIX):
                for rows in open_reader(path):
                    columns = rows.connection.tolist(), rows.sequence.tolist(), rows.snapshot.tolist()
                    yield from zip(*columns, strict=True)

    def holes(self) -> list[Hole]:
        """Return what the gap logs say."""
        return holes_in(self._folder)
