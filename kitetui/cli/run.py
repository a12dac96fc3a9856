"""What a run is to do, decided once from the command line for the monitor and the recorder alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kitetui.cli.source import Feed, Source, choose_source
from kitetui.cli.symbols import choose_instruments
from kitetui.feed import MAX_CONNECTIONS, MAX_SYMBOLS_PER_CONNECTION
from kitetui.instruments import Instrument, Universe
from kitetui.wire import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """From where, of what, how much, over how many connections, and for how many seconds at most.

    named: whether the user named the instruments; those of a default watchlist may give way to a saved one.
    mode and connections: None where the user left it to the configuration.
    wait: whether a recording goes on when its login is refused at the first, until another token comes.
    """

    source: Source
    universe: Universe
    instruments: list[Instrument]
    named: bool
    mode: Mode | None
    connections: int | None
    duration: float | None
    wait: bool


def choose_run(
    *,
    feed: str | None,
    ws_url: str | None,
    symbols: Sequence[str],
    mode: str | None,
    connections: int | None,
    duration: float | None,
    wait: bool,
    simulate: bool,
    environment: Mapping[str, str],
    today: date,
) -> Run:
    """Make a run of the options. Raises UserError for the first that cannot be followed."""
    source = choose_source(Feed(feed) if feed else None, ws_url, environment, simulate=simulate)
    universe = source.universe(today)
    capacity = (connections or MAX_CONNECTIONS) * MAX_SYMBOLS_PER_CONNECTION
    return Run(
        source=source,
        universe=universe,
        instruments=choose_instruments(symbols, universe, capacity),
        named=bool(symbols),
        mode=Mode(mode) if mode else None,
        connections=connections,
        duration=duration,
        wait=wait,
    )
