"""The app against a real exchange on the loopback: what a user sees after each key."""

from __future__ import annotations

import asyncio
import gc

import pytest
from textual._styles_cache import StylesCache

from kitetui.feed import BrokerMessage, FeedState, ServerError
from kitetui.instruments import simulated_instruments
from kitetui.tui.groups import Watchlist
from kitetui.tui.layout import Pane
from kitetui.tui.rows import NEVER_TICKED, SILENT_AFTER
from kitetui.tui.screens.add import AddScreen
from kitetui.tui.screens.reading import ReadingScreen
from kitetui.tui.widgets.arrangement import Panes
from kitetui.tui.widgets.table import WatchTable
from kitetui.wire import Mode
from tests.tui.conftest import line_of

TWO = ["NSE:INFY", "NSE:TCS"]


def shown(session):
    return set(session.app.screen.query_one(Panes).places)


async def test_the_default_watchlist_is_live_and_every_symbol_has_a_price(run):
    async with run() as session:
        text = session.screen()
        assert "● LIVE 2/2" in text.splitlines()[0]
        for instrument in session.monitor.watchlist.instruments:
            assert instrument.tradingsymbol in text
            assert "…" not in line_of(session, instrument.tradingsymbol)


async def test_prices_on_the_screen_follow_the_market(run):
    async with run() as session:
        before = session.screen()
        await session.step()
        assert session.screen() != before


async def test_the_selected_symbols_depth_and_quote_follow_the_cursor(run):
    async with run(symbols=["NSE:INFY", "NSE:TCS", "NSE:NIFTY 50"]) as session:
        assert "INFY · NSE · full" in session.screen()
        assert "spread" in session.screen()
        await session.pilot.press("j")
        assert "TCS · NSE · full" in session.screen()
        await session.pilot.press("down")
        assert "Indices have no order book" in session.screen()
        await session.pilot.press("g")
        assert "INFY · NSE · full" in session.screen()
        await session.pilot.press("G", "k", "up")
        assert "INFY · NSE · full" in session.screen()


async def test_a_symbol_is_added_by_name_and_ticks_without_a_reconnect(run):
    async with run(symbols=TWO) as session:
        await session.pilot.press("a", *"sbin", "enter")
        assert isinstance(session.app.screen, AddScreen)
        assert "added NSE:SBIN" in session.screen()
        assert "3 of 6,000" in session.screen()
        await session.pilot.press("escape")
        await session.settle()
        assert "SBIN · NSE · full" in session.screen()
        assert all(each.reconnects == 0 for each in session.manager.get_stats().connections)


async def test_a_symbol_is_added_by_its_token(run):
    async with run(symbols=TWO) as session:
        await session.pilot.press("a", *"779521", "enter", "escape")
        await session.settle()
        assert "SBIN · NSE · full" in session.screen()


async def test_the_marked_suggestion_is_the_one_that_is_added(run):
    async with run(symbols=TWO) as session:
        await session.pilot.press("a", *"reliance", "down", "enter", "escape")
        assert session.monitor.watchlist.selected.key == "BSE:RELIANCE"


async def test_an_unknown_symbol_is_said_in_the_dialog(run):
    async with run(symbols=TWO) as session:
        await session.pilot.press("a", *"zzzz", "enter")
        assert "no ZZZZ" in session.screen()
        assert len(session.monitor.watchlist) == 2


async def test_a_duplicate_moves_the_cursor_to_the_row_that_is_there(run):
    async with run(symbols=TWO) as session:
        await session.pilot.press("a", *"tcs", "enter")
        assert "NSE:TCS is in the list already" in session.screen()
        assert session.monitor.watchlist.selected.tradingsymbol == "TCS"


async def test_more_than_fits_is_said_in_the_dialog_and_changes_nothing(run):
    async with run(symbols=TWO, symbols_each=1) as session:
        await session.pilot.press("a", *"sbin", "enter")
        assert "1 more symbols do not fit" in session.screen()
        assert len(session.monitor.watchlist) == 2
        assert session.manager.get_stats().symbols == 2


async def test_a_removed_symbol_is_unsubscribed_and_comes_back_where_it_was(run):
    async with run(symbols=TWO) as session:
        token = session.monitor.watchlist[0].instrument_token
        await session.pilot.press("m", "x")
        assert not line_of(session, "INFY")
        assert session.manager.mode_of(token) is None
        await session.pilot.press("u")
        assert session.monitor.watchlist[0].tradingsymbol == "INFY"
        assert session.manager.mode_of(token) is Mode.LTP


async def test_removing_everything_leaves_a_hint_and_an_idle_feed(run):
    async with run(symbols=["NSE:INFY"]) as session:
        await session.pilot.press("x", "x", "m", "j")
        assert "NO SYMBOLS" in session.screen().splitlines()[0]
        assert "No symbols here. Press a to add one" in session.screen()
        await session.pilot.press("u")
        await session.settle()
        assert "● LIVE 1/1" in session.screen()


async def test_the_mode_goes_round_and_the_screen_says_what_it_lacks(run):
    async with run(symbols=TWO) as session:
        token = session.monitor.watchlist[0].instrument_token
        for mode in (Mode.LTP, Mode.QUOTE):
            await session.pilot.press("m")
            assert session.manager.mode_of(token) is mode
            assert "depth needs full mode: press m" in session.screen()
            assert line_of(session, "INFY").count("·") >= 2
        await session.pilot.press("m")
        assert session.manager.mode_of(token) is Mode.FULL


async def test_narrow_screens_swap_depth_and_connections(run):
    async with run(size=(80, 24)) as session:
        assert Pane.DEPTH in shown(session)
        await session.pilot.press("c")
        assert Pane.DEPTH not in shown(session)
        assert "reconn" in session.screen()
        await session.pilot.press("d")
        assert Pane.DEPTH in shown(session)
        assert Pane.CONNECTIONS not in shown(session)
        await session.pilot.press("d")
        assert not {Pane.DEPTH, Pane.CONNECTIONS} & shown(session)


async def test_wide_screens_toggle_each(run):
    async with run() as session:
        await session.pilot.press("c")
        assert {Pane.DEPTH} == {Pane.DEPTH, Pane.CONNECTIONS} & shown(session)
        await session.pilot.press("d")
        assert not {Pane.DEPTH, Pane.CONNECTIONS} & shown(session)
        await session.pilot.press("c")
        await session.pilot.press("d")
        assert {Pane.DEPTH, Pane.CONNECTIONS} <= shown(session)


async def test_help_names_every_key_and_closes(run):
    async with run() as session:
        await session.pilot.press("question_mark")
        assert isinstance(session.app.screen, ReadingScreen)
        assert "Remove the selected or marked symbols." in session.screen()
        await session.pilot.press("question_mark")
        assert not isinstance(session.app.screen, ReadingScreen)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quitting_stops_the_manager_and_leaves_no_task(run, key):
    before = asyncio.all_tasks()
    async with run() as session:
        await session.pilot.press(key)
        await session.until(lambda: not session.app.is_running)
    assert session.manager.get_status().state is FeedState.IDLE
    assert not [task for task in asyncio.all_tasks() - before if "kitetui" in task.get_name()]


async def test_the_app_ends_by_itself_after_its_duration(run):
    async with run(duration=0.05, settle=False) as session:
        await session.until(lambda: not session.app.is_running)


async def test_a_click_selects_a_row_and_a_click_on_a_key_does_what_it_says(run):
    async with run(symbols=[*TWO, "NSE:SBIN"]) as session:
        await session.pilot.click(WatchTable, offset=(10, 4))
        assert session.monitor.watchlist.selected.tradingsymbol == "SBIN"
        await session.pilot.click("#keys", offset=(9, 0))
        await session.until(lambda: isinstance(session.app.screen, AddScreen))


async def test_the_wheel_scrolls_and_leaves_the_selection(run):
    async with run(size=(80, 24)) as session:
        selected = session.monitor.watchlist.selected
        table = session.app.screen.query_one(WatchTable)
        table.scroll_down(animate=False)
        await session.until(lambda: table.scroll_offset.y == 1)
        assert not line_of(session, "NIFTY 50")
        assert session.monitor.watchlist.selected == selected


async def test_the_cursor_stays_in_sight_from_end_to_end(run):
    async with run(size=(80, 24)) as session:
        for key, symbol in (
            ("G", "GOLDM26DECFUT"),
            ("g", "NIFTY 50"),
            ("ctrl+d", "INFY"),
            ("pageup", "NIFTY 50"),
        ):
            await session.pilot.press(key)
            assert session.monitor.watchlist.selected.tradingsymbol == symbol
            assert line_of(session, symbol)


async def test_nine_thousand_symbols_draw_only_what_is_visible(run):
    async with run() as session:
        rows = []
        make = session.monitor.rows.row
        session.monitor.groups.replace([Watchlist(simulated_instruments(9000), "All")])
        session.monitor.rows.row = lambda *arguments: rows.append(1) or make(*arguments)
        session.app.screen.query_one(WatchTable).update_rows()
        assert 0 < len(rows) <= 40


async def test_resizing_goes_through_every_arrangement(run):
    async with run() as session:
        for size, expected in (
            ((80, 24), "ORD"),
            ((200, 60), "HIGH"),
            ((52, 12), "terminal too small: need 60x15, have 52x12"),
            ((60, 15), "RELIANCE"),
            ((120, 40), "Connections"),
        ):
            await session.pilot.resize_terminal(*size)
            await session.until(lambda expected=expected: expected in session.screen())


async def test_a_lost_connection_freezes_its_rows_and_cannot_look_live(run):
    async with run(connections=1, symbols=TWO) as session:
        await session.step()
        await session.exchange.__aexit__(None, None, None)
        await session.until(lambda: session.manager.get_status().state is FeedState.RETRYING)
        await session.until(lambda: "! RETRY" in session.screen())
        assert "LIVE" not in session.screen().splitlines()[0]
        assert "!0s" in line_of(session, "INFY")
        assert any("ws1 lost" in each.text for each in session.monitor.events.log.last())
        assert "! retrying" in session.screen()


async def test_a_refused_login_is_said_with_what_to_do_and_never_with_the_token(run):
    async with run(connections=1, symbols=TWO, access_token="dead-token", settle=False) as session:
        await session.until(lambda: session.manager.get_status().state is FeedState.DOWN)
        await session.until(lambda: "✗ LOGIN REFUSED" in session.screen().splitlines()[0])
        assert "✗ down" in session.screen()
        assert "dead-token" not in session.screen()


async def test_what_a_server_says_is_shown_and_cannot_touch_the_terminal(run):
    async with run(size=(200, 60), symbols=TWO) as session:
        said = "[red]Can't\x1b[2J subscribe\u202e to more"
        session.monitor.take(ServerError(0, said, 0))
        session.monitor.take(BrokerMessage(0, "scheduled [bold]maintenance[/]", 0))
        await session.pilot.pause()
        text = session.screen()
        assert "server: [red]Can't" in text
        assert "[bold]maintenance[/]" in text
        assert not set("\x1b\u202e") & set(text)


async def test_a_server_that_complains_without_end_fills_the_log_and_not_the_screen(run):
    async with run(symbols=TWO) as session:
        for number in range(200):
            session.monitor.take(ServerError(0, f"complaint {number}", 0))
        assert len(session.app._notifications) <= 4
        assert session.monitor.events.log.last(1)[0].text.endswith("complaint 199")


async def test_a_crash_prints_no_traceback_and_is_kept_for_the_log(run):
    async with run(symbols=TWO) as session:
        bug = RuntimeError("a bug")
        try:
            raise bug
        except RuntimeError:
            session.app._fatal_error()
        assert not session.app._exit_renderables
        assert session.app.crash is bug


UNKNOWN = "31604737"
"""A token of a share that the exchange does not know: it answers with neither a tick nor an error."""


async def add_unknown(session):
    await session.pilot.press("a", *UNKNOWN, "enter", "escape")
    return session.monitor.watchlist.selected.instrument_token


async def test_a_token_that_nobody_knows_says_so_in_its_row_once_it_is_late(run):
    async with run(symbols=TWO) as session:
        await session.pilot.press("a", *UNKNOWN, "enter")
        assert f"added NSE:{UNKNOWN} " in session.screen()
        await session.pilot.press("escape")
        assert line_of(session, UNKNOWN).split("│")[1].split() == ["▌", UNKNOWN, "…"]
        session.clock.go_on(SILENT_AFTER)
        assert f"! {NEVER_TICKED}" in line_of(session, UNKNOWN)
        assert "!" not in line_of(session, "INFY")


async def test_what_the_server_refuses_is_seen_in_the_row_it_concerns(run):
    async with run(symbols=TWO) as session:
        connection = session.manager.connection_of(await add_unknown(session))
        refusal = "Can't subscribe to more than 3000 instruments."
        session.monitor.take(ServerError(connection, refusal, 0))
        assert f"! server: {refusal}" in line_of(session, UNKNOWN)
        assert "server" not in line_of(session, "INFY")


@pytest.mark.landing
async def test_a_dialog_that_was_closed_leaves_nothing_behind(run):
    async with run(symbols=TWO) as session:
        for keys in (("s", "escape"), ("question_mark", "escape"), ("f", "escape")):
            await session.pilot.press(*keys)
            before = drawn_lines()
            for _ in range(3):
                await session.pilot.press(*keys)
            await session.until(lambda before=before: drawn_lines() <= before)


def drawn_lines():
    """How many caches of drawn lines there are."""
    gc.collect()
    return sum(isinstance(each, StylesCache) for each in gc.get_objects())
