"""A replay on the monitor: its clock, its keys, and that nobody can take it for the market of this moment."""

from __future__ import annotations

import numpy as np
import pytest

from kitetui.config import Config
from kitetui.feed import FeedState, FeedStatus, Gap, ServerError, Ticks
from kitetui.tui.monitor import NOT_RECORDED
from kitetui.tui.rows import SILENT_AFTER, RowState
from kitetui.tui.settings import Settings
from kitetui.wire import TickBatch, layout
from tests.tui.conftest import age_of, first_line, line_of
from tests.tui.rows import NOW
from tests.tui.tape import Tape

TWO = ["NSE:INFY", "NSE:TCS"]
HOUR = 3600.0


@pytest.fixture
def tape():
    return Tape()


@pytest.fixture
async def session(run, tape):
    async with run(symbols=TWO, replay=tape) as session:
        yield session


def last_line(session):
    return session.screen().splitlines()[-1]


def tick(session, *symbols, at, price=1_00, marked=False):
    """Let these symbols tick at moments of the recording, one for each symbol, or one for all."""
    monitor = session.monitor
    tokens = [each.instrument_token for each in monitor.watchlist.instruments if each.key in symbols]
    words = np.zeros((len(tokens), layout.WORDS), dtype=np.int32)
    words[:, layout.TOKEN] = tokens
    words[:, layout.LAST_PRICE] = price
    count = len(tokens)
    batch = TickBatch(words, np.full(count, layout.LTP, np.uint8), np.zeros(count, np.int32))
    received_at = np.array(np.broadcast_to(np.array(at) * 1e9, count), dtype=np.int64)
    timed_at = session.clock.elapsed if monitor.replay is None else received_at[-1] / 1e9
    monitor.take(Ticks(0, batch, received_at, 1, np.full(count, marked), timed_at))


async def test_the_first_line_has_the_recordings_clock_and_date_and_never_the_word_live(session, tape):
    tape.at = NOW - 400 * 86400 + 1
    line = first_line(session)
    assert line.startswith(" kitetui   REPLAY  ×1 ")
    assert line.endswith(" 18 Oct 2025 10:42:18 IST ")
    assert "20261122.capture  42%  18 Oct" in line
    assert "LIVE" not in session.screen()
    assert "● live" not in session.screen()
    assert "live" not in " ".join(entry.text for entry in session.monitor.events.log.last())
    assert session.manager.get_status().state is FeedState.LIVE


async def test_space_pauses_and_goes_on_and_holds_nothing(session, tape):
    await session.pilot.press("space")
    assert tape.is_paused
    assert " REPLAY  PAUSED " in first_line(session)
    assert session.monitor.rows.held_at is None
    await session.pilot.press("space")
    assert not tape.is_paused


async def test_a_step_is_played_from_a_pause_and_pauses_what_runs(session, tape):
    await session.pilot.press("full_stop")
    assert (tape.is_paused, tape.steps) == (True, 1)
    await session.pilot.press("full_stop")
    assert (tape.is_paused, tape.steps) == (True, 2)


async def test_the_speed_is_changed_and_said_also_in_a_pause(session, tape):
    await session.pilot.press("greater_than_sign")
    assert " ×10 " in first_line(session)
    await session.pilot.press("greater_than_sign")
    assert " max " in first_line(session)
    await session.pilot.press("less_than_sign", "less_than_sign", "less_than_sign")
    assert " ×0.5 " in first_line(session)
    await session.pilot.press("space", "greater_than_sign")
    assert "it will go on at ×1" in notices(session)


async def test_at_the_end_the_keys_say_so_and_do_nothing(session, tape):
    tape.is_ended = True
    await session.pilot.press("space", "full_stop", "greater_than_sign")
    assert (tape.is_paused, tape.steps, tape.speed) == (False, 0, 1.0)
    assert " REPLAY  ENDED " in first_line(session)
    assert notices(session).count("the recording is at its end; q leaves") == 3


async def test_without_a_replay_its_keys_say_what_they_are_for(run):
    async with run(symbols=TWO) as session:
        await session.pilot.press("full_stop", "less_than_sign", "greater_than_sign")
        assert len(notices(session)) == 3
        assert all("kitetui replay FILE" in notice for notice in notices(session))
        await session.pilot.press("space")
        assert session.monitor.rows.held_at == NOW


async def test_the_line_of_keys_begins_with_the_replays_own(session):
    assert last_line(session).startswith(" Space Pause  . Step  < Slower  > Faster  / Find ")
    assert "Freeze" not in last_line(session)


async def test_a_click_on_pause_pauses(session, tape):
    await session.pilot.click("#keys", offset=(3, 0))
    await session.until(lambda: tape.is_paused)


async def test_nothing_grows_old_while_the_clock_stands(session, tape):
    tick(session, *TWO, at=NOW)
    assert age_of(session, "INFY") == "0s"
    tape.at = NOW + 7
    assert age_of(session, "INFY") == "7s"
    assert age_of(session, "INFY") == "7s"


async def test_what_was_marked_when_it_was_recorded_is_dim_and_is_not_drawn(session):
    infy = session.monitor.watchlist[0]
    tick(session, infy.key, at=NOW, marked=True)
    assert session.monitor.row(infy).freshness.state is RowState.SNAPSHOT
    assert not len(session.monitor.candles(infy.instrument_token, 1, 10))
    tick(session, infy.key, at=NOW)
    assert session.monitor.row(infy).freshness.state is RowState.LIVE
    assert len(session.monitor.candles(infy.instrument_token, 1, 10)) == 1


async def test_a_clock_that_goes_back_begins_the_market_anew(session, tape):
    tape.at = NOW + HOUR
    tick(session, *TWO, at=NOW + HOUR, price=777_00)
    assert "777.00" in line_of(session, "INFY")

    tape.at = NOW
    assert "777.00" not in session.screen()
    assert "the market begins anew" in session.monitor.events.log.last(1)[0].text

    tick(session, "NSE:INFY", at=NOW, price=111_00)
    tick(session, "NSE:INFY", at=NOW + 1, price=112_00)
    assert "112.00" in line_of(session, "INFY")
    assert age_of(session, "INFY") == "0s"
    assert "…" in line_of(session, "TCS")


async def test_candles_of_a_time_that_lies_ahead_are_gone(session, tape):
    token = session.monitor.watchlist[0].instrument_token
    tape.at = NOW + HOUR
    tick(session, "NSE:INFY", at=NOW + HOUR)
    assert len(session.monitor.candles(token, 1, 10))
    tape.at = NOW
    tick(session, "NSE:INFY", at=NOW, price=2_00)
    assert session.monitor.candles(token, 1, 10).close.tolist() == [2_00]


async def test_what_was_said_of_a_time_that_lies_ahead_is_not_said_any_more(session, tape):
    monitor, infy = session.monitor, session.monitor.watchlist[0]
    tape.at = NOW + HOUR
    monitor.rows.asked_for([infy.instrument_token])
    for minute in (0, 60, 120):
        tick(session, infy.key, at=NOW + minute)
    assert any(monitor.hour_of(infy))
    monitor.take(Gap(0, round(NOW * 1e9), round((NOW + 5) * 1e9), 2, "connection reset"))
    monitor.take(ServerError(session.manager.connection_of(infy.instrument_token), "no more", 0))

    tape.at = NOW
    session.screen()
    assert not any(monitor.hour_of(infy))
    assert monitor.events.last_gap is None
    assert "!" not in line_of(session, "INFY")
    tape.at = NOW + SILENT_AFTER
    assert f"! {NOT_RECORDED}" in line_of(session, "INFY")


async def test_ticks_that_were_on_their_way_when_the_clock_went_back_are_passed_over(session, tape):
    tape.at = NOW + HOUR
    tick(session, *TWO, at=NOW + HOUR, price=777_00)
    tape.at = NOW
    tick(session, *TWO, at=[NOW + HOUR, NOW], price=777_00)
    assert line_of(session, "INFY").count("777.00") == 0
    assert line_of(session, "TCS").count("777.00") == 1


async def test_a_clock_that_is_set_back_a_little_changes_nothing(session, tape):
    tick(session, *TWO, at=NOW, price=5_00)
    tape.at = NOW - 0.5
    assert "5.00" in line_of(session, "INFY")


async def test_a_live_market_outlasts_a_clock_that_goes_back(run):
    async with run(symbols=TWO) as session:
        await session.step()
        before = line_of(session, "INFY")
        assert age_of(session, "INFY") == "0s"
        session.clock.set_by(-HOUR)
        tick(session, "NSE:TCS", at=NOW - HOUR)
        assert line_of(session, "INFY") == before


async def test_the_order_stands_for_the_users_seconds_and_not_for_those_of_the_recording(session, tape):
    stopwatch = [100.0]
    session.monitor.stopwatch = lambda: stopwatch[0]
    await session.pilot.press("s", "down", "enter")
    assert not session.monitor.arrange_when_due()
    tape.at += HOUR
    assert not session.monitor.arrange_when_due()
    stopwatch[0] += 2
    assert session.monitor.arrange_when_due()


async def test_rates_are_those_of_the_users_seconds(session, tape):
    stopwatch, rates = [100.0], session.monitor.rates
    session.monitor.stopwatch = lambda: stopwatch[0]
    session.screen()
    await session.exchange.step(300)
    await session.until(lambda: session.manager.get_stats().ticks > 2)
    stopwatch[0] += 2
    session.screen()
    assert rates.ticks == 1.0
    tape.at -= HOUR
    session.screen()
    assert rates.ticks == 1.0


async def test_the_keys_of_a_replay_can_be_others(run, tape):
    settings = Settings(Config(keys={"freeze": ("p",), "step": ("comma",)}))
    async with run(symbols=TWO, replay=tape, settings=settings) as session:
        await session.pilot.press("space", "full_stop")
        assert (tape.is_paused, tape.steps) == (False, 0)
        await session.pilot.press("p", "comma")
        assert (tape.is_paused, tape.steps) == (True, 1)
        assert last_line(session).startswith(" p Pause  , Step  < Slower ")


async def test_what_the_recording_does_not_have_is_said_when_it_is_added_and_in_its_row(session, tape):
    await session.pilot.press("a", *"31604737", "enter")
    assert "added NSE:31604737, of which the recording has no tick" in session.screen()
    await session.pilot.press(*"zzzz", "enter")
    assert "not recorded: no ZZZZ" in session.screen()
    await session.pilot.press("escape")
    tape.at += SILENT_AFTER
    assert f"! {NOT_RECORDED}" in line_of(session, "31604737")


async def test_what_the_recording_has_is_simply_added(session):
    await session.pilot.press("a", *"sbin", "enter")
    assert "added NSE:SBIN " in session.screen()


async def test_a_recorded_refusal_of_a_login_asks_nobody_to_log_in(run, tape):
    async with run(symbols=TWO, access_token="dead", settle=False, replay=tape) as session:
        await session.until(lambda: session.manager.get_status().state is FeedState.DOWN)
        assert "! was down 0/2  ws1 login refused (HTTP 403); ws2" in first_line(session)
        assert "kitetui login" not in first_line(session)


async def test_connections_are_replayed_and_not_live(session):
    assert "Connections, as recorded" in session.screen()
    assert "● replayed" in session.screen()


async def test_a_market_that_was_closed_says_so_of_its_own_time(run):
    async with run(symbols=TWO, replay=Tape(1_795_357_800.0)) as session:
        session.manager.get_status = lambda: FeedStatus(FeedState.QUIET, live=1, used=1)
        assert "market closed, opens Mon 09:15" in first_line(session)
        assert "was quiet" in first_line(session)


def notices(session):
    return [notice.message for notice in session.app._notifications]
