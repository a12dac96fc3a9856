"""The monitor on a login that is kept: nothing secret of it is on the screen, in an export or in the log."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from kitetui.account import Secrets, Vault
from kitetui.cli.monitor import GO_LIVE, open_monitor
from kitetui.cli.run import Run, choose_run
from kitetui.config import Config
from kitetui.feed import FeedState
from kitetui.logs import hide
from kitetui.market.calendarfile import load_calendar
from kitetui.simulator import SimulatedExchange
from kitetui.times import ist_today
from kitetui.tui import MonitorApp
from tests.account.helpers import SECRETS, service_of

VALUES = (SECRETS.api_key, SECRETS.api_secret, SECRETS.access_token)
PATIENCE = 30.0


async def a_run(vault: Vault, config: Config | None = None) -> Run:
    """A run as of `kitetui -s NSE:INFY --connections 1`."""
    return await choose_run(
        feed=None,
        ws_url=None,
        account=None,
        endpoint=None,
        symbols=["NSE:INFY"],
        mode=None,
        connections=1,
        duration=None,
        wait=False,
        simulate=True,
        config=config or Config(),
        vault=vault,
        calendar=load_calendar(),
        today=ist_today(),
    )


async def kept_at(exchange: SimulatedExchange, login: Secrets = SECRETS) -> Run:
    """Keep a login at the exchange, and make a run of it."""
    vault = Vault(environment={}, hide=hide)
    vault.store("default", replace(login, endpoint="simulator"))
    return await a_run(vault, Config(endpoints=(service_of(exchange),)))


def drive(monkeypatch: pytest.MonkeyPatch, pilot_does: Any) -> None:
    """Have the monitor run without a terminal, under a pilot."""

    async def without_a_terminal(self: MonitorApp) -> None:
        await App.run_async(self, headless=True, size=(160, 40), auto_pilot=pilot_does)

    monkeypatch.setattr(MonitorApp, "run_async", without_a_terminal)
    monkeypatch.setattr("kitetui.cli.monitor.end_with_terminal", lambda ended, is_recording: None)


async def until(pilot: Pilot[None], what: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not what():
            await pilot.pause(0.02)


def files_below(*folders: Path) -> dict[Path, str]:
    return {
        file: file.read_text(errors="replace")
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file()
    }


async def test_no_secret_of_a_login_is_shown_exported_or_logged(
    monkeypatch: pytest.MonkeyPatch, home: Path, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    async with SimulatedExchange(
        rest_port=0, api_key=SECRETS.api_key, access_token=SECRETS.access_token
    ) as exchange:

        async def look_everywhere(pilot: Pilot[None]) -> None:
            app = pilot.app
            assert isinstance(app, MonitorApp)
            manager = app.monitor.manager
            await until(pilot, lambda: manager.get_status().state is FeedState.LIVE)
            exchange.expire_token("of another login")
            exchange.clients[0].drop()
            await until(pilot, lambda: manager.get_status().state is FeedState.DOWN)
            logging.getLogger("kitetui").error("a library says %s and %s", *VALUES[1:])
            for key in ("E", "e", "c", "E", "l"):
                await pilot.press(key)
                await pilot.pause(0.1)
            await until(pilot, lambda: len(list(tmp_path.glob("*.svg"))) == 2)
            screen = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
            (tmp_path / "screen.txt").write_text(screen)
            app.exit()

        drive(monkeypatch, look_everywhere)
        run = await kept_at(exchange)
        async with asyncio.timeout(PATIENCE):
            await open_monitor(run)
    found = files_below(home / "log", home / "config", tmp_path)
    assert any(file.suffix == ".csv" for file in found)
    assert any("login refused (403)" in text for file, text in found.items() if file.suffix == ".log")
    assert any("a library says [hidden] and [hidden]" in text for text in found.values())
    assert any("LOGIN&#160;REFUSED" in text for file, text in found.items() if file.suffix == ".svg")
    assert [(file, value) for file, text in found.items() for value in VALUES if value in text] == []
    assert not [value for value in VALUES if value in repr(run)]


async def told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, run: Run, state: FeedState = FeedState.LIVE
) -> list[str]:
    """What the monitor has told by the time that its feed is in this state."""
    told: list[str] = []

    async def look(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, MonitorApp)
        await until(pilot, lambda: app.monitor.manager.get_status().state is state)
        await pilot.pause()
        told.extend(notification.message for notification in app._notifications)
        app.exit()

    drive(monkeypatch, look)
    async with asyncio.timeout(PATIENCE):
        await open_monitor(run)
    return told


@pytest.mark.parametrize("issued_at", [1_795_000_000.0, None])
async def test_a_token_that_has_ended_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, issued_at: float | None
) -> None:
    async with SimulatedExchange(rest_port=0, api_key=SECRETS.api_key, access_token="another") as exchange:
        run = await kept_at(exchange, replace(SECRETS, issued_at=issued_at))
        told = await told_at_the_start(monkeypatch, run, FeedState.DOWN)
    ended = "the access token ended on Thu 06:00 IST; log in with kitetui login"
    assert (ended in told) is (issued_at is not None)


async def test_who_has_no_login_is_told_how_to_go_live(monkeypatch: pytest.MonkeyPatch) -> None:
    assert GO_LIVE in await told_at_the_start(monkeypatch, await a_run(Vault(environment={})))
