"""The instrument list of the day: got where it is due, and always said where it is not today's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from kitetui.account import EndpointProfile, Secrets
from kitetui.errors import UserError
from kitetui.formatting import weekday_clock
from kitetui.instruments import Universe
from kitetui.instruments.listing import ListError
from kitetui.instruments.master import Imported, Master, Stored, is_due

_BUILT_IN: Final = "the built-in list of well-known symbols is used"


@dataclass(frozen=True, slots=True)
class InstrumentList:
    """A universe, and what the user is to know of it; nothing, if it is today's."""

    universe: Universe
    remarks: list[str] = field(default_factory=list)


async def list_of_the_day(
    endpoint: EndpointProfile, login: Secrets | None, now: Callable[[], float] = time.time
) -> InstrumentList:
    """Return a service's instruments: today's list, or with a remark yesterday's or the built-in one."""
    remarks: list[str] = []
    master = Master.of(endpoint.name)
    stored = _read(master, remarks)
    if stored is None or is_due(stored.fetched_at, now()):
        try:
            remarks = (await download(master, endpoint, login)).remarks
            stored = master.read()
        except UserError as error:
            instead = f"the list of {weekday_clock(stored.fetched_at)} is used" if stored else _BUILT_IN
            remarks.append(f"{error}; {instead}")
    return InstrumentList(Universe(stored.table) if stored else Universe.load(), remarks)


def kept_list(endpoint: EndpointProfile) -> InstrumentList:
    """Return a service's instruments as they are on this machine, or the built-in ones with a remark."""
    remarks: list[str] = []
    stored = _read(Master.of(endpoint.name), remarks)
    if stored is None:
        remarks.append(
            f"no instruments of {endpoint.name} are here yet: {_BUILT_IN}; kitetui instruments sync gets all"
        )
    return InstrumentList(Universe(stored.table) if stored else Universe.load(), remarks)


async def download(master: Master, endpoint: EndpointProfile, login: Secrets | None) -> Imported:
    """Get a service's list now, with a bar on standard error where that is a terminal. Raises UserError."""
    # A download is asked for once a day; all else that runs is not to wait for its HTTP client.
    from kitetui.instruments.sync import sync

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"instruments of {endpoint.name}", total=None)

        def progress(received: int, total: int | None) -> None:
            bar.update(task, completed=received, total=total)

        return await sync(master, endpoint, login, progress)


def _read(master: Master, remarks: list[str]) -> Stored | None:
    try:
        return master.read()
    except ListError as error:
        remarks.append(str(error))
        return None
