"""The monitor without a screen: what it says of the market of what is watched, and of the clocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.feed import KiteManagerConfig, KiteTickerManager
from kitetui.market.calendarfile import load_calendar
from kitetui.tui.events import Notice, Weight
from kitetui.tui.groups import Groups, Watchlist
from kitetui.tui.monitor import Monitor
from kitetui.wire import Mode
from tests.market.moments import at
from tests.tui.rows import NOW, instrument
from tests.tui.tape import Tape

INFY, CRUDEOIL = instrument("INFY", 408065), instrument("CRUDEOIL26DECFUT", 129_811_207, exchange="MCX")


def hours(moment: str, *watched, calendar=None) -> str:
    """What the monitor says at a moment in India, with these watched."""
    manager, groups = KiteTickerManager(None), Groups([Watchlist(list(watched))])
    monitor = Monitor(manager, groups, Mode.FULL, lambda: at(moment), print, calendar=calendar)
    return monitor.hours().text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("Fri 2026-11-20 08:59", "market closed, opens Fri 09:15"),
        ("Fri 2026-11-20 09:00", "pre-open, opens Fri 09:15"),
        ("Fri 2026-11-20 09:15", ""),
        ("Fri 2026-11-20 15:15", "closing auction"),
        ("Fri 2026-11-20 15:35", "market closed, opens Mon 09:15"),
        ("Sat 2026-11-21 00:00", "market closed, opens Mon 09:15"),
        ("Thu 2026-12-24 23:59", "market closed, opens Mon 09:15"),
        (
            "Thu 2026-12-31 15:40",
            "market closed, opens Fri 09:15; holidays after 31 Dec 2026 are not known",
        ),
    ],
)
def test_a_market_that_need_not_tick_says_why_and_until_when(moment: str, text: str) -> None:
    assert hours(moment, INFY) == text


def test_the_market_of_anything_watched_is_enough() -> None:
    assert hours("Fri 2026-11-20 20:00", INFY, CRUDEOIL) == ""
    assert hours("Fri 2026-11-20 23:55", INFY, CRUDEOIL) == "market closed, opens Mon 09:00"
    assert hours("Fri 2026-11-20 11:00") == ""


def test_a_special_session_is_named(tmp_path: Path) -> None:
    file = tmp_path / "sessions.toml"
    file.write_text(
        '[[special]]\ndays = [2026-11-21]\nsegments = ["NSE"]\n'
        'opens = 18:00:00\ncloses = 19:00:00\nname = "Muhurat trading"\n'
    )
    calendar = load_calendar(file)
    before = hours("Fri 2026-11-20 16:00", INFY, calendar=calendar)
    assert before == "market closed, opens Sat 18:00, Muhurat trading"
    assert hours("Sat 2026-11-21 18:00", INFY, calendar=calendar) == ""


class Clocks:
    """A monitor of nothing, its two clocks, and what it tells the user."""

    def __init__(self, replay: Tape | None = None) -> None:
        self.now, self.elapsed = NOW, 5_000.0
        self.told: list[Notice] = []
        config = KiteManagerConfig(stopwatch=lambda: self.elapsed)
        self.monitor = Monitor(
            KiteTickerManager(config=config),
            Groups([Watchlist([])]),
            Mode.FULL,
            lambda: self.now,
            self.told.append,
            replay=replay,
        )

    def look(self, *, after: float = 1.0, set_by: float = 0.0) -> list[str]:
        """Let time pass and the time of day be set; return what is told then."""
        before = len(self.told)
        self.now += after + set_by
        self.elapsed += after
        self.monitor.follow_clock()
        return [notice.text for notice in self.told[before:]]


@pytest.mark.parametrize(
    ("set_by", "text"),
    [
        (-3600.0, "this machine's clock was set back by 01:00:00"),
        (3600.0, "this machine's clock was set forward by 01:00:00"),
        (-75.0, "this machine's clock was set back by 00:01:15"),
        (19_800.0, "this machine's clock was set forward by 05:30:00"),
    ],
)
def test_a_step_of_the_clock_is_told_exactly_once(set_by: float, text: str) -> None:
    clocks = Clocks()
    assert clocks.look() == clocks.look() == []
    assert clocks.look(set_by=set_by) == [text]
    for _ in range(5):
        assert clocks.look() == []
    assert [entry.text for entry in clocks.monitor.events.log.last()] == [text]
    assert {notice.weight for notice in clocks.told} == {Weight.WARNING}


def test_each_step_of_the_clock_is_told_by_itself() -> None:
    clocks = Clocks()
    clocks.look()
    assert clocks.look(set_by=-3600) == ["this machine's clock was set back by 01:00:00"]
    assert clocks.look(set_by=3600) == ["this machine's clock was set forward by 01:00:00"]
    assert clocks.look() == []


@pytest.mark.parametrize("after", [0.02, 300.0, 8 * 3600.0])
def test_time_that_passes_is_no_step_however_long_nobody_looked(after: float) -> None:
    clocks = Clocks()
    clocks.look()
    assert clocks.look(after=after) == []


def test_a_clock_that_is_slowly_put_right_is_not_told() -> None:
    clocks = Clocks()
    for _ in range(200):
        assert clocks.look(set_by=-0.5) == []


def test_the_clock_of_a_replay_may_be_wherever_it_is_put() -> None:
    tape = Tape()
    clocks = Clocks(replay=tape)
    clocks.look()
    tape.at += 3600
    assert clocks.look(set_by=-3600) == []
    tape.at -= 3600
    assert clocks.look() == []
    assert "the market begins anew" in clocks.monitor.events.log.last(1)[0].text
