"""`kitetui instruments`: get the list of the day, search it, and show what is known of a symbol."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from kitetui.account import KITE, SIMULATOR, EndpointProfile, Secrets, Vault, endpoint_named
from kitetui.account.vault import SilentKeyringError
from kitetui.cli.login import AccountOption, EndpointOption
from kitetui.cli.saying import say
from kitetui.errors import UserError
from kitetui.formatting import group, plain, price
from kitetui.logs import hide
from kitetui.times import ist_today

if TYPE_CHECKING:
    from kitetui.instruments import Instrument, Universe

_MOST: Final = 1000

_COLUMNS: Final = ("symbol", "kind", "expiry", "strike", "lot_size", "instrument_token", "name")
_NUMBERS: Final = ("strike", "lot_size", "instrument_token")

instruments_app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Search the instruments of the exchanges; sync gets the list of the day.",
)

OnOption = Annotated[
    str | None, typer.Option("--on", metavar="DAY", help="As it was on a past day, such as 2026-11-25.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@instruments_app.command("sync")
def sync_list(account: AccountOption = None, endpoint: EndpointOption = None) -> None:
    """Get the list of the day now; a list that is not whole leaves the one of before in its place."""
    from kitetui.cli.lists import download
    from kitetui.instruments.master import Master

    service, login = service_of(account, endpoint)
    master = Master.of(service.name)
    started = time.perf_counter()
    imported = asyncio.run(download(master, service, login))
    seconds = time.perf_counter() - started
    typer.echo(
        f"{group(imported.rows)} instruments of {service.name} in {seconds:.1f} s, kept in {master.path}"
    )
    for remark in imported.remarks:
        typer.echo(f"kitetui: {remark}", err=True)


@instruments_app.command("search")
def search_list(
    text: Annotated[list[str], typer.Argument(help="Such as: nifty 25000 ce, reliance fut, bse:tata.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=_MOST, help="How many to show at most.")] = 20,
    account: AccountOption = None,
    endpoint: EndpointOption = None,
    as_json: JsonOption = False,
    on: OnOption = None,
) -> None:
    """Find instruments by the beginning of a symbol or name, kind, strike, expiry or token."""
    found = _universe(account, endpoint, on).search(" ".join(text), limit)
    if as_json:
        typer.echo(json.dumps([_fields(each) for each in found], indent=1))
    elif found:
        _print_table(found)
    else:
        raise UserError(
            f"nothing is found for {' '.join(text)!a}", "try fewer letters, or kitetui instruments sync"
        )


@instruments_app.command("show")
def show_symbol(
    symbol: Annotated[
        str, typer.Argument(help="NSE:INFY, a token, a pattern such as NFO:NIFTY*, or @nifty50.")
    ],
    account: AccountOption = None,
    endpoint: EndpointOption = None,
    as_json: JsonOption = False,
    on: OnOption = None,
) -> None:
    """Show what is known of a symbol, or of all that a pattern or a set stands for."""
    from kitetui.instruments import UnknownSymbol, choose

    try:
        choice = choose(_universe(account, endpoint, on), symbol)
    except UnknownSymbol as unknown:
        raise UserError(str(unknown)) from None
    for remark in choice.left_out:
        typer.echo(f"kitetui: {remark}", err=True)
    if as_json:
        typer.echo(json.dumps([_fields(each) for each in choice.instruments], indent=1))
    elif len(choice.instruments) > 1:
        _print_table(choice.instruments)
    else:
        for name, value in _fields(choice.instruments[0]).items():
            typer.echo(f"{name:<17} {'-' if value is None else value}")


def service_of(account: str | None, endpoint: str | None) -> tuple[EndpointProfile, Secrets | None]:
    """Whose list is meant: that of the account's service, with its login where there is one."""
    from kitetui.config import feed_config

    config = feed_config()
    vault = Vault(hide=hide)
    silence = ""
    try:
        login = vault.read(vault.meant(account, config.feed.account))
    except SilentKeyringError as error:  # lists are for everybody, on Kite
        login, silence = None, str(error)
    named = endpoint or config.feed.endpoint or (login.endpoint if login else KITE.name)
    service = endpoint_named(named, config.endpoints)
    if silence:
        say(f"kitetui: {silence}; this goes on without a login, with the list of {service.name}")
    return service, login if login is not None and login.endpoint == service.name else None


def _universe(account: str | None, endpoint: str | None, on: str | None) -> Universe:
    """The list that is there, whatever its age, or that of a day; remarks do not get between the data."""
    from kitetui.cli.lists import kept_list
    from kitetui.instruments import Universe

    service, _ = service_of(account, endpoint)
    if on is not None:
        return Universe.on(_day(on), service.name)
    kept = kept_list(service)
    for remark in kept.remarks:
        typer.echo(f"kitetui: {remark}", err=True)
    # The simulated exchange trades also what has expired.
    return kept.universe if service.name == SIMULATOR.name else kept.universe.tradable_on(ist_today())


def _day(text: str) -> date:
    """Return a past day or today. Raises UserError."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UserError(f"--on takes a day like 2026-11-25, not {text!a}") from None
    if day > ist_today():
        raise UserError(f"--on {day} is still to come", "name a day up to today")
    return day


def _fields(instrument: Instrument) -> dict[str, Any]:
    """An instrument for people and programs: prices in rupees as texts, so that none is rounded."""
    from kitetui.wire import decimals_of

    decimals = decimals_of(instrument.instrument_token)
    return {
        "symbol": instrument.key,
        "name": plain(instrument.name),
        "kind": instrument.kind.value,
        "segment": instrument.segment.name,
        "instrument_token": instrument.instrument_token,
        "expiry": instrument.expiry.isoformat() if instrument.expiry else None,
        "strike": f"{instrument.strike:f}" if instrument.strike is not None else None,
        "tick_size": price(instrument.tick_size, decimals),
        "lot_size": instrument.lot_size,
    }


def _print_table(instruments: Iterable[Instrument]) -> None:
    """Print a line each under a head; on a terminal no longer than that is wide, elsewhere whole."""
    from rich.console import Console
    from rich.text import Text

    lines = [_COLUMNS, *(tuple(str(_fields(each)[name] or "") for name in _COLUMNS) for each in instruments)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    console = Console(highlight=False)
    for at, line in enumerate(lines):
        cells = zip(_COLUMNS, line, widths, strict=True)
        padded = (cell.rjust(width) if name in _NUMBERS else cell.ljust(width) for name, cell, width in cells)
        text = "  ".join(padded).rstrip()
        if console.is_terminal:
            style = "bold" if at == 0 else ""
            console.print(Text(text, style), no_wrap=True, overflow="ellipsis", crop=True)
        else:
            typer.echo(text)
