"""Finding, grouping, sorting, filtering, choosing columns and holding still, key by key."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.config import Config
from kitetui.config import Sort as NamedSort
from kitetui.tui.layout import Column
from kitetui.tui.rows import RowState
from kitetui.tui.screens.add import AddScreen
from kitetui.tui.screens.columns import ColumnsScreen
from kitetui.tui.screens.dialogs import PromptScreen
from kitetui.tui.settings import Settings
from kitetui.tui.widgets.table import WatchTable
from kitetui.wire import Mode
from tests.tui.conftest import line_of

THREE = ["NSE:TCS", "NSE:INFY", "NSE:SBIN"]


def shown(session):
    return [each.tradingsymbol for each in session.monitor.watchlist.shown]


def selected(session):
    return session.monitor.watchlist.selected.tradingsymbol


async def test_finding_goes_there_as_one_types_and_esc_goes_back(run):
    async with run() as session:
        before = selected(session)
        await session.pilot.press("slash", *"infosys")
        assert selected(session) == "INFY"
        await session.pilot.press("escape")
        assert selected(session) == before
        await session.pilot.press("slash", *"26dec", "enter")
        assert selected(session) == "NIFTY26DECFUT"
        await session.pilot.press("n")
        assert selected(session) == "NIFTY26DEC25000CE"
        await session.pilot.press("N")
        assert selected(session) == "NIFTY26DECFUT"


async def test_what_is_not_there_is_said_while_typing_and_is_not_taken(run):
    async with run(symbols=THREE) as session:
        await session.pilot.press("slash", *"zzz", "enter")
        assert isinstance(session.app.screen, PromptScreen)
        assert "not in this group" in session.screen()
        assert selected(session) == "TCS"


async def test_the_next_group_is_begun_filled_and_found_again(run):
    async with run(symbols=THREE) as session:
        await session.pilot.press("2")
        assert "No symbols here" in session.screen()
        await session.pilot.press("a", *"infy", "enter", *"reliance", "enter", "escape")
        assert shown(session) == ["INFY", "RELIANCE"]
        assert "▐2 List 2 2▌" in session.screen()
        await session.pilot.press("left_square_bracket")
        assert shown(session) == ["TCS", "INFY", "SBIN"]
        await session.pilot.press("right_square_bracket")
        assert shown(session) == ["INFY", "RELIANCE"]
        await session.pilot.press("R", "ctrl+u", *"Mine", "enter")
        assert "2 Mine 2" in session.screen()


async def test_a_click_on_a_group_shows_it(run):
    async with run(symbols=THREE) as session:
        await session.pilot.press("2", "a", *"reliance", "enter", "escape")
        await session.pilot.click("#groups", offset=(4, 0))
        assert session.monitor.groups.number == 1


async def test_a_symbol_in_two_groups_streams_until_neither_has_it(run):
    async with run(symbols=THREE) as session:
        token = session.monitor.watchlist[1].instrument_token
        await session.pilot.press("2", "a", *"infy", "enter", "escape", "x")
        assert session.manager.mode_of(token) is Mode.FULL
        await session.pilot.press("1", "j", "x")
        assert session.manager.mode_of(token) is None


async def test_sorting_keeps_the_selection_and_reverses(run):
    async with run(symbols=THREE) as session:
        await session.pilot.press("s", "j", "enter")
        assert shown(session) == ["INFY", "SBIN", "TCS"]
        assert selected(session) == "TCS"
        assert "SYMBOL ↑" in session.screen()
        await session.pilot.press("S")
        assert shown(session) == ["TCS", "SBIN", "INFY"]
        assert "SYMBOL ↓" in session.screen()
        await session.pilot.press("s", "k", "enter")
        assert shown(session) == ["TCS", "INFY", "SBIN"]


async def test_a_click_on_a_heading_sorts_reverses_and_lets_go(run):
    async with run(symbols=THREE) as session:
        prices = {
            each.tradingsymbol: session.monitor.row(each).figures.ltp
            for each in session.monitor.watchlist.shown
        }
        falling = sorted(prices, key=prices.get, reverse=True)
        for expected in (falling, falling[::-1], ["TCS", "INFY", "SBIN"]):
            await session.pilot.click(WatchTable, offset=(26, 1))
            assert shown(session) == expected


async def test_a_filter_is_followed_while_typing_and_a_bad_one_is_marked(run):
    async with run(symbols=THREE) as session:
        await session.pilot.press("f", *"ltp>2000 ")
        assert shown(session) == ["TCS"]
        await session.pilot.press(*"chgg>2")
        assert 'no field "chgg"' in session.screen()
        await session.pilot.press("enter")
        assert isinstance(session.app.screen, PromptScreen)
        await session.pilot.press("escape")
        assert shown(session) == ["TCS", "INFY", "SBIN"]
        await session.pilot.press("f", *"infy", "enter")
        assert "infy · 1 of 3" in session.screen()
        await session.pilot.press("F")
        assert shown(session) == ["TCS", "INFY", "SBIN"]


async def test_a_filter_that_nothing_passes_says_how_to_be_rid_of_it(run):
    async with run(symbols=THREE) as session:
        await session.pilot.press("f", *"ltp<0", "enter")
        assert "F shows all again" in session.screen()
        await session.pilot.press("escape")
        assert len(shown(session)) == 3


async def test_columns_are_chosen_and_seen_at_once(run):
    async with run(symbols=THREE) as session:
        table = session.app.screen.query_one(WatchTable)
        await session.pilot.press("o", "j", "j", "j", "space", "J")
        assert isinstance(session.app.screen, ColumnsScreen)
        assert Column.VOLUME not in table.columns
        assert line_of(session, "TCS").count("L") == 0
        await session.pilot.press("escape")
        assert Column.VOLUME in table.columns
        await session.pilot.press("o", "j", "j", "K", "K", "enter")
        assert table.columns[:3] == (Column.SYMBOL, Column.PERCENT, Column.LTP)


async def test_the_last_price_cannot_be_hidden(run):
    async with run(symbols=THREE) as session:
        await session.pilot.press("o", "space", "enter")
        assert Column.LTP in session.app.screen.query_one(WatchTable).columns


async def test_a_held_display_stands_still_and_cannot_look_live_while_ticks_go_on(run):
    async with run(symbols=THREE) as session:
        await session.step()
        await session.pilot.press("space")
        held = line_of(session, "TCS")
        await session.step()
        assert "HELD" in session.screen().splitlines()[0]
        assert line_of(session, "TCS")[:40] == held[:40]
        assert "‖0s" in line_of(session, "TCS")
        row = session.monitor.selected_row()
        assert row.freshness.state is RowState.HELD
        assert row.is_dim
        await session.pilot.press("space")
        assert "HELD" not in session.screen()
        assert "‖" not in line_of(session, "TCS")


async def test_marked_symbols_are_acted_on_together(run):
    async with run(symbols=THREE) as session:
        await session.pilot.press("v", "v", "m")
        modes = [
            session.manager.mode_of(each.instrument_token) for each in session.monitor.watchlist.instruments
        ]
        assert modes == [Mode.LTP, Mode.LTP, Mode.FULL]
        assert "2 marked" in session.screen()
        await session.pilot.press("y")
        assert session.app.clipboard == "NSE:TCS,NSE:INFY"
        await session.pilot.press("x")
        assert shown(session) == ["SBIN"]
        await session.pilot.press("u")
        assert shown(session) == ["TCS", "INFY", "SBIN"]
        await session.pilot.press("g", "v", "escape")
        assert not session.monitor.watchlist.marked


async def test_the_detail_gives_the_screen_to_one_symbol_and_esc_gives_it_back(run):
    for size in ((80, 24), (120, 40), (200, 60)):
        async with run(size=size, symbols=THREE) as session:
            await session.pilot.press("enter")
            assert "ATP" in session.screen()
            assert "spread" in session.screen()
            assert "SYMBOL" not in session.screen()
            await session.pilot.press("escape")
            assert line_of(session, "TCS")


async def test_the_log_is_read_and_closed(run):
    async with run(symbols=THREE) as session:
        await session.pilot.press("m", "l")
        await session.until(lambda: "NSE:TCS in ltp mode" in session.screen())
        await session.pilot.press("l")
        assert len(session.app.screen_stack) == 1


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def the_one(folder: Path, pattern: str) -> Path:
    (written,) = (each for each in folder.glob(pattern) if ".gaps" not in each.name)
    return written


async def test_the_table_is_exported_as_it_is_seen(run, folder: Path):
    async with run(symbols=THREE) as session:
        await session.pilot.press("s", "j", "enter", "e")
        written = the_one(folder, "kitetui-*.csv")
        lines = written.read_text().splitlines()
        assert [line.split(",")[2] for line in lines] == ["tradingsymbol", "INFY", "SBIN", "TCS"]
        assert written.name in session.monitor.events.log.last()[-1].text


async def test_the_screen_is_exported_as_a_picture(run, folder: Path):
    async with run(symbols=THREE) as session:
        await session.pilot.press("E")
        written = the_one(folder, "kitetui-*.svg")
        assert "RELIANCE" not in written.read_text()
        assert "TCS" in written.read_text()


async def test_recording_is_started_shown_stopped_and_whole(run, folder: Path):
    async with run(symbols=THREE) as session:
        await session.pilot.press("r")
        await session.step()
        await session.until(lambda: session.app.recording.state.rows >= 3)
        assert "⏺ rec" in session.screen().splitlines()[0]
        await session.pilot.press("r")
        assert "⏺" not in session.screen().splitlines()[0]
        written = the_one(folder, "ticks-*.csv")
        rows = written.read_text().splitlines()[1:]
        assert len(rows) == session.app.recording.state.rows
        assert {row.split(",")[5] for row in rows} == {"TCS", "INFY", "SBIN"}


async def test_leaving_while_recording_asks_and_finishes_the_file(run, folder: Path):
    async with run(symbols=THREE) as session:
        await session.pilot.press("r")
        await session.step()
        await session.until(lambda: session.app.recording.state.rows >= 3)
        await session.pilot.press("q", "j", "enter")
        assert session.app.is_running
        await session.pilot.press("q", "enter")
        await session.until(lambda: not session.app.is_running)
    written = the_one(folder, "ticks-*.csv")
    assert len(written.read_text().splitlines()) == session.app.recording.state.rows + 1


async def test_the_palette_finds_a_command_by_what_it_does(run):
    async with run(symbols=THREE) as session:
        await session.pilot.press("colon", *"order book", "enter")
        await session.until(lambda: len(session.app.screen_stack) == 1)
        await session.until(lambda: "PRICE" not in session.screen())


async def test_themes_are_seen_while_they_are_gone_over_and_taken_or_not(run):
    async with run(symbols=THREE) as session:
        before = session.app.theme
        await session.pilot.press("T", *"amber")
        await session.until(lambda: session.app.theme == "kitetui-amber")
        await session.pilot.press("escape")
        await session.until(lambda: session.app.theme == before)
        await session.pilot.press("T", *"contrast")
        await session.until(lambda: session.app.theme == "kitetui-high-contrast")
        await session.pilot.press("enter")
        await session.until(lambda: len(session.app.screen_stack) == 1)
        assert session.app.theme == "kitetui-high-contrast"


async def test_keys_of_ones_own_take_the_place_of_the_usual_ones(run):
    settings = Settings(Config(keys={"remove": ("X",), "add": ("x",), "quit": ()}))
    async with run(symbols=THREE, settings=settings) as session:
        await session.pilot.press("q")
        assert session.app.is_running
        await session.pilot.press("delete")
        assert len(shown(session)) == 3
        await session.pilot.press("X")
        assert len(shown(session)) == 2
        await session.pilot.press("x")
        assert isinstance(session.app.screen, AddScreen)
        assert "x Add" in session.screen()


async def test_a_key_with_two_meanings_leaves_the_usual_ones_and_says_so(run):
    settings = Settings(Config(keys={"remove": ("a",)}))
    async with run(symbols=THREE, settings=settings) as session:
        assert "the key a is given to both" in session.monitor.events.log.last()[0].text
        await session.pilot.press("x")
        assert len(shown(session)) == 2


async def test_a_theme_that_is_not_there_is_said_and_the_default_is_used(run):
    async with run(symbols=THREE, settings=Settings(Config(theme="sunset"))) as session:
        assert "there is no theme sunset" in session.monitor.events.log.last()[0].text


async def test_the_sort_and_the_columns_of_the_configuration_hold_from_the_start(run):
    config = Config(sort=NamedSort("SYMBOL"), columns=("AGE", "LTP"))
    async with run(symbols=THREE, settings=Settings(config)) as session:
        assert shown(session) == ["INFY", "SBIN", "TCS"]
        columns = session.app.screen.query_one(WatchTable).columns
        assert columns == (Column.SYMBOL, Column.PERCENT, Column.AGE, Column.LTP)
