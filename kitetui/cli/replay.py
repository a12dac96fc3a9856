"""`kitetui replay`: a recording on the monitor, or as an exchange for any client of Kite's."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import datetime, time
from itertools import chain, zip_longest
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from kitetui.cli.progressbar import with_bar
from kitetui.cli.saying import say
from kitetui.errors import UserError
from kitetui.formatting import clock, plain
from kitetui.times import IST

if TYPE_CHECKING:
    from kitetui.instruments import Instrument
    from kitetui.record.inspection import Inspection
    from kitetui.replay import Playback, Player, Recording, ReplayExchange
    from kitetui.tui import MonitorApp

_GROUP: Final = "Recording"

_SETTLE: Final = 0.5
"""Seconds that clients are given to ask for all that they want: they do so over several connections."""


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording of any format.")],
    speed: Annotated[
        str, typer.Option("--speed", metavar="TIMES", help="1 as it was, 10 times as fast, max.")
    ] = "1",
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="HH:MM", help="Begin at this time of the first day, in India."),
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end.")] = False,
    serve: Annotated[
        int | None,
        typer.Option(
            "--serve", min=0, max=65535, metavar="PORT", help="For other clients; 0 is any free port."
        ),
    ] = None,
) -> None:
    """Play a recording on the monitor, or to any client of Kite's with --serve.

    The monitor shows the recording's own clock; Space pauses, . steps, < and > change the speed.
    """
    times = _speed(speed)
    if serve is None and not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise UserError("the monitor needs a terminal", "to play to other programs add --serve PORT")

    from kitetui.record import open_reader
    from kitetui.record.inspection import inspect
    from kitetui.replay import open_recording

    reader = open_reader(file)
    *_, found = with_bar(inspect(reader), reader, f"looking through {file.name}")
    if found.first is None or found.last is None:
        raise UserError(f"{file} holds no tick that could be played", "name another recording")
    for each in reader.damage:
        typer.echo(f"kitetui: {each}", err=True)
    recording = open_recording(file, (found.first, found.last), dict(reader.names))
    at = None if start is None else _moment(start, found.first, found.last)
    if serve is not None:
        asyncio.run(_serve(recording, serve, name=file.name, speed=times, start=at, loop=loop))
    else:
        asyncio.run(_show(recording, found, name=file.name, speed=times, start=at, loop=loop))


async def _serve(recording: Recording, port: int, **settings: Any) -> None:
    from kitetui.cli.terminal import ended_by_signals
    from kitetui.replay import Playback, ReplayExchange

    ended = asyncio.Event()
    playback = Playback(**settings, on_jump=lambda start, end: say(_jump(start, end)))
    async with AsyncExitStack() as stack:
        stack.enter_context(ended_by_signals(ended))
        exchange = ReplayExchange(recording, playback, port=port, settle=_SETTLE)
        try:
            await stack.enter_async_context(exchange)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else "no such port"
            raise UserError(f"cannot listen on port {port}: {why}", "choose another with --serve") from None
        typer.echo(exchange.url)
        typer.echo(
            f"replay of {plain(playback.name)}; it begins when a client subscribes, Ctrl-C ends it", err=True
        )
        said = asyncio.create_task(_say_the_end(playback, exchange))
        await ended.wait()
        said.cancel()


def _jump(start: int, end: int) -> str:
    return f"nothing was recorded from {clock(start / 1e9)} to {clock(end / 1e9)}; going on there"


async def _say_the_end(playback: Playback, exchange: ReplayExchange) -> None:
    await playback.ended.wait()
    say(exchange.problem or "the recording is at its end; its clients stay connected")


async def _show(recording: Recording, found: Inspection, **settings: Any) -> None:
    from kitetui.cli.saying import crash_of
    from kitetui.cli.terminal import end_with_terminal, ended_by_signals
    from kitetui.config import ConfigFile
    from kitetui.feed import KiteManagerConfig, KiteTickerManager
    from kitetui.instruments import Universe
    from kitetui.logs import start_logging
    from kitetui.paths import config_file, config_folder
    from kitetui.replay import Playback, Player, ReplaySource
    from kitetui.tui import MonitorApp
    from kitetui.tui.groups import Groups, Watchlist
    from kitetui.tui.settings import VOCABULARY, Settings

    start_logging()
    file = ConfigFile(config_file(), VOCABULARY)
    instruments = recorded_instruments(found, recording.names)

    def say_the_jump(start: int, end: int) -> None:
        app.monitor.events.say(_jump(start, end))

    playback = Playback(**settings, on_jump=say_the_jump)
    ended = asyncio.Event()
    with ended_by_signals(ended):
        player = Player(recording, playback, wait_for=len(instruments))
        config = KiteManagerConfig(
            max_connections=_connections(found, len(instruments)),
            failover_after=None,
            clock=lambda: playback.at,
            stopwatch=playback.now,
        )
        app = MonitorApp(
            manager=KiteTickerManager(config=config, source=ReplaySource(player)),
            universe=Universe.of(instruments),
            groups=Groups([Watchlist(instruments, _GROUP)]),
            settings=Settings(file.read(), file, keeps_groups=False),
            theme_folder=config_folder() / "themes",
            replay=playback,
        )
        end_with_terminal(ended, lambda: app.recording.is_on)
        async with asyncio.TaskGroup() as tasks:
            beside = [
                tasks.create_task(player.play()),
                tasks.create_task(_exit_when(ended, app)),
                tasks.create_task(_show_the_end(playback, player, app)),
            ]
            await app.run_async()
            for task in beside:
                task.cancel()
    if app.crash is not None:
        raise crash_of(app.crash)


async def _show_the_end(playback: Playback, player: Player, app: MonitorApp) -> None:
    from kitetui.tui.events import Weight

    await playback.ended.wait()
    if player.problem:
        app.monitor.events.say(player.problem, Weight.ALARM)


async def _exit_when(ended: asyncio.Event, app: MonitorApp) -> None:
    await ended.wait()
    app.exit()


def _connections(found: Inspection, instruments: int) -> int:
    """Return over how many connections to play: as many as were recorded, or as are needed."""
    from kitetui.feed import MAX_CONNECTIONS, MAX_SYMBOLS_PER_CONNECTION

    needed = -(-instruments // MAX_SYMBOLS_PER_CONNECTION)
    return min(MAX_CONNECTIONS, max(needed, max(found.connections) + 1))


def recorded_instruments(found: Inspection, names: Mapping[int, tuple[str, str]]) -> list[Instrument]:
    """Return what a recording has ticks of, as many as a monitor can subscribe.

    In an order in which they are spread over connections as they were when they were recorded.
    """
    from kitetui.feed import MAX_CONNECTIONS, MAX_SYMBOLS_PER_CONNECTION
    from kitetui.instruments import Universe

    in_turns = chain.from_iterable(zip_longest(*(found.tokens_of[each] for each in sorted(found.tokens_of))))
    universe = Universe.load()
    instruments: dict[str, Instrument] = {}
    for token in dict.fromkeys(token for token in in_turns if token is not None):
        bare = universe.resolve(str(token))
        exchange, symbol = names.get(token) or (bare.exchange, bare.tradingsymbol)
        named = replace(bare, exchange=exchange, tradingsymbol=symbol or str(token))
        if named.key in instruments:
            named = replace(named, tradingsymbol=str(token))
        instruments[named.key] = named
    return list(instruments.values())[: MAX_CONNECTIONS * MAX_SYMBOLS_PER_CONNECTION]


def _speed(text: str) -> float:
    if text == "max":
        return inf
    with suppress(ValueError):
        if 0 < (times := float(text)) < inf:
            return times
    raise UserError(f"--speed takes a number above 0 or max, and not {text!r}")


def _moment(text: str, first: int, last: int) -> int:
    """Return a time of the recording's first day in UTC nanoseconds. Raises UserError."""
    begins, ends = (datetime.fromtimestamp(each / 1e9, IST) for each in (first, last))
    try:
        moment = datetime.combine(begins.date(), time.fromisoformat(text), IST)
    except ValueError:
        raise UserError(f"--from takes a time of day in India (10:00), not {text!r}") from None
    if moment > ends:
        raise UserError(
            f"--from {text} is after the end: the recording is from {begins:%H:%M:%S} to {ends:%H:%M:%S}"
        )
    return round(moment.timestamp()) * 1_000_000_000
