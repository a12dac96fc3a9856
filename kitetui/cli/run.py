"""What a run is to do, decided once from the command line for the monitor and the recorder alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from kitetui.account import Vault
from kitetui.cli.saying import say
from kitetui.cli.source import Feed, Source, choose_source
from kitetui.cli.wanted import choose_instruments
from kitetui.config import Config
from kitetui.feed import MAX_SYMBOLS_PER_CONNECTION
from kitetui.instruments import Instrument, Universe
from kitetui.market.calendar import Calendar
from kitetui.proxies import proxy_of
from kitetui.wire import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """From where, of what, how much, over how many connections, and for how many seconds at most.

    remarks: what the user is to know of the instruments before anything else; said on standard error already.
    symbols: what the user named; the instruments of a default watchlist may give way to a saved one.
    wait: whether a recording goes on when its login is refused at the first, until another token comes.
    """

    source: Source
    universe: Universe
    instruments: list[Instrument]
    remarks: list[str]
    symbols: Sequence[str]
    mode: Mode
    connections: int
    duration: float | None
    wait: bool
    calendar: Calendar


async def choose_run(
    *,
    feed: str | None,
    ws_url: str | None,
    account: str | None,
    endpoint: str | None,
    symbols: Sequence[str],
    mode: str | None,
    connections: int | None,
    duration: float | None,
    wait: bool,
    simulate: bool,
    config: Config,
    vault: Vault,
    calendar: Calendar,
    today: date,
) -> Run:
    """Make a run of the options, and of the configuration where there is none; get the list that is due.

    Raises UserError for the first that cannot be followed.
    """
    source = choose_source(
        feed=Feed(feed) if feed else None,
        ws_url=ws_url,
        account=account,
        endpoint=endpoint,
        config=config,
        vault=vault,
        simulate=simulate,
    )
    proxy_of(source.endpoint.root)  # or each dial would fail, and be tried again
    listed = await source.instruments(today)
    _say(listed.remarks)
    connections = connections or config.feed.connections
    choice = choose_instruments(symbols, listed.universe, connections * MAX_SYMBOLS_PER_CONNECTION)
    remarks = [*choice.left_out, *source.strangers(choice.instruments)]
    _say(remarks)
    return Run(
        source=source,
        universe=listed.universe,
        instruments=choice.instruments,
        remarks=[*listed.remarks, *remarks],
        symbols=symbols,
        mode=Mode(mode) if mode else config.feed.mode,
        connections=connections,
        duration=duration,
        wait=wait,
        calendar=calendar,
    )


def _say(remarks: Iterable[str]) -> None:
    # At once: what is wrong with a symbol may well be that the list is not today's.
    for remark in remarks:
        say(f"kitetui: {remark}")
