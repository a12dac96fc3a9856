"""`kitetui doctor`, as a user and a program have it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import pytest
import typer

from kitetui.account import Vault
from kitetui.cli.doctor import doctor
from kitetui.errors import UserError
from kitetui.simulator import SimulatedExchange
from tests.account.helpers import service_of
from tests.doctor.helpers import logged_in
from tests.terminal import Terminal

PROGRAM = """
import sys, typer
from kitetui.cli.doctor import doctor
app = typer.Typer()
app.command()(doctor)
sys.exit(app(args=sys.argv[1:], standalone_mode=False) or 0)
"""

ENVIRONMENT = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


@pytest.fixture
async def exchange(home: Path) -> AsyncIterator[SimulatedExchange]:
    """A simulated exchange that the configuration names, and that the default account is logged in at."""
    async with SimulatedExchange(rate=0, rest_port=0, heartbeat=0.05) as exchange:
        service = service_of(exchange)
        config = home / "config" / "config.toml"
        config.parent.mkdir()
        config.write_text(
            "[endpoints.simulator]\n"
            f'rest = "{service.rest}"\nlogin = "{service.login}"\nsocket = "{service.socket}"\n'
        )
        yield exchange


async def run(*arguments: str) -> int:
    """Run the command beside the exchange; return its exit code."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(doctor)
    return await asyncio.to_thread(lambda: app(args=list(arguments), standalone_mode=False) or 0)


def in_terminal(home: Path, columns: int, lines: int) -> Terminal:
    """The command in a terminal of this size."""
    environment = {**ENVIRONMENT, "KITETUI_HOME": str(home)}
    return Terminal([sys.executable, "-c", PROGRAM], columns=columns, lines=lines, env=environment)


async def test_without_a_failure_the_exit_code_is_0_and_each_check_is_a_line(
    exchange: SimulatedExchange, capfd: pytest.CaptureFixture[str]
) -> None:
    await logged_in(exchange)
    assert await run() == 0
    said = capfd.readouterr()
    assert said.err == ""
    lines = said.out.splitlines()
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert headings == ["Account", "Kite", "Instruments", "This machine"]
    (token,) = (line for line in lines if "  token  " in line)
    assert token.startswith("  ok       token          alive until ")
    assert "  ok       permissions    nobody else can read " in said.out
    assert "  skipped  colours        the output goes to no terminal\n" in said.out
    assert "\x1b" not in said.out
    assert [line for line in lines if line != line.rstrip()] == []


async def test_with_a_failure_the_exit_code_is_1_and_the_next_step_is_in_the_line(
    exchange: SimulatedExchange, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await run("--endpoint", "simulator") == 1
    assert (
        "  failed   login          there is no login of account default; run kitetui login\n"
        in capfd.readouterr().out
    )


async def test_json_is_a_list_for_programs(
    exchange: SimulatedExchange, capfd: pytest.CaptureFixture[str]
) -> None:
    await logged_in(exchange)
    exchange.handshakes.refuse(HTTPStatus.FORBIDDEN)
    assert await run("--json") == 1
    entries = json.loads(capfd.readouterr().out)
    assert {tuple(each) for each in entries} == {("check", "group", "state", "found", "next")}
    assert next(each for each in entries if each["check"] == "market data") == {
        "check": "market data",
        "group": "Kite",
        "state": "failed",
        "found": "the API key has no market-data plan: the socket refuses a live token (403)",
        "next": "subscribe its app to one at https://developers.kite.trade/",
    }


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("state", ["sound", "dead", "refused", "down", "environment"])
async def test_no_secret_is_ever_shown(
    state: str,
    form: tuple[str, ...],
    exchange: SimulatedExchange,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    secrets = await logged_in(exchange)
    match state:
        case "dead":
            exchange.expire_token("of another login")
        case "refused":
            exchange.handshakes.refuse(HTTPStatus.FORBIDDEN)
        case "down":
            exchange.rest.faults.refuse(HTTPStatus.BAD_GATEWAY)
            exchange.handshakes.refuse(HTTPStatus.BAD_GATEWAY)
        case "environment":
            monkeypatch.setenv("KITE_API_KEY", secrets.api_key)
            monkeypatch.setenv("KITE_ACCESS_TOKEN", secrets.access_token)
    await run("--endpoint", "simulator", *form)
    said = capfd.readouterr()
    assert "token" in said.out
    for secret in (secrets.api_key, secrets.api_secret, secrets.access_token):
        assert secret not in said.out + said.err


async def test_another_account_and_service_can_be_named(
    exchange: SimulatedExchange, capfd: pytest.CaptureFixture[str]
) -> None:
    Vault().store("second", await logged_in(exchange))
    assert await run("--account", "second", "--endpoint", "simulator") == 0
    assert await run("--account", "third", "--endpoint", "simulator") == 1
    assert "there is no login of account third; run kitetui login --account third" in capfd.readouterr().out


async def test_the_configuration_names_the_account_and_the_service(
    exchange: SimulatedExchange, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (home / "config" / "config.toml").open("a") as config:
        config.write('\n[feed]\naccount = "second"\nendpoint = "simulator"\n')
    Vault().store("second", await logged_in(exchange))
    Vault().forget("default")
    assert await run() == 0
    assert "simulator answers in " in capfd.readouterr().out


@pytest.mark.parametrize("arguments", [("--endpoint", "nowhere"), ("--account", "../etc")])
async def test_a_wrong_name_is_one_sentence(arguments: tuple[str, str]) -> None:
    with pytest.raises(UserError, match=r"^(no endpoint 'nowhere'|'\.\./etc' names no account)"):
        await run(*arguments)


async def test_a_terminal_shows_words_and_colours_and_breaks_long_lines(
    exchange: SimulatedExchange, home: Path
) -> None:
    await logged_in(exchange)
    exchange.handshakes.refuse(HTTPStatus.FORBIDDEN)
    with in_terminal(home, 60, 70) as terminal:
        assert await asyncio.to_thread(terminal.wait_exit) == 1
    assert b"\x1b[32m  ok " in terminal.received
    assert b"\x1b[1;31m  failed " in terminal.received
    assert b"\x1b[33m  warning " in terminal.received
    lines = [line.rstrip() for line in terminal.lines]
    start = lines.index("  failed   market data    the API key has no market-data")
    assert lines[start + 1] == "                          plan: the socket refuses a live"
    assert "looking" not in terminal.text
    assert "  ok       terminal       60x70" not in terminal.text
    assert "  warning  terminal       60x70; make it 80x24 or larger" in terminal.text


async def test_ctrl_c_ends_it_at_once_with_130(exchange: SimulatedExchange, home: Path) -> None:
    await logged_in(exchange)
    exchange.rest.faults.delay = 60
    with in_terminal(home, 80, 24) as terminal:
        await asyncio.to_thread(terminal.wait_for, "looking")
        terminal.press("\x03")
        assert await asyncio.to_thread(terminal.wait_exit) == 130
    assert "Traceback" not in terminal.text


def test_what_the_output_cannot_show_is_replaced(home: Path) -> None:
    abroad = home.with_name("zu hause bei Jürgen")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--endpoint", "simulator"],
        capture_output=True,
        env={**os.environ, **ENVIRONMENT, "KITETUI_HOME": str(abroad), "PYTHONIOENCODING": "ascii"},
        timeout=60,
    )
    assert done.stderr == b""
    assert b"zu hause bei J?rgen" in done.stdout
    assert done.returncode == 1


def test_the_command_loads_nothing_heavy_before_it_runs() -> None:
    program = "import sys, kitetui.cli.doctor; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert not set(done.stdout.split()) & {"httpx", "keyring", "h11", "numpy", "textual", "websockets"}
