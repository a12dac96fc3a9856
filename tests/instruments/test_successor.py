"""A name that was good once is answered with what it has become."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kitetui.instruments import Universe, UnknownSymbol
from kitetui.instruments.table import InstrumentTable
from kitetui.instruments.universe import ended, successor
from tests.instruments.helpers import future, option, share, universe_of

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 27), date(2026, 11, 24), date(2026, 12, 29)
WEEKLY = date(2026, 12, 1)
TODAY = date(2026, 11, 2)
LISTED = (
    *(future("NIFTY", expiry) for expiry in (DECEMBER, OCTOBER, NOVEMBER)),
    *(future(name, NOVEMBER) for name in ("NIFTYNXT50", "BANKNIFTY")),
    *(option("NIFTY", expiry, 25000, kind) for expiry in (DECEMBER, NOVEMBER) for kind in ("CE", "PE")),
    option("NIFTY", WEEKLY, 25000, "CE", weekly=True),
    option("NIFTY", NOVEMBER, 25500, "CE"),
    option("VEDL", DECEMBER, 97.5, "CE"),
    future("SENSEX", DECEMBER, "BFO"),
    future("GOLDM", NOVEMBER, "MCX"),
    future("GOLD", DECEMBER, "MCX"),
    *(future("USDINR", expiry, "CDS") for expiry in (OCTOBER, NOVEMBER)),
    share("SUZLON-BE"),
    share("SUZLON", exchange="BSE"),
    share("IDEA"),
    share("BAJAJ-AUTO"),
)


@pytest.fixture
def universe(tmp_path: Path) -> Universe:
    return universe_of(tmp_path, LISTED)


def following(universe: Universe, key: str, day: date = TODAY) -> str | None:
    found = successor(InstrumentTable.of(universe.tradable_on(day)), key)
    return found.key if found else None


@pytest.mark.parametrize(
    ("key", "next_one"),
    [
        ("NFO:NIFTY26OCTFUT", "NFO:NIFTY26NOVFUT"),
        ("NFO:NIFTY25MARFUT", "NFO:NIFTY26NOVFUT"),
        ("NFO:NIFTYNXT5026OCTFUT", "NFO:NIFTYNXT5026NOVFUT"),
        ("NFO:NIFTY26OCT25000CE", "NFO:NIFTY26NOV25000CE"),
        ("NFO:NIFTY26O2025000PE", "NFO:NIFTY26NOV25000PE"),
        ("NFO:VEDL26OCT97.5CE", "NFO:VEDL26DEC97.5CE"),
        ("NFO:NIFTY26OCT99000CE", None),
        ("NFO:SENSEX26OCTFUT", None),
        ("BFO:SENSEX26OCTFUT", "BFO:SENSEX26DECFUT"),
        ("MCX:GOLD26OCTFUT", "MCX:GOLD26DECFUT"),
        ("NSE:NIFTY26OCTFUT", None),
    ],
)
def test_a_contract_is_followed_by_the_next_of_its_kind_and_strike(
    universe: Universe, key: str, next_one: str | None
) -> None:
    assert following(universe, key) == next_one


def test_what_has_expired_follows_nothing(universe: Universe) -> None:
    assert following(universe, "NFO:NIFTY26OCTFUT", date(2026, 11, 25)) == "NFO:NIFTY26DECFUT"
    assert following(universe, "NFO:NIFTY26NOV25000CE", date(2026, 11, 25)) == "NFO:NIFTY26D0125000CE"
    assert following(universe, "NFO:NIFTY26OCTFUT", date(2027, 1, 1)) is None


@pytest.mark.parametrize(
    ("key", "moved_to"),
    [
        ("NSE:SUZLON", "NSE:SUZLON-BE"),
        ("NSE:SUZLON-BZ", "NSE:SUZLON-BE"),
        ("NSE:IDEA-BE", "NSE:IDEA"),
        ("BSE:SUZLON-BE", "BSE:SUZLON"),
        ("NSE:BAJAJ", None),
        ("NSE:BAJAJ-XY", None),
        ("NSE:NOBODY", None),
        ("NSE:", None),
        ("", None),
    ],
)
def test_a_share_is_followed_into_another_series_of_its_exchange(
    universe: Universe, key: str, moved_to: str | None
) -> None:
    assert following(universe, key) == moved_to


def test_a_contract_of_the_list_ended_on_its_day(universe: Universe) -> None:
    known = universe.by_key("NFO:NIFTY26OCTFUT")
    assert known is not None
    assert ended(known.key, known, date(2026, 10, 28)) == "expired on 2026-10-27"
    assert ended(known.key, known, OCTOBER) is None


def test_a_contract_of_no_list_ended_with_its_month() -> None:
    assert ended("NFO:NIFTY26OCTFUT", None, date(2026, 11, 1)) == "has expired"
    assert ended("NFO:NIFTY26OCTFUT", None, date(2026, 10, 31)) is None


def test_a_share_does_not_end(universe: Universe) -> None:
    assert ended("NSE:IDEA", universe.by_key("NSE:IDEA"), date(2099, 1, 1)) is None
    assert ended("NSE:NOBODY", None, date(2099, 1, 1)) is None
    assert ended("NSE:NOBODY26OCTFUT", None, date(2099, 1, 1)) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("USDINR26OCTFUT", "CDS:USDINR26OCTFUT expired on 2026-10-27; the next is CDS:USDINR26NOVFUT"),
        ("USDINR25MARFUT", "CDS:USDINR25MARFUT has expired; the next is CDS:USDINR26NOVFUT"),
        ("NIFTY25MAR99000CE", "NFO:NIFTY25MAR99000CE has expired; name a later contract"),
        ("IDEA-BE", "no NSE:IDEA-BE; it is traded as NSE:IDEA now"),
    ],
)
def test_a_name_without_its_exchange_is_answered_for_the_exchange_that_has_it(
    universe: Universe, text: str, answer: str
) -> None:
    with pytest.raises(UnknownSymbol) as caught:
        universe.tradable_on(TODAY).resolve(text)
    assert str(caught.value) == answer


def test_an_expired_contract_is_named_on_its_exchange_also_where_it_is_the_last(universe: Universe) -> None:
    with pytest.raises(UnknownSymbol) as caught:
        universe.tradable_on(date(2027, 1, 1)).resolve("USDINR26NOVFUT")
    assert str(caught.value) == "CDS:USDINR26NOVFUT expired on 2026-11-24; name a later contract"
