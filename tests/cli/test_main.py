"""Everything that can be typed wrong is one sentence on standard error, and exit code 2."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kitetui import __version__
from kitetui.cli.main import run


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KITE_API_KEY", "KITE_ACCESS_TOKEN", "KITETUI_WS_URL"):
        monkeypatch.delenv(name, raising=False)


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
        ["sim", "--port", "70000"],
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
    for option in "-s -m -o --headless --csv --feed --ws-url --connections --duration --version sim".split():
        assert option in text


def test_a_headless_run_never_loads_textual() -> None:
    program = (
        "import sys; from kitetui.cli.main import run; "
        "run(['--headless', '--csv', '--feed', 'sim', '-s', 'INFY', '--duration', '0.2', '-o', '-']); "
        "sys.exit('textual' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
