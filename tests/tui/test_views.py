"""A view of its own: its keys, what it has streamed, and the way back to the list."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.app import ComposeResult
from textual.binding import Binding

from kitetui.tui.render.spans import Line, Style
from kitetui.tui.views.list import ListView
from kitetui.tui.views.view import View
from kitetui.tui.widgets.painted import PaintedPane
from kitetui.wire import Mode

WATCHED = ["NSE:TCS", "NSE:INFY", "NSE:SBIN"]
TCS, INFY, RELIANCE, MRF = "NSE:TCS", "NSE:INFY", "NSE:RELIANCE", "NSE:MRF"


class Middle(PaintedPane):
    """What an empty view is about."""

    def paint(self, width: int, height: int) -> list[Line]:
        return [[("nothing here yet", Style.TEXT)]]


class EmptyView(View):
    """A view with keys that mean something else in the list, added without touching another file."""

    BINDINGS: ClassVar = [
        Binding(key, f"own('{key}')", show=False, priority=True) for key in ("s", "o", "enter", "j")
    ]

    needs: ClassVar[dict[str, Mode]] = {}

    def __init__(self, context) -> None:
        super().__init__(context)
        self.pressed: list[str] = []

    def compose_body(self) -> ComposeResult:
        yield Middle()

    def streamed(self):
        resolve = self.context.universe().resolve
        return {resolve(name).instrument_token: mode for name, mode in self.needs.items()}

    def action_own(self, key: str) -> None:
        self.pressed.append(key)

    def action_previous_group(self) -> None:
        self.pressed.append("before")

    def action_next_group(self) -> None:
        self.pressed.append("next")


def mode_of(session, name):
    return session.manager.mode_of(session.exchange.universe.resolve(name).instrument_token)


async def open_empty(session) -> EmptyView:
    await session.app.open_view(EmptyView)
    await session.pilot.pause()
    view = session.app.screen
    assert isinstance(view, EmptyView)
    return view


@pytest.fixture
def needs(monkeypatch):
    """Have the empty view need these."""
    return lambda needed: monkeypatch.setattr(EmptyView, "needs", needed)


async def test_a_view_has_keys_of_its_own_and_the_list_has_its_cursor_where_it_was(run):
    async with run(symbols=WATCHED) as session:
        await session.pilot.press("j")
        view = await open_empty(session)
        await session.pilot.press("s", "o", "enter", "j", "left_square_bracket", "right_square_bracket")
        assert view.pressed == ["s", "o", "enter", "j", "before", "next"]
        await session.pilot.press("escape")
        assert isinstance(session.app.screen, ListView)
        assert session.monitor.watchlist.selected.key == INFY
        assert not session.app.screen.panes.wish.detail


async def test_a_view_has_the_state_above_the_keys_below_and_what_it_is_about_between(run):
    async with run(symbols=WATCHED) as session:
        await open_empty(session)
        for view in session.app.screen_stack:
            view.draw()
        lines = session.screen().splitlines()
        assert "kitetui" in lines[0]
        assert any("nothing here yet" in line for line in lines[1:-1])
        assert "Quit" in lines[-1]
        assert "Add" not in lines[-1]


async def test_keys_that_all_views_share_work_in_each(run):
    async with run(symbols=WATCHED) as session:
        await open_empty(session)
        await session.pilot.press("question_mark")
        assert "Keys" in session.screen()
        await session.pilot.press("escape", "l")
        assert "Log" in session.screen()
        await session.pilot.press("escape", "2")
        assert isinstance(session.app.screen, ListView)
        assert "No symbols here" in session.screen()


async def test_what_a_view_needs_is_streamed_while_it_is_open_and_no_longer(run, needs):
    async with run(symbols=WATCHED) as session:
        needs({RELIANCE: Mode.QUOTE, TCS: Mode.LTP})
        await open_empty(session)
        assert (mode_of(session, RELIANCE), mode_of(session, TCS)) == (Mode.QUOTE, Mode.FULL)
        await session.pilot.press("escape")
        await session.until(lambda: mode_of(session, RELIANCE) is None)
        assert mode_of(session, TCS) is Mode.FULL


async def test_a_richer_mode_that_a_view_needs_goes_back_with_it(run, needs):
    async with run(symbols=WATCHED) as session:
        await session.pilot.press("m")
        assert mode_of(session, TCS) is Mode.LTP
        needs({TCS: Mode.FULL})
        await open_empty(session)
        assert mode_of(session, TCS) is Mode.FULL
        await session.pilot.press("escape")
        await session.until(lambda: mode_of(session, TCS) is Mode.LTP)


async def test_what_is_removed_from_the_list_stays_for_a_view_that_needs_it(run, needs):
    async with run(symbols=WATCHED) as session:
        needs({TCS: Mode.LTP})
        await open_empty(session)
        await session.monitor.remove_chosen()
        assert mode_of(session, TCS) is Mode.LTP
        await session.pilot.press("escape")
        await session.until(lambda: mode_of(session, TCS) is None)


async def test_what_is_added_to_the_list_while_a_view_needs_less_of_it_comes_in_its_own_mode(run, needs):
    async with run(symbols=WATCHED) as session:
        needs({RELIANCE: Mode.LTP})
        await open_empty(session)
        await session.monitor.add(session.exchange.universe.resolve(RELIANCE))
        assert mode_of(session, RELIANCE) is Mode.FULL
        await session.pilot.press("escape")
        await session.pilot.pause()
        assert mode_of(session, RELIANCE) is Mode.FULL


async def test_what_two_views_need_stays_until_both_have_gone(run):
    async with run(symbols=WATCHED) as session:
        monitor = session.monitor
        token = session.exchange.universe.resolve(MRF).instrument_token
        await monitor.lease("one", {token: Mode.LTP})
        await monitor.lease("other", {token: Mode.QUOTE})
        assert mode_of(session, MRF) is Mode.QUOTE
        await monitor.release("other")
        assert mode_of(session, MRF) is Mode.LTP
        await monitor.lease("one", {})
        assert mode_of(session, MRF) is None


async def test_a_view_that_does_not_fit_opens_all_the_same_and_says_so(run, needs):
    async with run(symbols=WATCHED, connections=1, symbols_each=3) as session:
        needs({RELIANCE: Mode.QUOTE, MRF: Mode.QUOTE})
        view = await open_empty(session)
        assert view.is_in_front
        assert "do not fit" in list(session.app._notifications)[-1].message
        assert mode_of(session, RELIANCE) is None
        assert mode_of(session, TCS) is Mode.FULL


async def test_a_view_takes_the_place_of_another_over_the_list(run):
    async with run(symbols=WATCHED) as session:
        first = await open_empty(session)
        second = await open_empty(session)
        assert second is not first
        await session.pilot.press("escape")
        assert isinstance(session.app.screen, ListView)
        await session.app.open_view(ListView)
        assert isinstance(session.app.screen, ListView)
