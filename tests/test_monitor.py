"""The monitor as a user has it: in a real terminal, on the simulated exchange, with real keys."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kitetui.simulator import SimulatedExchange
from tests.kite_server import server_that_sends
from tests.terminal import PATIENCE, Terminal
from tests.wire.packets import INFY_FULL, INFY_QUOTE, frame

ENV = {"KITE_API_KEY": "", "KITE_ACCESS_TOKEN": "", "KITETUI_WS_URL": ""}
KITETUI = (sys.executable, "-m", "kitetui")

ALTERNATE_SCREEN_ON, ALTERNATE_SCREEN_OFF = b"\x1b[?1049h", b"\x1b[?1049l"
CURSOR_ON = b"\x1b[?25h"
MOUSE_OFF = b"\x1b[?1000l"


@pytest.fixture
def monitor() -> Iterator[Terminal]:
    with Terminal(KITETUI, columns=120, lines=40, env=ENV) as terminal:
        terminal.wait_for("LIVE 3/3")
        yield terminal


def price_of(terminal: Terminal, symbol: str) -> str:
    """Return the last price in a symbol's row of the watchlist, nothing if there is none."""
    rows = (re.match(rf"[│▌ ]*{re.escape(symbol)}\s+([\d,]+\.\d+)", line) for line in terminal.lines)
    return next((row[1] for row in rows if row), "")


def wait_for_a_new_price(terminal: Terminal, symbol: str) -> None:
    terminal.wait_until(lambda: bool(price_of(terminal, symbol)), f"a price of {symbol}")
    before = price_of(terminal, symbol)
    terminal.wait_until(lambda: price_of(terminal, symbol) not in ("", before), f"another price of {symbol}")


def assert_restored(terminal: Terminal) -> None:
    """The main screen is back, the cursor shows, the mouse is the terminal's, and echo is as it was."""
    assert terminal.received.rfind(ALTERNATE_SCREEN_OFF) > terminal.received.rfind(ALTERNATE_SCREEN_ON) >= 0
    assert terminal.received.rstrip().rfind(CURSOR_ON) >= 0
    assert MOUSE_OFF in terminal.received
    assert terminal.settings() == terminal.settings_before


def test_a_session_from_start_to_end(monitor: Terminal) -> None:
    assert "SIMULATED" in monitor.lines[0]
    wait_for_a_new_price(monitor, "RELIANCE")

    assert not price_of(monitor, "WIPRO")
    monitor.press("a", *"NSE:WIPRO", "\r")
    monitor.wait_until(lambda: bool(price_of(monitor, "WIPRO")), "the row of the symbol added")
    monitor.press("\x1b")
    wait_for_a_new_price(monitor, "WIPRO")

    monitor.press("x")
    monitor.wait_until(lambda: not price_of(monitor, "WIPRO"), "the row gone")
    assert "LIVE 3/3" in monitor.lines[0]

    monitor.press("q")
    assert monitor.wait_exit() == 0
    assert_restored(monitor)


def test_every_symbol_of_the_default_watchlist_ticks(monitor: Terminal) -> None:
    for symbol in ("NIFTY 50", "SENSEX", "INFY", "NIFTY26DECFUT", "NIFTY26DEC25000CE", "USDINR26DECFUT"):
        monitor.wait_until(lambda symbol=symbol: bool(price_of(monitor, symbol)), f"a price of {symbol}")


@pytest.mark.landing
def test_the_terminal_can_be_resized_while_it_ticks(monitor: Terminal) -> None:
    for columns, lines in ((80, 24), (200, 60), (60, 15), (120, 40)):
        monitor.resize(columns, lines)
        monitor.wait_until(
            lambda columns=columns: monitor.lines[0].rstrip().endswith("IST"), f"{columns} wide"
        )
        wait_for_a_new_price(monitor, "RELIANCE")
    monitor.resize(50, 10)
    monitor.wait_for("terminal too small: need 60x15, have 50x10")
    monitor.resize(120, 40)
    wait_for_a_new_price(monitor, "RELIANCE")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(monitor: Terminal, number: signal.Signals) -> None:
    os.kill(monitor.process.pid, number)
    assert monitor.wait_exit() == 0
    assert_restored(monitor)


def test_ctrl_c_quits(monitor: Terminal) -> None:
    monitor.press("\x03")
    assert monitor.wait_exit() == 0
    assert_restored(monitor)


async def test_the_real_packets_are_shown_to_the_paisa() -> None:
    async with server_that_sends(frame(INFY_QUOTE), frame(INFY_FULL)) as url:
        await asyncio.to_thread(see_the_real_packets, url)


def see_the_real_packets(url: str) -> None:
    with Terminal([*KITETUI, "--ws-url", url, "-s", "NSE:INFY"], env=ENV) as terminal:
        terminal.wait_for("1,572.85")
        assert price_of(terminal, "INFY") == "1,573.70"
        assert "SIMULATED" not in terminal.lines[0]
        row = next(line for line in terminal.lines if re.match(r"[│▌ ]*INFY ", line))
        assert "▲ +0.38%  11.92L    1,573.40    1,573.70" in row
        levels = re.findall(r"│[▸ ]+(1,57\d\.\d\d) +(\d+)[+-]? +(\d+) ", terminal.text)
        assert levels == [
            ("1,573.95", "724", "5"),
            ("1,573.90", "141", "2"),
            ("1,573.85", "302", "3"),
            ("1,573.75", "44", "3"),
            ("1,573.70", "172", "3"),
            ("1,573.40", "5", "1"),
            ("1,573.00", "140", "2"),
            ("1,572.95", "2", "1"),
            ("1,572.90", "219", "7"),
            ("1,572.85", "50", "1"),
        ]
        for figure in ("1,569.15", "1,575.00", "1,561.05", "1,567.80", "1,570.37", "11,92,471", "10:41:27"):
            assert figure in terminal.text


async def test_a_simulated_exchange_that_is_reached_by_its_url_is_shown_as_simulated() -> None:
    async with SimulatedExchange() as exchange:
        await asyncio.to_thread(see_that_prices_are_made_up, exchange.url_with_credentials)


def see_that_prices_are_made_up(url: str) -> None:
    with Terminal([*KITETUI, "--ws-url", url, "-s", "NSE:INFY"], env=ENV) as terminal:
        terminal.wait_for("LIVE 1/1")
        assert " SIMULATED " in terminal.lines[0]
        wait_for_a_new_price(terminal, "INFY")


def test_it_ends_by_itself_after_a_duration() -> None:
    with Terminal([*KITETUI, "--duration", "1", "-s", "NSE:INFY"], env=ENV) as terminal:
        assert terminal.wait_exit() == 0
        assert_restored(terminal)


def test_a_dead_server_is_said_and_the_monitor_goes_on() -> None:
    command = [*KITETUI, "--ws-url", "ws://127.0.0.1:1/", "-s", "NSE:INFY"]
    with Terminal(command, env=ENV) as terminal:
        terminal.wait_for("nothing listens at that address")
        assert "LIVE" not in terminal.lines[0]
        terminal.press("q")
        assert terminal.wait_exit() == 0


def row_of(terminal: Terminal, symbol: str) -> str:
    """Return a symbol's row of the watchlist, nothing if there is none."""
    return next((line for line in terminal.lines if re.match(rf"[│▌• ]*{re.escape(symbol)} ", line)), "")


def selected(terminal: Terminal) -> str:
    """Return the symbol under the cursor."""
    return next((match[1] for line in terminal.lines if (match := re.match(r"│?▌[• ](\S+)", line))), "")


def wait_for_keys(terminal: Terminal) -> None:
    """Wait until no dialog is open any more: the last line has the keys again."""
    terminal.wait_until(lambda: "? Help" in terminal.lines[-1] and "╰" not in terminal.lines[-1], "the keys")


def close_dialog(terminal: Terminal) -> None:
    """Press Esc, and wait: with the next key right behind it, it would be the start of a longer key."""
    terminal.press("\x1b")
    terminal.wait_until(lambda: "Add a symbol" not in terminal.text, "the dialog closed")


@pytest.mark.landing
def test_what_a_trader_does_in_a_day(tmp_path: Path, home: Path) -> None:
    with Terminal(KITETUI, columns=120, lines=40, env=ENV, cwd=tmp_path) as terminal:
        terminal.wait_for("LIVE 3/3")

        terminal.press("/", *"gold", "\r")
        terminal.wait_until(lambda: selected(terminal) == "GOLDM26DECFUT", "the symbol found")
        wait_for_keys(terminal)

        terminal.press("s", *"jj", "\r")
        terminal.wait_until(lambda: "LTP ↓" in terminal.text, "the list sorted by price")
        wait_for_keys(terminal)
        assert selected(terminal) == "GOLDM26DECFUT"

        terminal.press("f", *"ltp<1000", "\r")
        terminal.wait_until(lambda: not row_of(terminal, "MRF"), "the list filtered")
        terminal.wait_for("ltp<1000 · ")
        wait_for_keys(terminal)
        terminal.press("F")
        terminal.wait_until(lambda: bool(row_of(terminal, "MRF")), "the filter gone")

        terminal.press("2", "a", *"nifty 25000 ce", "\r")
        terminal.wait_for("added NFO:NIFTY")
        close_dialog(terminal)
        terminal.wait_until(lambda: "▐2 List 2 1▌" in terminal.text, "a second group")
        terminal.press("[")
        terminal.wait_until(lambda: "▐1 Core 14▌" in terminal.text, "the first group again")

        terminal.press("x")
        terminal.wait_until(lambda: "▐1 Core 13▌" in terminal.text, "a symbol removed")
        terminal.press("u")
        terminal.wait_until(lambda: "▐1 Core 14▌" in terminal.text, "and back")

        terminal.press("m")
        terminal.wait_for("· ltp ─")
        terminal.press("m", "m")
        terminal.wait_for("· full ─")

        terminal.press(" ")
        terminal.wait_for(" HELD ")
        terminal.press(" ")
        terminal.wait_until(lambda: " HELD " not in terminal.lines[0], "the display going on")

        terminal.press("e")
        terminal.wait_until(lambda: bool(list(tmp_path.glob("kitetui-*.csv"))), "the exported table")

        terminal.press("T", *"amber", "\r")
        terminal.wait_until(lambda: (home / "config" / "config.toml").exists(), "the configuration kept")
        terminal.wait_until(
            lambda: 'theme = "kitetui-amber"' in (home / "config" / "config.toml").read_text(),
            "the theme kept",
        )

        terminal.resize(80, 24)
        terminal.wait_until(lambda: terminal.lines[0].rstrip().endswith("IST"), "80 wide")
        terminal.press("r")
        terminal.wait_for("⏺")
        terminal.press("q")
        terminal.wait_for("finish it and leave")
        terminal.press("\r")
        assert terminal.wait_exit() == 0
        assert_restored(terminal)
    (recording,) = tmp_path.glob("ticks-*[0-9].csv")
    assert recording.read_text().endswith("\n")
    assert len(recording.read_text().splitlines()) > 1


@pytest.mark.landing
def test_what_was_changed_is_there_again_at_the_next_start() -> None:
    with Terminal(KITETUI, columns=120, lines=40, env=ENV) as terminal:
        terminal.wait_for("LIVE 3/3")
        terminal.press("a", *"NSE:WIPRO", "\r")
        terminal.wait_for("added NSE:WIPRO")
        close_dialog(terminal)
        terminal.press("s", "j", "\r")
        terminal.wait_until(lambda: "SYMBOL ↑" in terminal.text, "the list sorted")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    with Terminal(KITETUI, columns=120, lines=40, env=ENV) as terminal:
        terminal.wait_for("LIVE 3/3")
        wait_for_a_new_price(terminal, "WIPRO")
        assert "SYMBOL ↑" in terminal.text
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_an_edit_of_the_configuration_is_followed_while_it_runs(home: Path) -> None:
    file = home / "config" / "config.toml"
    with Terminal(KITETUI, columns=120, lines=40, env=ENV) as terminal:
        terminal.wait_for("LIVE 3/3")
        file.parent.mkdir()
        file.write_text('units = "western"\n[[groups]]\nname = "Mine"\nsymbols = ["NSE:WIPRO", "NSE:MRF"]\n')
        wait_for_a_new_price(terminal, "WIPRO")
        assert "▐1 Mine 2▌" in terminal.text
        assert re.search(r"MRF +\d{3},\d{3}\.\d\d", terminal.text)
        file.write_text("units = 3\n")
        terminal.wait_for("config.toml:1")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert file.read_text() == "units = 3\n"


def test_a_configuration_that_cannot_be_read_is_one_sentence(home: Path) -> None:
    file = home / "config" / "config.toml"
    file.parent.mkdir()
    file.write_text('# mine\nunits = "metric"\n')
    with Terminal(KITETUI, env=ENV) as terminal:
        assert terminal.wait_exit() == 2
        assert 'config.toml:2: units is "metric"; expected "indian" or "western"' in terminal.text


def test_a_terminal_that_is_gone_ends_it_soon() -> None:
    with Terminal(KITETUI, columns=120, lines=40, env=ENV) as terminal:
        terminal.wait_for("LIVE 3/3")
        os.kill(terminal.process.pid, signal.SIGCONT)  # as the kernel sends it to what loses its terminal
        assert terminal.hang_up(patience=10.0) == 0


def test_a_terminal_that_reads_nothing_holds_up_neither_feed_nor_recording(tmp_path: Path) -> None:
    with Terminal(KITETUI, columns=120, lines=40, env=ENV, cwd=tmp_path) as terminal:
        terminal.wait_for("LIVE 3/3")
        terminal.press("r")
        terminal.wait_for("⏺")
        (recording,) = tmp_path.glob("ticks-*[0-9].csv")
        for _ in range(3):  # from here on what is written stays unread: far more than a terminal holds
            wait_until_longer(recording, by=10_000)
        terminal.wait_for("the terminal took no output")
        wait_for_a_new_price(terminal, "RELIANCE")
        assert terminal.hang_up(patience=10.0) == 0
    assert recording.read_text().endswith("\n")


def wait_until_longer(file: Path, by: int) -> None:
    """Wait until a file has grown by so many bytes."""
    enough = file.stat().st_size + by
    deadline = time.monotonic() + PATIENCE
    while file.stat().st_size < enough:
        assert time.monotonic() < deadline, "the file does not grow"
        time.sleep(0.05)


def test_without_colours_every_sign_is_there() -> None:
    with Terminal(KITETUI, columns=120, lines=40, env={**ENV, "NO_COLOR": "1"}) as terminal:
        terminal.wait_for("LIVE 3/3")
        wait_for_a_new_price(terminal, "RELIANCE")
        assert selected(terminal)
        assert "▲" in terminal.text or "▼" in terminal.text
        colours = re.findall(rb"\x1b\[[0-9;]*38;2;(\d+);(\d+);(\d+)", terminal.received)
        assert all(red == green == blue for red, green, blue in colours)
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_a_shell_that_exports_its_size_hides_no_resize() -> None:
    size = {"COLUMNS": "100", "LINES": "30"}
    with Terminal(KITETUI, columns=100, lines=30, env=ENV | size) as terminal:
        terminal.wait_for("LIVE 3/3")
        terminal.resize(140, 40)
        terminal.wait_until(lambda: len(terminal.lines[0].rstrip()) > 130, "a first line of the whole width")


def test_a_terminal_that_only_prints_lines_is_refused() -> None:
    with Terminal(KITETUI, columns=100, lines=30, env=ENV | {"TERM": "dumb"}) as terminal:
        assert terminal.wait_exit() == 2
        assert "TERM=dumb" in terminal.text
