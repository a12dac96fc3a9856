"""Changed digits stand out for a moment: never those of an answer, and never a whole screen at once."""

from __future__ import annotations

import numpy as np
import pytest

from kitetui.tui.render.spans import Style
from kitetui.tui.widgets.table import FLASH_SECONDS, WatchTable
from kitetui.wire import TickBatch, layout

SYMBOLS = ["NSE:INFY", "NSE:TCS", "NSE:SBIN", "NSE:MRF", "NSE:IDEA", "NSE:HDFCBANK"]


@pytest.fixture
async def session(run):
    async with run(size=(80, 15), symbols=SYMBOLS) as session:
        session.app.animation_level = "full"
        session.table = session.app.screen.query_one(WatchTable)
        change(session, SYMBOLS, 0)
        session.table.update_rows()
        yield session


def change(session, symbols, paise, *, marked=False):
    """Let these symbols tick, so many paise higher; `marked`: by what may be an answer of the server."""
    cache = session.monitor.cache
    for symbol in symbols:
        token = next(
            each.instrument_token for each in session.monitor.watchlist.instruments if each.key == symbol
        )
        tick, row = cache.tick(token), cache.row_of(token)
        changed = list(tick.words)
        changed[layout.LAST_PRICE] += paise
        words, lengths = np.array([changed], np.int32), np.array([tick.length], np.uint8)
        cache.apply(
            TickBatch(words, lengths, np.zeros(1, np.int32)),
            np.array([int(session.monitor.now() * 1e9)]),
            np.array([marked]),
            session.clock.elapsed,
            connection=int(cache.connections[row]),
            sequence=int(cache.sequences[row]) + 1000,
        )


def flashing(session):
    """How many visible rows have flashing digits, and in which styles."""
    table = session.table
    table.update_rows()
    styles = {
        style: table.get_component_rich_style(f"style--{style}").bgcolor
        for style in (Style.FLASH_UP, Style.FLASH_DOWN)
    }
    rows = [table.render_line(y) for y in range(1, 1 + len(SYMBOLS))]
    return sum(any(segment.style.bgcolor in styles.values() for segment in row) for row in rows)


async def test_a_price_that_changed_flashes(session):
    change(session, SYMBOLS[:1], 5)
    assert flashing(session) == 1


async def test_a_flash_goes_out_though_the_clock_of_the_market_stands(session):
    change(session, SYMBOLS[:1], 5)
    assert flashing(session) == 1
    lit = session.monitor.stopwatch()
    session.monitor.stopwatch = lambda: lit + FLASH_SECONDS
    assert flashing(session) == 0


async def test_a_tick_that_leaves_the_price_alone_does_not(session):
    change(session, SYMBOLS[:1], 0)
    assert flashing(session) == 0


async def test_a_tick_that_may_be_an_answer_never_flashes(session):
    change(session, SYMBOLS[:1], 5, marked=True)
    assert flashing(session) == 0


async def test_news_after_an_answer_flashes(session):
    change(session, SYMBOLS[:1], 5, marked=True)
    assert flashing(session) == 0
    change(session, SYMBOLS[:1], 5)
    assert flashing(session) == 1


async def test_when_most_rows_change_at_once_none_flashes(session):
    change(session, SYMBOLS, 5)
    assert flashing(session) == 0


async def test_without_animations_nothing_flashes(session):
    session.app.animation_level = "none"
    change(session, SYMBOLS[:1], 5)
    assert flashing(session) == 0
