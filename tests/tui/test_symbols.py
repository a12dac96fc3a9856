"""What is watched, by many names at once, and what came after a symbol that is gone."""

from __future__ import annotations

from datetime import date

import pytest

from kitetui.config import Config, Entry, Group
from kitetui.instruments import Universe
from kitetui.paths import config_folder
from kitetui.tui.settings import Settings
from kitetui.wire import Mode

TWO = ["NSE:INFY", "NSE:TCS"]
GONE = Entry("NFO:NIFTY26NOV25000CE", Mode.LTP)
NEXT = "NFO:NIFTY26DEC25000CE"
UNKNOWN = Entry("NSE:NOBODY")
DAY = date(2026, 12, 5)


def set_aside(*entries):
    """What a start on that day sets aside of a group with these entries, all of them behind INFY."""
    group = Group("Core", (Entry("NSE:INFY"), *entries))
    (watchlist,) = Settings(Config(groups=(group,))).lists(Universe.load().tradable_on(DAY)).groups
    return watchlist.set_aside


def told(session):
    """The last thing that the user was told."""
    return list(session.app._notifications)[-1].message


async def test_what_a_set_stands_for_is_added_at_once(run):
    folder = config_folder() / "sets"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("NSE:SBIN\nNSE:TCS  # there already\nBSE:INFY\n")
    async with run(symbols=TWO) as session:
        await session.pilot.press("a", *"@mine", "enter")
        assert "added 2 symbols" in session.screen()
        assert [each.key for each in session.monitor.watchlist] == [*TWO, "NSE:SBIN", "BSE:INFY"]


async def test_a_set_that_does_not_fit_changes_nothing_and_says_how_many_there_are(run):
    async with run(symbols=TWO, symbols_each=5) as session:
        await session.pilot.press("a", *"@nifty50", "enter")
        assert "47 more symbols do not fit" in session.screen()
        assert len(session.monitor.watchlist) == 2


async def test_a_pattern_is_added_whole_and_a_second_time_not_at_all(run):
    async with run(symbols=TWO) as session:
        await session.pilot.press("a", *"nse:tata*")
        assert "Enter adds all that this stands for" in session.screen()
        await session.pilot.press("enter")
        added = {each.tradingsymbol for each in session.monitor.watchlist} - {"INFY", "TCS"}
        assert len(added) > 2
        assert all(name.startswith("TATA") for name in added)
        await session.pilot.press(*"nse:tata*", "enter")
        assert f"{len(added)} symbols are in the list already" in session.screen()


@pytest.mark.parametrize(("typed", "said"), [("@nobody", "no set @nobody"), ("nse:zz*", "no symbol is like")])
async def test_a_name_for_nothing_is_said(run, typed, said):
    async with run(symbols=TWO) as session:
        await session.pilot.press("a", *typed, "enter")
        assert said in session.screen()


def test_a_contract_that_ended_is_set_aside_with_what_came_after_it():
    (gone,) = set_aside(GONE)
    assert gone.entry == GONE
    assert gone.successor.key == NEXT
    assert gone.why == f"{GONE.symbol} has expired; the next is {NEXT}"


async def test_what_came_after_is_offered_at_the_start_and_takes_the_place_with_one_key(run):
    async with run(symbols=TWO, set_aside=set_aside(GONE)) as session:
        assert "U watches what came after" in told(session)
        await session.pilot.press("U")
        assert [each.key for each in session.monitor.watchlist] == ["NSE:INFY", NEXT, "NSE:TCS"]
        assert session.manager.mode_of(session.monitor.watchlist[1].instrument_token) is Mode.LTP
        assert not session.monitor.watchlist.set_aside


async def test_a_name_without_a_successor_is_kept_and_said(run):
    async with run(symbols=TWO, set_aside=set_aside(UNKNOWN, GONE)) as session:
        assert "2 symbols are not shown, l says why" in told(session)
        await session.pilot.press("U")
        assert [each.entry for each in session.monitor.watchlist.set_aside] == [UNKNOWN]
        await session.pilot.press("U")
        assert "no symbol here has a successor" in told(session)


async def test_successors_that_do_not_fit_change_nothing(run):
    async with run(symbols=TWO, symbols_each=1, set_aside=set_aside(GONE)) as session:
        await session.pilot.press("U")
        assert [each.entry for each in session.monitor.watchlist.set_aside] == [GONE]
        assert session.manager.get_stats().symbols == 2
