"""What trades, or when it opens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kitetui.doctor import State
from kitetui.doctor.hours import market_hours
from kitetui.market.sessions import use_sessions
from tests.market.moments import at


@pytest.fixture(autouse=True)
def _shipped() -> Iterator[None]:
    yield
    use_sessions(None)


def test_in_the_evening_commodities_trade(tmp_path: Path) -> None:
    finding = market_hours(tmp_path / "none", at("Mon 2026-11-23 20:00"))
    assert finding.state is State.OK
    assert finding.found == "MCX, NCO trade now"


def test_on_a_weekend_the_next_opening_is_said(tmp_path: Path) -> None:
    assert market_hours(tmp_path / "none", at("Sat 2026-11-21 12:00")).found == "closed, opens Mon 09:00 IST"


def test_a_users_own_sessions_count(tmp_path: Path) -> None:
    file = tmp_path / "sessions.toml"
    file.write_text("holidays = [2026-11-23]\n")
    assert market_hours(file, at("Mon 2026-11-23 12:00")).found == "closed, opens Tue 09:00 IST"


def test_a_file_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    file = tmp_path / "sessions.toml"
    file.write_text("holidays = 1\n")
    finding = market_hours(file, at("Mon 2026-11-23 12:00"))
    assert finding.state is State.FAILED
    assert finding.found.startswith(f"{file}: ")
