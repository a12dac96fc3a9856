"""Every example runs as it stands on the simulated exchange, and shows what it says that it shows."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import kitetui.examples
from kitetui.record import open_reader

FOLDER = Path(kitetui.examples.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "market"))
NO_CREDENTIALS = {"KITE_API_KEY": "", "KITE_ACCESS_TOKEN": ""}

SHOWS = {
    "candles": r"\d\d:\d\d:\d\d UTC NSE:\w+ +[\d,.]+ [\d,.]+ [\d,.]+ [\d,.]+ volume \d+",
    "dynamic_subscription": r"out \[\d+(, \d+){4}\], in \[\d+(, \d+){4}\]; 30 watched",
    "high_frequency": r"[+-]0\.\d\d to the (buyers|sellers), spread \d",
    "load_test": r"[\d,]+ ticks/s, [\d,]+ ticks of [\d,]+ symbols, 0 lost",
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


def command(name: str, *options: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", f"kitetui.examples.{name}", *options]


def output_of(name: str, *options: str, cwd: Path, code: int = 0) -> str:
    done = subprocess.run(
        command(name, *options),
        cwd=cwd,
        env=os.environ | NO_CREDENTIALS | {"COLUMNS": "120"},
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


@pytest.mark.parametrize("name", NAMES)
def test_an_example_shows_what_it_is_for(name: str, tmp_path: Path) -> None:
    seconds = "5" if name == "candles" else "2.5"  # a candle is finished two seconds after its end
    assert re.search(SHOWS[name], output_of(name, "--seconds", seconds, cwd=tmp_path))


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
