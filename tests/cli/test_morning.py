"""A recorder that runs over a morning: a process of its own, at an exchange whose list is another one now."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from kitetui.account import Secrets, Vault
from kitetui.instruments import Master
from kitetui.paths import config_file
from kitetui.simulator import SimulatedExchange
from kitetui.times import ist_today
from tests.account.helpers import service_of
from tests.cli.test_headless import PATIENCE, Recording
from tests.instruments.helpers import Line, import_into, share
from tests.record.helpers import rows_of

DAY = 86_400.0
GONE = 10
"""Shares of yesterday's list that nobody trades any more."""

PROGRAM = """
import asyncio, json, sys
from kitetui.account import Vault
from kitetui.cli.headless import record_headless
from kitetui.cli.recording import RecordingOptions
from kitetui.cli.run import choose_run
from kitetui.config import feed_config
from kitetui.market.calendarfile import load_calendar
from kitetui.paths import config_file, sessions_file
from kitetui.times import ist_today

async def record(symbols, options):
    run = await choose_run(
        feed=None, ws_url=None, account=None, endpoint=None, symbols=symbols, mode=None, connections=1,
        duration=None, wait=False, simulate=False, config=feed_config(config_file()), vault=Vault(),
        calendar=load_calendar(sessions_file()), today=ist_today(),
    )
    await record_headless(run, RecordingOptions(**options), look=0.05)

asyncio.run(record(*json.loads(sys.argv[1])))
"""


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    """An exchange with a market of twenty shares, and a login to it."""
    async with SimulatedExchange(rate=400, symbols=20, rest_port=0) as exchange:
        login = Secrets(
            api_key="simulated", access_token="simulated", issued_at=time.time(), endpoint="exchange"
        )
        Vault(environment={}).store("default", login)
        service = service_of(exchange)
        addresses = f'rest = "{service.rest}"\nlogin = "{service.login}"\nsocket = "{service.socket}"\n'
        config_file().parent.mkdir(exist_ok=True)
        config_file().write_text(f"[endpoints.exchange]\n{addresses}")
        yield exchange


def yesterdays(exchange: SimulatedExchange) -> list[Line]:
    """The list of yesterday: one token was another's then, one share had not come yet, some have gone."""
    traded = [each for each in exchange.instruments if each.exchange == "NSE"]
    first, _, *others = traded
    return [
        share("EXPIRED", token=first.instrument_token),
        *(share(each.tradingsymbol, token=each.instrument_token) for each in others),
        *(share(f"GONE{number}") for number in range(GONE)),
    ]


def put(lines: Iterable[Line], fetched_at: float) -> None:
    import_into(Master.of("exchange"), list(lines), fetched_at)


async def record(symbols: str, **options: Any) -> Recording:
    """Start a recorder that looks for a new list all the time."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        json.dumps([[symbols], options]),
        env=os.environ,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    return Recording(process)


def files_in(folder: Path) -> list[Path]:
    """The recordings of a folder, the earliest first; names of one second do not say which that is."""
    return sorted(folder.glob("ticks-*[0-9].csv"), key=lambda path: path.stat().st_mtime_ns)


def names_of(*paths: Path, token: int | None = None) -> set[str]:
    """The names in these files, of one token or of all."""
    rows = [row for path in paths for row in rows_of(path)]
    return {row["tradingsymbol"] for row in rows if token is None or row["instrument_token"] == str(token)}


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not reached():  # noqa: ASYNC110 - it is another process that gets there
            await asyncio.sleep(0.05)


async def test_a_pattern_names_and_subscribes_what_the_list_of_the_day_has(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    reused, new = [each for each in exchange.instruments if each.exchange == "NSE"][:2]
    yesterday = yesterdays(exchange)
    put(yesterday, time.time())
    run = await record("NSE:*", formats=["csv"], output=f"{tmp_path}/ticks/")
    await run.hear("ws1 live")
    await until(lambda: "EXPIRED" in names_of(*files_in(tmp_path / "ticks")))
    put(yesterday, time.time() - DAY)
    await run.hear("instruments of ")
    said = run.said[-1].partition(": ")[2]
    assert said == (
        f"2 new ({reused.key}, {new.key}), 11 gone (NSE:EXPIRED, NSE:GONE0, NSE:GONE1 and more); "
        f"now {len(yesterday) - GONE + 1} symbols"
    )
    await until(lambda: {reused.tradingsymbol, new.tradingsymbol} <= names_of(*files_in(tmp_path / "ticks")))
    code, _, errors = await run.end(signal.SIGTERM)
    assert code == 0, errors
    before, after = files_in(tmp_path / "ticks")
    assert names_of(before, token=reused.instrument_token) == {"EXPIRED"}
    assert names_of(after, token=reused.instrument_token) == {reused.tradingsymbol}
    sequence = [int(row["sequence"]) for path in (before, after) for row in rows_of(path)]
    assert sequence == list(range(1, len(sequence) + 1))
    assert [rows_of(log) for log in (tmp_path / "ticks").glob("*.gaps.csv")] == [[], []]


async def test_a_list_that_cannot_be_had_is_one_line_and_the_recording_goes_on(
    exchange: SimulatedExchange, tmp_path: Path
) -> None:
    path = tmp_path / "ticks.csv"
    yesterday = yesterdays(exchange)
    put(yesterday, time.time())
    run = await record("NSE:*", formats=["csv"], output=str(path))
    await run.hear("ws1 live")
    exchange.rest.faults.refuse(HTTPStatus.BAD_GATEWAY)
    put(yesterday, time.time() - DAY)
    await run.hear("today's instruments are not here: ")
    size = path.stat().st_size
    await until(lambda: path.stat().st_size > size)
    exchange.rest.faults.lift()
    await run.hear("instruments of ")
    code, _, errors = await run.end(signal.SIGTERM)
    assert code == 0, errors
    assert errors.count("are not here") == 1


async def test_a_recorder_that_waits_for_the_opening_has_the_list_before_it(
    exchange: SimulatedExchange, home: Path
) -> None:
    holidays = ", ".join(f"{ist_today() + timedelta(days=number)}" for number in range(-1, 2))
    (home / "config" / "sessions.toml").write_text(f"holidays = [{holidays}]\n")
    yesterday = yesterdays(exchange)
    put(yesterday, time.time())
    run = await record("NSE:*", formats=["csv"], output="-", market_hours=True)
    await run.hear("the market is closed")
    put(yesterday, time.time() - DAY)
    await run.hear("instruments of ")
    code, _, errors = await run.end(signal.SIGTERM)
    assert code == 0, errors
