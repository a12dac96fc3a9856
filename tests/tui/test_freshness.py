"""What the rows of a real feed are worth: answers of the server, clocks that step, and mute connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from kitetui.feed import ConnectionState, FeedState
from kitetui.market.calendarfile import load_calendar
from kitetui.simulator import Answering, Sending, SimulatedExchange
from kitetui.tui.groups import Groups, Watchlist
from kitetui.tui.monitor import Monitor
from kitetui.tui.rows import RowState
from kitetui.wire import Mode
from tests.feed.exchange import manager_of, until
from tests.market.moments import at
from tests.tui.conftest import LOOK, age_of, first_line, line_of, quick_looks, running

SYMBOLS = ["NSE:INFY", "NSE:TCS", "NSE:SBIN", "NSE:NIFTY 50"]
HOUR = 3600.0


class Watching:
    """A monitor without a screen on an exchange, and every state that a row was ever in."""

    def __init__(self, exchange: SimulatedExchange, mode: Mode = Mode.FULL) -> None:
        watchlist = Watchlist([exchange.universe.resolve(each) for each in SYMBOLS])
        self.exchange = exchange
        self.monitor = Monitor(manager_of(exchange), Groups([watchlist]), mode, exchange._now, lambda _: None)
        self.seen: set[RowState] = set()
        self._take = self.monitor.take
        self.monitor.take = self._look_after  # type: ignore[method-assign]

    async def __aenter__(self) -> Watching:
        self._running = asyncio.create_task(self.monitor.run())
        await until(lambda: all(self.versions()))
        return self

    async def __aexit__(self, *_) -> None:
        self._running.cancel()
        await asyncio.wait([self._running])

    def _look_after(self, message) -> None:
        self._take(message)
        self.seen.update(self.states().values())

    def states(self) -> dict[str, RowState]:
        """The state of each row now, by its symbol."""
        shown = self.monitor.watchlist.instruments
        return {each.tradingsymbol: self.monitor.row(each).freshness.state for each in shown}

    def versions(self) -> list[int]:
        """The version of each symbol's last tick."""
        return [
            self.monitor.rows.version_of(each.instrument_token) for each in self.monitor.watchlist.instruments
        ]

    async def cycle_mode(self) -> None:
        """Stream each in the next mode, and wait until the server has answered for all of them."""
        before = self.versions()
        await self.monitor.cycle_mode()
        await until(lambda: all(now > then for now, then in zip(self.versions(), before, strict=True)))

    async def pings(self) -> None:
        """Wait until so many pings were answered that no answer can be on its way any more."""
        measures = [each.measures for each in self.monitor.manager._connections if each.stats().symbols]
        before = [len(each.round_trips) for each in measures]
        await until(
            lambda: all(
                len(each.round_trips) >= count + 4 for each, count in zip(measures, before, strict=True)
            )
        )


@pytest.fixture
def _quick_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitetui.feed.socket._PING_INTERVAL", 0.01)


@pytest.mark.usefixtures("_quick_pings")
@pytest.mark.parametrize("answering", [Answering.JOINED, Answering.EACH])
@pytest.mark.parametrize("mode", Mode)
async def test_where_nothing_moves_no_row_is_ever_live_whatever_is_asked_and_answered(
    answering: Answering, mode: Mode
) -> None:
    async with SimulatedExchange(rate=0) as exchange:
        exchange.answering = answering
        async with Watching(exchange, mode) as watching:
            for place in range(len(SYMBOLS)):
                watching.monitor.watchlist.move(place)
                watching.monitor.watchlist.toggle_mark()
            for _ in range(2 * len(Mode)):
                await watching.pings()
                await watching.cycle_mode()
                assert set(watching.states().values()) == {RowState.SNAPSHOT}
            assert RowState.LIVE not in watching.seen
            assert RowState.OLD not in watching.seen


@pytest.mark.usefixtures("_quick_pings")
async def test_only_the_rows_that_moved_are_live_and_one_that_is_asked_for_anew_must_move_again() -> None:
    async with SimulatedExchange(rate=0) as exchange, Watching(exchange, Mode.QUOTE) as watching:
        await watching.pings()
        await exchange.step(len(exchange.instruments))
        await until(lambda: set(watching.states().values()) == {RowState.LIVE})

        selected = watching.monitor.watchlist.selected
        before = watching.monitor.rows.version_of(selected.instrument_token)
        await watching.monitor.cycle_mode()
        await until(lambda: watching.monitor.rows.version_of(selected.instrument_token) > before)
        states = watching.states()
        assert states.pop(selected.tradingsymbol) is RowState.SNAPSHOT
        assert set(states.values()) == {RowState.LIVE}

        await watching.pings()
        await exchange.step(len(exchange.instruments))
        await until(lambda: watching.states()[selected.tradingsymbol] is RowState.LIVE)


async def test_an_answer_is_dim_on_the_screen_with_its_own_time_and_is_not_drawn_until_it_moves():
    async with running(symbols=SYMBOLS[:2]) as session:
        infy = session.monitor.watchlist[0]
        session.clock.go_on(60)
        assert age_of(session, "INFY") == "10:42"
        assert session.monitor.selected_row().is_dim
        assert not len(session.monitor.candles(infy.instrument_token, 1, 10))
        await session.step()
        assert age_of(session, "INFY") == "0s"
        assert not session.monitor.selected_row().is_dim
        assert len(session.monitor.candles(infy.instrument_token, 1, 10)) == 1
        await session.pilot.press("m")
        await session.until(lambda: session.monitor.selected_row().freshness.state is RowState.SNAPSHOT)
        assert session.monitor.selected_row().is_dim


@pytest.mark.parametrize(
    ("set_by", "text"), [(-HOUR, "set back by 01:00:00"), (HOUR, "set forward by 01:00:00")]
)
async def test_ages_go_on_counting_when_the_clock_of_the_machine_is_set(set_by: float, text: str):
    async with running(symbols=SYMBOLS[:2]) as session:
        await session.step()
        session.clock.go_on(7)
        assert age_of(session, "INFY") == "7s"
        session.clock.set_by(set_by)
        assert age_of(session, "INFY") == "7s"
        session.clock.go_on(5)
        assert [age_of(session, each) for each in ("INFY", "TCS")] == ["12s"] * 2
        assert times_said(session, text) == 1

        await session.step()
        assert age_of(session, "INFY") == "0s"
        session.clock.go_on(3)
        assert age_of(session, "INFY") == "3s"
        assert times_said(session, text) == 1
        assert [notice.message for notice in session.app._notifications].count(
            f"this machine's clock was {text}"
        ) == 1


async def test_how_long_the_feed_is_quiet_does_not_follow_the_time_of_day():
    async with running(symbols=SYMBOLS[:2], now=at("Fri 2026-11-20 12:00")) as session:
        await session.step()
        session.clock.set_by(HOUR)
        assert "● LIVE" in first_line(session)
        session.clock.go_on(45)
        session.clock.set_by(-2 * HOUR)
        assert "● QUIET 45s" in first_line(session)


@pytest.mark.parametrize("set_by", [-HOUR, HOUR])
async def test_how_long_the_display_is_held_does_not_follow_the_time_of_day(set_by: float):
    async with running(symbols=SYMBOLS[:2]) as session:
        await session.step()
        await session.pilot.press("space")
        session.clock.go_on(75)
        session.clock.set_by(set_by)
        assert " HELD 1m " in first_line(session)
        assert age_of(session, "INFY") == "‖1m"


async def test_a_sort_and_a_filter_by_age_do_not_follow_the_time_of_day():
    async with running(symbols=SYMBOLS[:3]) as session:
        await session.step()
        session.clock.go_on(20)
        session.clock.set_by(-HOUR)
        await session.pilot.press("f", *"age<10", "enter")
        assert not session.monitor.watchlist.shown
        await session.pilot.press("F", "f", *"age=20", "enter")
        assert len(session.monitor.watchlist.shown) == 3


async def test_a_token_that_stays_silent_is_told_late_by_no_step_of_the_clock():
    async with running(symbols=SYMBOLS[:2]) as session:
        await session.pilot.press("a", *"31604737", "enter", "escape")
        session.clock.set_by(HOUR)
        assert "!" not in line_of(session, "31604737")
        session.clock.set_by(-2 * HOUR)
        session.clock.go_on(30)
        assert "! no tick came" in line_of(session, "31604737")


@pytest.fixture
def _quick_looks() -> Iterator[None]:
    with quick_looks():
        yield


@pytest.mark.usefixtures("_quick_looks")
async def test_a_mute_connection_is_named_its_rows_are_frozen_and_the_others_live():
    async with running(market_is_open=lambda segments, lasting: True) as session:
        await session.tick_often()
        assert "● LIVE 2/2" in first_line(session)
        await session.fall_mute(1)
        assert "! NO TICKS ws2 76s  connected, and the market is open" in first_line(session)
        assert "! mute" in session.screen()
        for instrument in session.monitor.watchlist.instruments:
            row = session.monitor.row(instrument)
            is_mute = session.manager.connection_of(instrument.instrument_token) == 1
            assert row.freshness.state is (RowState.FROZEN if is_mute else RowState.LIVE)
            assert row.freshness.age == ("!1m" if is_mute else "0s")
            assert row.is_dim is is_mute

        for client in session.exchange.clients:
            client.send_only(Sending.EVERYTHING)
        await session.step()
        await session.until(lambda: session.manager.get_status().state is FeedState.LIVE)
        assert "● LIVE 2/2" in first_line(session)
        assert states_of(session) == {RowState.LIVE}


@pytest.mark.usefixtures("_quick_looks")
async def test_symbols_that_are_still_while_their_market_is_closed_are_not_mute():
    async with running(symbols=SYMBOLS[:3], market_is_open=lambda segments, lasting: False) as session:
        await session.tick_often()
        session.clock.go_on(600)
        await asyncio.sleep(5 * LOOK)
        assert not any(each.is_mute for each in session.manager.get_stats().connections)
        assert "CLOSED" in first_line(session)
        assert age_of(session, "INFY") == "10m"


def calendar(moment: float):
    """What a live monitor is told of the market at this moment."""
    return lambda segments, lasting: load_calendar().is_open(segments, moment, lasting)


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        ("Thu 2026-11-19 20:00", " kitetui  ○ MARKET CLOSED  opens Fri 09:15"),
        ("Fri 2026-11-20 09:05", " kitetui  ○ PRE-OPEN  opens Fri 09:15"),
        ("Fri 2026-11-20 15:20", " kitetui  ○ CLOSING AUCTION "),
        (
            "Mon 2027-01-04 08:00",
            " kitetui  ○ MARKET CLOSED  opens Mon 09:15; holidays after 31 Dec 2026",
        ),
    ],
)
async def test_at_the_start_a_closed_market_says_so_at_once_and_when_it_opens(moment: str, start: str):
    now = at(moment)
    async with running(size=(200, 60), symbols=SYMBOLS, now=now, market_is_open=calendar(now)) as session:
        assert first_line(session).startswith(start)
        assert session.manager.get_status().state is FeedState.CLOSED
        assert states_of(session) == {RowState.SNAPSHOT}


async def test_at_the_start_in_an_open_market_what_has_not_moved_yet_is_not_called_closed():
    now = at("Fri 2026-11-20 11:00")
    async with running(symbols=SYMBOLS, now=now, market_is_open=calendar(now)) as session:
        assert "● LIVE 2/2" in first_line(session)


async def test_an_outage_that_is_under_way_is_told_in_the_border_and_then_as_the_last_gap():
    async with running() as session:
        await session.step()
        assert "no gaps" in session.screen()
        session.exchange.handshakes.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        session.exchange.clients[1].drop()
        await session.until(lambda: session.manager.get_status().live == 1)
        (lost,) = [
            each for each in session.manager.get_stats().connections if each.state is ConnectionState.RETRYING
        ]
        name = f"ws{lost.connection + 1}"
        for _ in range(2):
            assert f"gap {name} since 10:42:17" in session.screen()
            assert "no gaps" not in session.screen()
            session.clock.go_on(50)
        session.exchange.handshakes.lift()
        await session.until(lambda: session.monitor.events.last_gap is not None)
        assert f"last gap {name} 10:42:17 → 10:43:57, 100.0 s" in session.screen()
        assert f"gap {name} since" not in session.screen()


async def test_a_refused_login_is_told_though_another_connection_is_still_tried():
    async with running(connections=3, symbols=SYMBOLS[:3]) as session:
        await session.step()
        session.exchange.handshakes.refuse(HTTPStatus.FORBIDDEN, times=2)
        refused, last = session.exchange.clients[:2], session.exchange.clients[2]
        for client in refused:
            client.drop()
        await session.until(lambda: states_of_connections(session).count(ConnectionState.DOWN) == 2)
        assert "! STALE 1/3" in first_line(session)
        session.exchange.handshakes.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        last.drop()
        await session.until(lambda: ConnectionState.RETRYING in states_of_connections(session))
        assert session.manager.get_status().state is FeedState.RETRYING
        assert "✗ LOGIN REFUSED  run kitetui login" in first_line(session)
        assert "RETRY" not in first_line(session)


async def test_a_server_that_says_its_prices_are_made_up_is_shown_as_simulated_however_it_was_reached():
    async with running(symbols=SYMBOLS[:2], signed=True) as session:
        assert " SIMULATED " in first_line(session)
        assert session.manager.get_stats().is_simulated
    async with running(symbols=SYMBOLS[:2]) as session:
        assert "SIMULATED" not in first_line(session)
        assert not session.manager.get_stats().is_simulated


async def test_a_simulated_market_is_never_closed():
    night = at("Sat 2026-11-21 03:00")
    async with running(
        symbols=SYMBOLS[:2], signed=True, now=night, market_is_open=calendar(night)
    ) as session:
        assert "CLOSED" not in first_line(session)
        session.clock.go_on(45)
        assert "● QUIET 45s   connected, and no symbol has changed" in first_line(session)


def states_of_connections(session) -> list[ConnectionState]:
    return [each.state for each in session.manager.get_stats().connections]


def states_of(session) -> set[RowState]:
    return {session.monitor.row(each).freshness.state for each in session.monitor.watchlist.instruments}


def times_said(session, text: str) -> int:
    """How often the log has it, on a screen that is drawn once more."""
    session.screen()
    return sum(text in entry.text for entry in session.monitor.events.log.last())
