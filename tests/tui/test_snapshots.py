"""The whole screen in every state that it can be in, on a still market and a still clock.

Each state is kept as text; those that a person would look at as pictures too.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pytest
import textual
from pytest_textual_snapshot import SVGImageExtension
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from kitetui.feed import FeedState
from kitetui.market.calendarfile import load_calendar
from kitetui.tui.theme import DEFAULT_THEME, load_themes
from tests.tui.conftest import quick_looks, running
from tests.tui.rows import NOW
from tests.tui.tape import Tape

SIZES = [(80, 24), (120, 40), (200, 60)]
THEMES = [theme.name for theme in load_themes().themes]

DRAWN_WITH = Path(__file__).with_name("textual-of-the-pictures.txt").read_text().strip()

as_drawn = pytest.mark.skipif(
    textual.__version__ != DRAWN_WITH and "CI" not in os.environ,
    reason=f"the pictures are of Textual {DRAWN_WITH}, and this is {textual.__version__}",
)
at_every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@dataclass(frozen=True)
class Drawn:
    """A screen as text, and as the picture that a person would look at."""

    text: str
    svg: str


class TextExtension(SingleFileSnapshotExtension):
    """A file of plain text for each screen."""

    _file_extension = "txt"
    _write_mode = WriteMode.TEXT


async def drawn(session, keys=()):
    """Return the screen after these keys."""
    session.app.clear_notifications()
    await session.pilot.press(*keys)
    session.screen()
    await session.pilot.pause()
    lines = (line.rstrip() for line in session.screen().splitlines())
    return Drawn("\n".join(lines) + "\n", session.app.export_screenshot(title="kitetui"))


async def picture(size, keys=(), theme=None, **options):
    """Return the screen once the market has moved a little."""
    async with running(size=size, simulated=True, **options) as session:
        if theme is not None:
            session.app.theme = theme
        for _ in range(2):
            await session.step()
        return await drawn(session, keys)


async def one_connection_lost(size):
    async with running(size=size) as session:
        await session.step()
        session.exchange.handshakes.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        session.exchange.clients[1].drop()
        await session.until(lambda: session.manager.get_status().live == 1)
        # What it is told is in the picture too, and the next attempt is far.
        await session.until(lambda: "503" in session.monitor.events.log.last(1)[0].text)
        return await drawn(session)


async def login_refused(size):
    async with running(size=size, access_token="dead", settle=False) as session:
        await session.until(lambda: session.manager.get_status().state is FeedState.DOWN)
        return await drawn(session)


async def market_closed(size):
    sunday_evening = 1_795_357_800.0

    def trades(segments, lasting):
        return load_calendar().is_open(segments, sunday_evening, lasting)

    async with running(size=size, now=sunday_evening, market_is_open=trades) as session:
        return await drawn(session)


async def one_connection_mute(size):
    with quick_looks():
        async with running(size=size, market_is_open=lambda segments, lasting: True) as session:
            await session.tick_often()
            await session.fall_mute(1)
            return await drawn(session)


async def replayed(size, keys=()):
    """Return a replay that runs at ten times the pace."""
    async with running(size=size, replay=Tape(NOW, speed=10.0)) as session:
        for _ in range(2):
            await session.step()
        return await drawn(session, keys)


async def nothing_listed(size):
    async with running(size=size, symbols=[]) as session:
        return await drawn(session)


STATES = {
    "live": picture,
    "one-lost": one_connection_lost,
    "one-mute": one_connection_mute,
    "login-refused": login_refused,
    "closed": market_closed,
    "empty": nothing_listed,
    "replay": replayed,
    "detail": lambda size: picture(size, ["enter"]),
    "add": lambda size: picture(size, ["a", *"nifty 25000"]),
    "help": lambda size: picture(size, ["question_mark"]),
}
MOMENTS = {
    "held": ["space"],
    "filter": ["f", *"ltp<2000 nse:"],
    "columns": ["o"],
    "candles": ["enter", "t"],
    "connections": ["c"],
}


@at_every_size
@pytest.mark.parametrize("state", STATES)
def test_the_text_of_the_screen(state, size, snapshot):
    assert asyncio.run(STATES[state](size)).text == snapshot(extension_class=TextExtension)


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_text_of_the_narrow_screen(moment, snapshot):
    assert asyncio.run(picture((80, 24), MOMENTS[moment])).text == snapshot(extension_class=TextExtension)


@at_every_size
def test_the_text_of_the_screen_without_colours(size, snapshot, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert asyncio.run(picture(size)).text == snapshot(extension_class=TextExtension)


@as_drawn
@pytest.mark.parametrize("state", ["live", "detail", "one-lost", "login-refused", "help"])
def test_the_screen(state, snapshot):
    assert asyncio.run(STATES[state]((120, 40))).svg == snapshot(extension_class=SVGImageExtension)


@as_drawn
@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["narrow", "wide"])
def test_the_screen_at_another_size(size, snapshot):
    assert asyncio.run(picture(size)).svg == snapshot(extension_class=SVGImageExtension)


@as_drawn
def test_a_replay_that_is_paused(snapshot):
    assert asyncio.run(replayed((120, 40), ["space"])).svg == snapshot(extension_class=SVGImageExtension)


@as_drawn
def test_the_screen_without_colours(snapshot, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert asyncio.run(picture((120, 40))).svg == snapshot(extension_class=SVGImageExtension)


@as_drawn
@pytest.mark.parametrize("theme", [name for name in THEMES if name != DEFAULT_THEME])
def test_the_screen_in_a_theme(theme, snapshot):
    drawn = asyncio.run(picture((120, 40), ["v"], theme=theme))
    assert drawn.svg == snapshot(extension_class=SVGImageExtension)
