"""What is said of the list of instruments."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kitetui.account import KITE
from kitetui.doctor import State, Summary, instruments_check
from kitetui.doctor.kite import kept_list
from kitetui.errors import UserError
from kitetui.instruments.master import Master
from tests.market.moments import at

MONDAY = at("Mon 2026-11-23 09:00")


def test_a_list_of_this_morning_is_ok() -> None:
    finding = instruments_check(Summary(123_456, at("Mon 2026-11-23 08:31")), is_live=True, now=MONDAY)
    assert finding.state is State.OK
    assert finding.found == "123,456 instruments, fetched 29m ago"


@pytest.mark.parametrize(
    ("fetched", "now", "state"),
    [
        ("Mon 2026-11-23 08:29", "Mon 2026-11-23 08:31", State.WARNING),
        ("Sun 2026-11-22 08:31", "Mon 2026-11-23 08:29", State.OK),
        ("Sun 2026-11-22 08:29", "Mon 2026-11-23 08:29", State.WARNING),
    ],
)
def test_a_list_from_before_the_latest_half_past_eight_is_a_warning(
    fetched: str, now: str, state: State
) -> None:
    finding = instruments_check(Summary(10, at(fetched)), is_live=True, now=at(now))
    assert finding.state is state
    assert finding.next == ("run kitetui instruments sync" if state is State.WARNING else "")


def test_no_list_is_a_failure_where_one_trades() -> None:
    missing = instruments_check(Summary(), is_live=True, now=MONDAY)
    assert missing.sentence == "no list of instruments is kept; run kitetui instruments sync"
    assert missing.state is State.FAILED
    assert instruments_check(Summary(), is_live=False, now=MONDAY).state is State.OK


def test_a_list_that_cannot_be_read_is_a_failure_with_its_own_next_step() -> None:
    problem = UserError("it is damaged", "get it anew")
    finding = instruments_check(Summary(problem=problem), is_live=False, now=MONDAY)
    assert (finding.state, finding.found, finding.next) == (State.FAILED, "it is damaged", "get it anew")


def test_the_list_that_is_kept_is_found(tmp_path: Path) -> None:
    assert kept_list(KITE) == Summary()
    downloaded = tmp_path / "instruments"
    downloaded.write_text(
        "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,"
        "tick_size,lot_size,instrument_type,segment,exchange\n"
        "408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE\n"
    )
    now = time.time()
    Master.of("kite").replace(downloaded, now)
    assert kept_list(KITE) == Summary(1, now)


def test_a_damaged_list_is_a_problem() -> None:
    path = Master.of("kite").path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database at all" * 100)
    assert "is damaged" in str(kept_list(KITE).problem)
