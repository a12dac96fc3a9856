"""A universe resolves what people type, and says in one sentence why it cannot."""

from __future__ import annotations

from datetime import date

import pytest

from kitetui.instruments import Kind, Universe, UnknownSymbol
from kitetui.instruments.universe import ALIASES

TODAY = date(2026, 11, 2)


@pytest.fixture
def universe() -> Universe:
    return Universe.load()


def refusal(universe: Universe, text: str) -> str:
    with pytest.raises(UnknownSymbol) as caught:
        universe.resolve(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("NSE:INFY", "NSE:INFY"),
        ("nse:infy", "NSE:INFY"),
        (" infy ", "NSE:INFY"),
        ("408065", "NSE:INFY"),
        ("nifty  50", "NSE:NIFTY 50"),
        ("NIFTY", "NSE:NIFTY 50"),
        ("NSE:NIFTY", "NSE:NIFTY 50"),
        ("banknifty", "NSE:NIFTY BANK"),
        ("VIX", "NSE:INDIA VIX"),
        ("SENSEX", "BSE:SENSEX"),
        ("BSE:INFY", "BSE:INFY"),
        ("USDINR26DECFUT", "CDS:USDINR26DECFUT"),
        ("M&M", "NSE:M&M"),
    ],
)
def test_a_name_or_token_resolves(universe: Universe, text: str, key: str) -> None:
    assert universe.resolve(text).key == key


def test_every_key_and_every_token_resolves_to_its_instrument(universe: Universe) -> None:
    for each in universe:
        assert universe.resolve(each.key) is each
        assert universe.resolve(each.key.lower()) is each
        assert universe.resolve(str(each.instrument_token)) is each


def test_every_alias_is_an_index_of_the_universe(universe: Universe) -> None:
    assert all(universe.resolve(alias).key == key for alias, key in ALIASES.items())
    assert {universe.resolve(alias).kind for alias in ALIASES} == {Kind.INDEX}


def test_an_alias_belongs_to_one_exchange(universe: Universe) -> None:
    assert refusal(universe, "MCX:NIFTY").startswith("no MCX:NIFTY")


def test_a_key_or_token_that_is_not_there_is_none(universe: Universe) -> None:
    assert universe.by_key("NSE:infy") is None
    assert universe.by_token(779777) is None


def test_a_token_outside_the_universe_resolves_under_its_number(universe: Universe) -> None:
    found = universe.resolve("779777")
    assert (found.key, found.instrument_token, found.kind) == ("NSE:779777", 779777, Kind.UNKNOWN)


@pytest.mark.parametrize("text", ["0", "4294967297", "9" * 5000])
def test_a_number_that_is_no_32_bit_token_is_refused(universe: Universe, text: str) -> None:
    assert "tokens are numbers of 32 bits" in refusal(universe, text)


def test_a_token_of_no_known_segment_is_refused(universe: Universe) -> None:
    assert "segment 255" in refusal(universe, "4095")


def test_a_misspelt_symbol_is_answered_with_the_nearest(universe: Universe) -> None:
    assert refusal(universe, "NSE:RELIANC") == "no NSE:RELIANC; did you mean NSE:RELIANCE?"


def test_the_nearest_names_are_of_the_exchange_that_was_named(universe: Universe) -> None:
    assert refusal(universe, "bse:relianc") == "no BSE:RELIANC; did you mean BSE:RELIANCE?"
    assert refusal(universe, "HDFCBNAK").endswith("did you mean NSE:HDFCBANK?")


def test_two_names_that_are_as_near_are_both_named(universe: Universe) -> None:
    text = refusal(universe, "NIFTY26DEC25000")
    assert "NFO:NIFTY26DEC25000CE" in text
    assert "NFO:NIFTY26DEC25000PE" in text


def test_a_symbol_like_no_other_is_answered_with_a_way_out(universe: Universe) -> None:
    assert "give an instrument token" in refusal(universe, "XYZZY")


def test_an_unknown_exchange_is_answered_with_the_known_ones(universe: Universe) -> None:
    assert refusal(universe, "NYSE:IBM").startswith("no exchange NYSE; the exchanges are NSE, BSE")


@pytest.mark.parametrize("text", ["", "  ", "NSE:", ":"])
def test_nothing_is_no_symbol(universe: Universe, text: str) -> None:
    assert "a symbol is needed" in refusal(universe, text)


def test_a_refusal_is_short_however_long_the_symbol(universe: Universe) -> None:
    assert len(refusal(universe, "A" * 5_000)) < 140
    assert len(refusal(universe, f"{'A' * 5_000}:B")) < 140


def test_a_refusal_carries_no_control_characters(universe: Universe) -> None:
    for text in ("NSE:\x1b[2J", "\x1b[2J:INFY", "IN\u202eFY"):
        assert refusal(universe, text).isprintable()


def test_search_suggests_up_to_a_limit_what_a_text_may_mean(universe: Universe) -> None:
    assert [each.key for each in universe.search("infosys", 1)] == ["NSE:INFY"]
    assert {each.exchange for each in universe.search("bse:re")} == {"BSE"}
    assert universe.search("banknifty", 1) == [universe.resolve("banknifty")]
    assert len(universe.search("N", 3)) == 3
    assert universe.search(" ") == []


def test_the_default_watchlist_has_something_of_everything(universe: Universe) -> None:
    watchlist = universe.default_watchlist()
    assert 10 <= len(watchlist) <= 15
    assert {each.kind for each in watchlist} == {Kind.INDEX, Kind.EQUITY, Kind.FUTURE, Kind.CALL}
    assert {each.exchange for each in watchlist} >= {"NSE", "BSE", "NFO", "CDS", "MCX"}


def test_the_real_exchange_is_asked_for_nothing_unlisted_or_expired(universe: Universe) -> None:
    real = universe.tradable_on(TODAY)
    assert all(each.listed and (each.expiry is None or each.expiry >= TODAY) for each in real)
    assert "known to the simulated exchange only" in refusal(real, "CDS:USDINR26DECFUT")
    assert "expired on 2026-10-27" in refusal(real, "NIFTY26OCTFUT")
    assert real.resolve("NFO:NIFTY26DEC25000CE").listed


def test_what_must_not_be_asked_for_is_found_under_no_name(universe: Universe) -> None:
    real = universe.tradable_on(TODAY)
    assert 0 < len(real) < len(universe)
    assert real.by_key("NFO:NIFTY26OCTFUT") is None
    assert "NFO:NIFTY26OCTFUT" not in [each.key for each in real.search("NIFTY26OCT", 100)]


def test_a_later_day_still_knows_what_an_earlier_one_excluded(universe: Universe) -> None:
    later = universe.tradable_on(TODAY).tradable_on(date(2027, 1, 1))
    assert "expired on 2026-10-27" in refusal(later, "NIFTY26OCTFUT")
    assert "expired on 2026-12-29" in refusal(later, "NIFTY26DEC25000CE")
    assert later.resolve("NSE:INFY").listed


def test_a_contract_is_tradable_on_the_day_it_expires(universe: Universe) -> None:
    assert universe.tradable_on(date(2026, 10, 27)).by_key("NFO:NIFTY26OCTFUT") is not None


def test_the_default_watchlist_of_the_real_exchange_is_real(universe: Universe) -> None:
    assert all(each.tradable_on(TODAY) for each in universe.tradable_on(TODAY).default_watchlist())


@pytest.mark.parametrize("count", [1, 5, 20, 1_000, 9_000, 27_000])
def test_an_expanded_universe_has_as_many_as_asked_for(universe: Universe, count: int) -> None:
    expanded = universe.expanded(count)
    assert len(expanded) == count
    shared = min(count, len(universe))
    assert list(expanded)[:shared] == list(universe)[:shared]


def test_made_up_shares_are_unlisted_and_in_nobodys_range(universe: Universe) -> None:
    made_up = list(universe.expanded(len(universe) + 500))[len(universe) :]
    assert made_up[0].key == "NSE:SIM0001"
    assert not any(each.listed for each in made_up)
    assert all(each.instrument_token >> 8 > 8_000_000 for each in made_up)
    assert all(each.reference_price % each.tick_size == 0 for each in made_up)


def test_two_instruments_cannot_share_a_token(universe: Universe) -> None:
    with pytest.raises(ValueError, match="share a token"):
        Universe([*universe, universe.resolve("INFY")])
