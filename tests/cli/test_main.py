"""Everything that can be typed wrong is one sentence on standard error, and exit code 2."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from textual.app import App

from kitetui import __version__
from kitetui.account import Vault
from kitetui.cli.main import run
from kitetui.cli.monitor import open_monitor
from kitetui.cli.run import choose_run
from kitetui.config import Config
from kitetui.errors import CrashError
from kitetui.market.calendarfile import load_calendar
from kitetui.times import ist_today
from kitetui.tui import MonitorApp


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["nonsense"],
        ["--mode", "depth"],
        ["--connections", "4"],
        ["--connections", "0"],
        ["--feed", "both", "--headless", "--csv"],
        ["--headless"],
        ["--csv"],
        ["-o", "ticks.csv"],
        ["--wait"],
        ["--headless", "--csv", "--duration", "0"],
        ["--headless", "--csv", "--duration", "nan"],
        ["--headless", "--csv", "--duration", "soon"],
        ["--headless", "--csv", "--ws-url", "http://example.com", "-s", "INFY"],
        ["--headless", "--csv", "--feed", "sim", "-s", "NSE:NOSUCH"],
        ["--headless", "--csv", "--feed", "sim", "-s", "11"],
        ["--headless", "--csv", "--feed", "sim", "-o", "/nowhere/ticks.csv"],
        ["--headless", "--csv", "--feed", "sim", "--account", "second"],
        ["--headless", "--csv", "--ws-url", "ws://127.0.0.1:9001/", "--endpoint", "kite"],
        ["--headless", "--csv", "--account", "../etc"],
        ["login", "--account", "../etc"],
        ["login", "--endpoint", "nowhere"],
        ["logout"],
        ["sim", "--port", "70000"],
        ["sim", "--port", "65535"],
        ["sim", "--rate", "-1"],
        ["-s"],
    ],
)
def test_a_wrong_command_line_is_one_sentence(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    captured = capfd.readouterr()
    complaint = [line for line in captured.err.splitlines() if line.startswith("kitetui: ")]
    assert len(complaint) == 1
    assert captured.err.splitlines()[-1] == complaint[0]
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_the_monitor_says_that_it_needs_a_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "needs a terminal" in capfd.readouterr().err


def test_the_version_is_the_packages(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capfd.readouterr().out == f"kitetui {__version__}\n"


def test_help_names_every_option(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capfd.readouterr().out
    options = (
        "-s -m -o --headless --csv --feed --ws-url --connections --duration --version --account --endpoint"
    )
    for option in f"{options} sim login logout".split():
        assert option in text


def test_a_headless_run_never_loads_textual() -> None:
    program = (
        "import sys; from kitetui.cli.main import run; "
        "run(['--headless', '--csv', '--feed', 'sim', '-s', 'INFY', '--duration', '0.2', '-o', '-']); "
        "sys.exit('textual' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_bug_is_one_sentence_and_its_traceback_is_in_the_log_without_what_was_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    def broken(**_: object) -> None:
        access_token = "token-of-today"  # noqa: F841 - a local variable, which no traceback may show
        raise RuntimeError("access_token=token-in-the-message")

    monkeypatch.setattr(sys.modules[run.__module__], "app", broken)
    assert run([]) == CrashError.exit_code
    said = capsys.readouterr().err
    log = home / "log" / "kitetui.log"
    assert said == f"kitetui: kitetui has a bug, RuntimeError; its traceback is in {log}\n"
    assert "in broken" in log.read_text()
    assert "token-" not in log.read_text()


async def test_a_bug_of_the_monitor_ends_it_in_order_and_is_told(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    def broken(self: MonitorApp) -> None:
        raise RuntimeError("a bug")

    async def without_a_terminal(self: MonitorApp) -> None:
        await App.run_async(self, headless=True, size=(120, 40))

    monkeypatch.setattr(MonitorApp, "look_at_settings", broken)
    monkeypatch.setattr(MonitorApp, "run_async", without_a_terminal)
    monkeypatch.setattr("kitetui.cli.monitor.end_with_terminal", lambda ended, is_recording: None)
    a_run = await choose_run(
        feed="sim",
        ws_url=None,
        account=None,
        endpoint=None,
        symbols=["NSE:INFY"],
        mode=None,
        connections=1,
        duration=None,
        wait=False,
        simulate=True,
        config=Config(),
        vault=Vault(environment={}),
        calendar=load_calendar(),
        today=ist_today(),
    )
    with pytest.raises(CrashError, match=r"kitetui has a bug, RuntimeError; its traceback is in "):
        async with asyncio.timeout(30):
            await open_monitor(a_run)
    assert "in broken" in (home / "log" / "kitetui.log").read_text()


@pytest.mark.parametrize(
    "command",
    [["--headless", "--csv", "--feed", "live", "-s", "INFY"], ["instruments", "sync"]],
)
def test_a_proxy_that_is_none_is_one_sentence(
    command: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "socks://proxy:99999")
    monkeypatch.setenv("KITE_API_KEY", "key")
    monkeypatch.setenv("KITE_ACCESS_TOKEN", "token")
    assert run(command) == 2
    (said,) = capfd.readouterr().err.splitlines()
    assert said.startswith(
        "kitetui: https_proxy in the environment names no proxy that can be used; write it as"
    )
