"""A day of a user: a simulated exchange, a login to it, a monitor and a recorder, and a token that ends."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kitetui.account import Vault
from kitetui.paths import config_file
from tests.terminal import Terminal

SECRET = "simulated-secret"
KITETUI = (sys.executable, "-m", "kitetui")


@pytest.fixture(autouse=True)
def _exchange() -> Iterator[None]:
    """A `kitetui sim` on ports of its own, which is configured with what that says."""
    command = [*KITETUI, "sim", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = [process.stderr.readline() for _ in range(7)]
        assert "kitetui login --endpoint simulator, with the API key simulated and the API" in said[1]
        config_file().parent.mkdir()
        config_file().write_text("".join(said[3:]))
        yield
        process.terminate()
        assert process.wait(30) == 0


def log_in(*arguments: str, is_asked: bool = True) -> str:
    """Log in by hand, with an HTTP client for a browser; return the access token of the exchange."""
    with Terminal([*KITETUI, "login", "--no-browser", *arguments], columns=400) as terminal:
        if is_asked:
            for question, answer in (("API key:", "simulated"), ("API secret:", SECRET)):
                terminal.wait_for_secret(question)
                terminal.press(answer, "\r")
        terminal.wait_for("the whole address that it comes back to:")
        (address,) = re.findall(r"http://\S+/connect/login\?\S+", terminal.text)
        page = httpx.get(address, trust_env=False)
        terminal.press(page.headers["location"], "\r")
        terminal.wait_for("logged in as Simulated User (SIM001)")
        assert terminal.wait_exit() == 0
        account = arguments[arguments.index("--account") + 1] if "--account" in arguments else "default"
        kept = Vault(environment={}).stored(account)
        assert kept is not None
        for secret in (SECRET, kept.access_token):
            assert secret.encode() not in terminal.received
    return kept.access_token


def test_a_fresh_token_is_taken_up_by_what_runs_already(home: Path, tmp_path: Path) -> None:
    tokens = [log_in("--endpoint", "simulator")]
    recording = tmp_path / "ticks.csv"
    record = [*KITETUI, "--headless", "--csv", "-s", "NSE:INFY", "-o", str(recording), "--connections", "1"]
    with Terminal([*KITETUI, "--connections", "1"]) as monitor:
        monitor.wait_for("LIVE 1/1")
        assert " SIMULATED " in monitor.lines[0]
        monitor.press("q")
        assert monitor.wait_exit() == 0

    tokens.append(
        log_in("--endpoint", "simulator", "--account", "second")
    )  # which ends the token of the first
    with Terminal(record, columns=200) as recorder:
        assert recorder.wait_exit() == 3
        assert "login refused (403): " in recorder.text
        assert "; run kitetui login\n" in re.sub(" +\n", "\n", recorder.text)
    recording.unlink()

    with (
        Terminal([*KITETUI, "--connections", "1"]) as monitor,
        Terminal([*record, "--wait", "--duration", "20"], columns=200) as recorder,
    ):
        monitor.wait_for("LOGIN REFUSED  run kitetui login; no restart needed")
        recorder.wait_for("; run kitetui login")
        tokens.append(log_in(is_asked=False))
        monitor.wait_for("LIVE 1/1")
        recorder.wait_for("ws1 live")
        recorder.press("\x03")
        monitor.press("q")
        assert (monitor.wait_exit(), recorder.wait_exit()) == (0, 0)
        assert len(recording.read_text().splitlines()) > 1
        shown = monitor.received + recorder.received

    logs = b"".join(file.read_bytes() for file in (home / "log").iterdir())
    assert b"login refused (403)" in logs
    assert [token for token in tokens if token.encode() in shown + logs + recording.read_bytes()] == []


def test_an_account_that_is_named_is_the_one_that_streams() -> None:
    log_in("--endpoint", "simulator")
    log_in("--endpoint", "simulator", "--account", "second")
    record = [*KITETUI, "--headless", "--csv", "-s", "NSE:INFY", "-o", "-", "--duration", "2"]
    for account, code in (("second", 0), ("default", 3)):
        command = [*record, "--account", account, "--connections", "1"]
        with Terminal(command, columns=200) as recorder:
            assert recorder.wait_exit() == code, recorder.text
