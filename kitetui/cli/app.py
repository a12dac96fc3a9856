"""The commands: `kitetui` is the monitor, `kitetui --headless` the recorder, `kitetui sim` the exchange.

What is heavy (Textual, NumPy, the feed) is imported inside the command that needs it, so that `--help`,
a wrong option and a headless run do not wait for it.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated, Literal

import typer

from kitetui.cli.bench import bench
from kitetui.cli.config import config_app
from kitetui.cli.convert import convert
from kitetui.cli.doctor import doctor
from kitetui.cli.inspect import inspect
from kitetui.cli.instruments import instruments_app
from kitetui.cli.login import AccountOption, EndpointOption, login, logout
from kitetui.cli.replay import replay
from kitetui.cli.serve import FOR_THE_MONITOR, serve
from kitetui.errors import UserError
from kitetui.times import ist_today

app = typer.Typer(
    name="kitetui",
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(config_app, name="config")
app.add_typer(instruments_app, name="instruments")
app.command()(login)
app.command()(logout)
app.command()(doctor)
app.command()(inspect)
app.command()(convert)
app.command()(replay)
app.command()(bench)
app.command(context_settings=FOR_THE_MONITOR)(serve)


@app.callback(invoke_without_command=True)
def kitetui(
    context: typer.Context,
    symbols: Annotated[
        list[str] | None,
        typer.Option(
            "-s",
            "--symbol",
            metavar="SYMBOL",
            help="NSE:INFY, a token, NFO:NIFTY26DEC*, @nifty50, or several with commas; repeatable.",
        ),
    ] = None,
    mode: Annotated[
        Literal["ltp", "quote", "full"] | None,
        typer.Option("-m", "--mode", help="How much to stream of each symbol; full unless configured."),
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Record without a screen.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="With --headless: write CSV, one row a tick.")] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="With --headless: write JSON, one object a line and tick.")
    ] = False,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="With --headless: write Parquet; needs kitetui[parquet].")
    ] = False,
    sqlite: Annotated[
        bool,
        typer.Option("--sqlite", help="With --headless: write SQLite, readable while it grows."),
    ] = False,
    capture: Annotated[
        bool, typer.Option("--capture", help="With --headless: keep the messages as they came, to replay.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="With --headless: the file, a folder for dated files (ticks/), or - for standard output.",
        ),
    ] = None,
    rotate: Annotated[
        str | None,
        typer.Option(
            "--rotate", metavar="LIMIT", help="When a folder gets new files: 1d, 1h, 500MB, 1d,2GB."
        ),
    ] = None,
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="NAMES", help="Columns of the CSV, with commas.")
    ] = None,
    integers: Annotated[
        bool, typer.Option("--integers", help="Prices of Parquet as integers, with their divisor.")
    ] = False,
    append: Annotated[
        bool, typer.Option("--append", help="Go on in the file of -o, if it was recorded like this.")
    ] = False,
    flush: Annotated[
        float | None,
        typer.Option(
            "--flush", metavar="SECONDS", help="Within how long ticks are in the files; 1 by itself."
        ),
    ] = None,
    fsync: Annotated[
        bool, typer.Option("--fsync", help="With each flush have the disk outlast a power cut, too.")
    ] = False,
    until: Annotated[
        str | None, typer.Option("--until", metavar="HH:MM", help="End at this time of day in India.")
    ] = None,
    market_hours: Annotated[
        bool, typer.Option("--market-hours", help="Connect and record only while the market is open.")
    ] = False,
    feed: Annotated[
        Literal["live", "sim"] | None,
        typer.Option("--feed", help="The account's service, or the embedded simulated exchange."),
    ] = None,
    account: AccountOption = None,
    endpoint: EndpointOption = None,
    ws_url: Annotated[
        str | None,
        typer.Option(
            "--ws-url", metavar="URL", envvar="KITETUI_WS_URL", help="Another service with Kite's protocol."
        ),
    ] = None,
    connections: Annotated[
        int | None,
        typer.Option("--connections", min=1, max=3, help="Connections to use, of the three a key has."),
    ] = None,
    duration: Annotated[
        float | None, typer.Option("--duration", metavar="SECONDS", help="End by itself after so long.")
    ] = None,
    wait: Annotated[
        bool,
        typer.Option("--wait", help="With --headless: outlast a refused login, until a new token comes."),
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """A terminal market monitor and tick recorder for Zerodha's Kite.

    Without a login (kitetui login, or KITE_API_KEY and KITE_ACCESS_TOKEN in the environment) the monitor
    shows a simulated exchange.
    """
    if version:
        from kitetui import __version__

        typer.echo(f"kitetui {__version__}")
        return
    if context.invoked_subcommand is not None:
        return
    formats = {"csv": csv, "jsonl": jsonl, "parquet": parquet, "sqlite": sqlite, "capture": capture}
    chosen = [name for name, is_chosen in formats.items() if is_chosen]
    recording = {
        **{f"--{name}": True for name in chosen},
        "-o": output,
        "--rotate": rotate,
        "--columns": columns,
        "--integers": integers,
        "--append": append,
        "--flush": flush,
        "--fsync": fsync,
        "--until": until,
        "--market-hours": market_hours,
        "--wait": wait,
    }
    _check(
        headless, [name for name, given in recording.items() if given not in (None, False)], duration, flush
    )
    if headless and not chosen:
        raise UserError(f"--headless needs a format to write: add --{', --'.join(formats)}, or several")

    from kitetui.account import Vault
    from kitetui.cli.run import choose_run
    from kitetui.config import feed_config
    from kitetui.logs import hide
    from kitetui.market.calendarfile import load_calendar
    from kitetui.paths import sessions_file

    options = None
    if headless:
        from kitetui.cli.recording import RecordingOptions

        options = RecordingOptions(
            formats=chosen,
            output=output,
            columns=columns,
            integers=integers,
            rotate=rotate,
            append=append,
            flush=flush,
            fsync=fsync,
            until=until,
            market_hours=market_hours,
        )
        options.destination()

    async def begin() -> None:
        run = await choose_run(
            feed=feed,
            ws_url=ws_url,
            account=account,
            endpoint=endpoint,
            symbols=symbols or [],
            mode=mode,
            connections=connections,
            duration=duration,
            wait=wait,
            simulate=not headless,
            config=feed_config(),
            vault=Vault(hide=hide),
            calendar=load_calendar(sessions_file()),
            today=ist_today(),
        )
        if options is not None:
            from kitetui.cli.headless import record_headless

            await record_headless(run, options)
        else:
            from kitetui.cli.monitor import open_monitor

            await open_monitor(run)

    asyncio.run(begin())


@app.command()
def sim(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 9001,
    rest_port: Annotated[
        int | None,
        typer.Option(
            "--rest-port", min=0, max=65535, help="Port of its REST, where one logs in; else the next one."
        ),
    ] = None,
    rate: Annotated[
        float, typer.Option("--rate", min=0, help="Updates a second, of all symbols together.")
    ] = 400,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same market.")] = 1,
    symbols: Annotated[
        int | None, typer.Option("--symbols", min=1, max=27_000, help="How many symbols to trade.")
    ] = None,
    api_key: Annotated[str, typer.Option("--api-key", help="The API key to accept.")] = "simulated",
    access_token: Annotated[
        str, typer.Option("--access-token", help="The access token to accept.")
    ] = "simulated",  # noqa: S107 - opens the simulated exchange and nothing else
) -> None:
    """Run a simulated exchange on this machine that any Kite client can connect to."""
    from kitetui.cli.simulator import serve

    asyncio.run(
        serve(
            port=port,
            rest_port=rest_port,
            rate=rate,
            seed=seed,
            symbols=symbols,
            api_key=api_key,
            access_token=access_token,
        )
    )


@app.command()
def keys() -> None:
    """List every key of the monitor and what it does."""
    from kitetui.cli.keys import print_keys

    print_keys()


def _check(headless: bool, for_recording: list[str], duration: float | None, flush: float | None) -> None:
    if not headless and for_recording:
        raise UserError(f"{for_recording[0]} is for recording without a screen: add --headless")
    for option, seconds in (("--duration", duration), ("--flush", flush)):
        if seconds is not None and not 0 < seconds < float("inf"):
            raise UserError(f"{option} takes a number of seconds above 0")
    if not headless and not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise UserError(
            "the monitor needs a terminal", "to write data to a file or pipe use --headless --csv"
        )
