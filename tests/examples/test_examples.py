"""Every example runs as it stands on the simulated exchange, and shows what it says that it shows."""

from __future__ import annotations

import asyncio
import csv
import os
import re
import signal
import subprocess
import sys
import time
from argparse import Namespace
from contextlib import suppress
from pathlib import Path

import pytest

import kitetui.examples
from kitetui.account import Secrets, Vault
from kitetui.examples import order_updates
from kitetui.examples.market import ExampleMarket, login
from kitetui.feed import Account, Endpoint
from kitetui.record import open_reader
from kitetui.simulator import SimulatedExchange
from tests.cli.served import Served

FOLDER = Path(kitetui.examples.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "market"))

SHOWS = {
    "candles": r"\d\d:\d\d:\d\d UTC NSE:\w+ +[\d,.]+ [\d,.]+ [\d,.]+ [\d,.]+ volume \d+",
    "dynamic_subscription": r"out \[\d+(, \d+){4}\], in \[\d+(, \d+){4}\]; 30 watched",
    "high_frequency": r"[+-]0\.\d\d to the (buyers|sellers), spread \d",
    "load_test": r"[\d,]+ ticks/s, [\d,]+ ticks of 4,000 symbols, 0 lost, \d+\.\d ms late at most",
    "manager_demo": r"healthy, 3 live, 211 symbols have ticked",
    "market_scanner": r"volume surges: NSE:\w+ [\d,]+",
    "multi_account": r"second: 39 symbols on 3 connections, [1-9]\d* ticks",
    "order_updates": r"220303000308932 INFY: COMPLETE, 100 of 100",
    "portfolio_monitor": r"total +│ +│ +│ +│ +│ -?[\d,]+\.\d\d",
    "raw_frames": r"binary  48 bytes, packets of \[44\]: 00 01 00 2c",
    "runtime_subscription": r"made INFY full: .*\(408065, 'full'\)",
    "single_connection": r"NSE:INFY +[\d,]+\.\d\d [+-]\d",
    "to_parquet": r"[1-9]\d* ticks of 20 symbols in ticks\.parquet, 0 gaps",
}

SECONDS = {
    "candles": "5",  # one is finished two seconds after its end
    "runtime_subscription": "20",  # ends by itself after its four steps
}


def command(name: str, *options: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", f"kitetui.examples.{name}", *options]


def output_of(name: str, *options: str, cwd: Path, code: int = 0) -> str:
    done = subprocess.run(
        command(name, *options),
        cwd=cwd,
        env=os.environ | {"COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, done.stderr
    assert (done.stderr == "") == (code == 0)
    return done.stdout if code == 0 else done.stderr


def test_every_example_is_looked_at() -> None:
    assert sorted(SHOWS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_short_and_says_how_it_is_run(name: str) -> None:
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    assert f"python -m kitetui.examples.{name}" in text


@pytest.mark.landing
@pytest.mark.parametrize("name", NAMES)
def test_an_example_shows_what_it_is_for(name: str, tmp_path: Path) -> None:
    options = ("--symbols", "4000") if name == "load_test" else ()
    shown = output_of(name, *options, "--seconds", SECONDS.get(name, "2.5"), cwd=tmp_path)
    assert re.search(SHOWS[name], shown)


def test_profit_and_loss_add_up_to_the_paisa(tmp_path: Path) -> None:
    holdings = tmp_path / "holdings.csv"
    holdings.write_text("symbol,quantity,average_price\nNSE:INFY,3,1000.10\nNSE:SBIN,7,1100.05\n")
    shown = output_of("portfolio_monitor", "--holdings", str(holdings), "--seconds", "1.5", cwd=tmp_path)
    rows = [[cell.strip().replace(",", "") for cell in line.split("│")[1:-1]] for line in shown.splitlines()]
    listed = {row[0]: row[1:] for row in rows if row and row[0].startswith(("NSE:", "total"))}
    total = 0
    for symbol, quantity, average, last, _, profit in (
        (name, *cells) for name, cells in listed.items() if name != "total"
    ):
        paise = [round(float(cell) * 100) for cell in (average, last, profit)]
        assert paise[2] == (paise[1] - paise[0]) * int(quantity), symbol
        total += paise[2]
    assert len(listed) == 3
    assert round(float(listed["total"][-1]) * 100) == total


def test_what_is_not_held_anywhere_is_one_sentence(tmp_path: Path) -> None:
    holdings = tmp_path / "holdings.csv"
    holdings.write_text("symbol,quantity,average_price\nNSE:INFI,3,1000.10\n")
    said = output_of("portfolio_monitor", "--holdings", str(holdings), cwd=tmp_path, code=1)
    assert "NSE:INFI" in said
    assert "Traceback" not in said


def test_without_a_login_live_says_what_to_do(tmp_path: Path) -> None:
    said = output_of("single_connection", "--live", cwd=tmp_path, code=1)
    assert "kitetui login" in said
    assert "Traceback" not in said


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    said = output_of("portfolio_monitor", "--holdings", "none.csv", cwd=tmp_path, code=1)
    assert "No such file" in said
    assert "Traceback" not in said


def test_live_streams_with_the_logins_and_the_services_of_the_configuration(tmp_path: Path) -> None:
    vault = Vault(environment={})
    with Served(accounts={"key_two": "token_two"}) as served:
        served.configure("office")
        for name, key, token in (("default", "simulated", "simulated"), ("second", "key_two", "token_two")):
            kept = Secrets(api_key=key, access_token=token, issued_at=time.time(), endpoint="office")
            vault.store(name, kept)
        shown = output_of("single_connection", "--live", "--seconds", "1.5", cwd=tmp_path)
        both = output_of("multi_account", "--live", "--seconds", "1.5", cwd=tmp_path)
    assert re.search(SHOWS["single_connection"], shown)
    assert re.search(r"default: \d+ symbols on 3 connections, [1-9]", both)
    assert re.search(r"second: \d+ symbols on 3 connections, [1-9]", both)


def test_a_pair_of_the_environment_is_never_mixed_with_a_kept_login(monkeypatch: pytest.MonkeyPatch) -> None:
    Vault(environment={}).store("default", Secrets(api_key="kept", access_token="of the kept"))
    monkeypatch.setenv("KITE_API_KEY", "given")
    monkeypatch.setenv("KITE_ACCESS_TOKEN", "of-the-given")
    service, _, account = login()
    assert (service.name, account.api_key, account.access_token) == ("kite", "given", "of-the-given")


async def test_what_the_broker_sends_does_not_steer_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_updates, "ORDER", {"order_id": "7", "tradingsymbol": "\x1b[2JINFY"})
    async with SimulatedExchange() as exchange:
        endpoint, pair = Endpoint.parse(exchange.url_with_credentials)
        assert pair is not None
        market = ExampleMarket(
            universe=exchange.universe,
            endpoint=endpoint,
            account=Account("simulated", pair.api_key, pair.access_token),
            exchange=exchange,
            options=Namespace(),
        )
        with suppress(TimeoutError):
            await asyncio.wait_for(order_updates.order_updates(market), 1.5)
    shown = capsys.readouterr().out
    assert "INFY: COMPLETE" in shown
    assert "\x1b" not in shown


def test_movers_are_sorted(tmp_path: Path) -> None:
    shown = output_of("market_scanner", "--symbols", "500", "--seconds", "2.5", cwd=tmp_path)
    assert "of 500 symbols have ticked" in shown
    gains, losses = (
        [[float(each) for each in re.findall(r" ([+-]\d+\.\d\d)(?:,|$)", line)] for line in found]
        for found in (re.findall(r"gainers: (.*)", shown), re.findall(r"losers: (.*)", shown))
    )
    assert gains
    assert all(each == sorted(each, reverse=True) for each in gains)
    assert all(each == sorted(each) for each in losses)


def test_as_many_rows_can_be_read_as_are_said_to_be_written(tmp_path: Path) -> None:
    said = output_of("to_parquet", "--output", "few.parquet", "--seconds", "1.5", cwd=tmp_path)
    rows = sum(map(len, open_reader(tmp_path / "few.parquet")))
    assert said.startswith(f"{rows:,} ticks")
    gaps = (tmp_path / "few.gaps.csv").read_text(encoding="utf-8")
    assert len(list(csv.reader(gaps.splitlines()))) == 1


def test_ctrl_c_ends_an_example_in_order(tmp_path: Path) -> None:
    with subprocess.Popen(
        command("single_connection", "--seconds", "60"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert process.returncode == 0
    assert error == ""
