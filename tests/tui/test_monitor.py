"""The monitor without a screen: what it says of the market of what is watched."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.feed import KiteTickerManager
from kitetui.market.sessions import use_sessions
from kitetui.tui.groups import Groups
from kitetui.tui.monitor import Monitor
from kitetui.tui.watchlist import Watchlist
from kitetui.wire import Mode
from tests.market.moments import at
from tests.tui.rows import instrument

INFY, CRUDEOIL = instrument("INFY", 408065), instrument("CRUDEOIL26DECFUT", 129_811_207, exchange="MCX")


def closed(moment: str, *watched) -> str:
    """What the monitor says at a moment in India, with these watched."""
    groups = Groups([Watchlist(list(watched))])
    return Monitor(KiteTickerManager(None), groups, Mode.FULL, lambda: at(moment), print).closed()


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
    ],
)
def test_a_market_that_need_not_tick_says_why_and_until_when(moment: str, text: str) -> None:
    assert closed(moment, INFY) == text


def test_the_market_of_anything_watched_is_enough() -> None:
    assert closed("Fri 2026-11-20 20:00", INFY, CRUDEOIL) == ""
    assert closed("Fri 2026-11-20 23:55", INFY, CRUDEOIL) == "market closed, opens Mon 09:00"
    assert closed("Fri 2026-11-20 11:00") == ""


def test_a_special_session_is_named(tmp_path: Path) -> None:
    file = tmp_path / "sessions.toml"
    file.write_text(
        '[[special]]\ndays = [2026-11-21]\nsegments = ["NSE"]\n'
        'opens = 18:00:00\ncloses = 19:00:00\nname = "Muhurat trading"\n'
    )
    use_sessions(file)
    try:
        assert closed("Fri 2026-11-20 16:00", INFY) == "market closed, opens Sat 18:00, Muhurat trading"
        assert closed("Sat 2026-11-21 18:00", INFY) == ""
    finally:
        use_sessions(None)
