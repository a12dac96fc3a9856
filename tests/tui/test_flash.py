"""Changed digits stand out for a moment: never those of a kept tick, and never a whole screen at once."""

from __future__ import annotations

import numpy as np
import pytest

from kitetui.tui.paint.ink import Ink
from kitetui.tui.widgets.table import FLASH_SECONDS, WatchTable
from kitetui.wire import TickBatch, layout

SYMBOLS = ["NSE:INFY", "NSE:TCS", "NSE:SBIN", "NSE:MRF", "NSE:IDEA", "NSE:HDFCBANK"]


@pytest.fixture
async def session(run):
    async with run(size=(80, 15), symbols=SYMBOLS) as session:
        session.app.animation_level = "full"
        session.table = session.app.screen.query_one(WatchTable)
        for _ in range(2):  # the second tick of each is a live one
            change(session, SYMBOLS, 0)
            session.table.update_rows()
        yield session


def change(session, symbols, paise):
    """Let these symbols tick, so many paise higher."""
    words, lengths = [], []
    for symbol in symbols:
        token = next(
            each.instrument_token for each in session.monitor.watchlist.instruments if each.key == symbol
        )
        tick = session.monitor.cache.tick(token)
        changed = list(tick.words)
        changed[layout.LAST_PRICE] += paise
        words.append(changed)
        lengths.append(tick.length)
    batch = TickBatch(np.array(words, np.int32), np.array(lengths, np.uint8), np.zeros(len(words), np.int32))
    session.monitor.cache.apply(batch, np.full(len(words), int(session.monitor.now() * 1e9)))


def flashing(session):
    """How many visible rows have flashing digits, and in which inks."""
    table = session.table
    table.update_rows()
    styles = {
        ink: table.get_component_rich_style(f"ink--{ink}").bgcolor for ink in (Ink.FLASH_UP, Ink.FLASH_DOWN)
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


async def test_a_kept_tick_never_flashes(session):
    session.monitor.cache.mark_subscribed([session.monitor.watchlist[0].instrument_token])
    change(session, SYMBOLS[:1], 5)
    assert flashing(session) == 0


async def test_when_most_rows_change_at_once_none_flashes(session):
    change(session, SYMBOLS, 5)
    assert flashing(session) == 0


async def test_without_animations_nothing_flashes(session):
    session.app.animation_level = "none"
    change(session, SYMBOLS[:1], 5)
    assert flashing(session) == 0
