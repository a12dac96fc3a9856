"""The table that ships: true tokens, every segment, prices that are multiples of their ticks."""

from __future__ import annotations

import pytest

from kitetui.instruments import Kind, Universe
from kitetui.instruments.builtin import DEFAULT_WATCHLIST, builtin_instruments
from kitetui.wire import Exchange, divisor_of

SEGMENTS = ("NSE", "NFO", "CDS", "BSE", "BFO", "BCD", "MCX", "INDICES")
KNOWN_TOKENS = {
    "NSE:INFY": 408065,
    "NSE:RELIANCE": 738561,
    "NSE:NIFTY 50": 256265,
    "NSE:NIFTY BANK": 260105,
    "BSE:SENSEX": 265,
    "BSE:RELIANCE": 500325 << 8 | 4,
    "NFO:NIFTY26DEC25000CE": 18304770,
}


@pytest.mark.parametrize(("key", "token"), KNOWN_TOKENS.items())
def test_well_known_instruments_have_their_true_tokens(key: str, token: int) -> None:
    found = Universe.load().by_key(key)
    assert found is not None
    assert found.instrument_token == token


@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_segment_has_an_instrument(segment: str) -> None:
    assert any(each.segment.name == segment for each in Universe.load())


def test_no_two_instruments_share_a_token_or_a_key() -> None:
    listed = builtin_instruments()
    assert len(listed) > 300
    assert len({each.instrument_token for each in listed}) == len(listed)
    assert len({each.key for each in listed}) == len(listed)


def test_the_default_watchlist_comes_first_so_that_a_small_universe_keeps_it() -> None:
    first = builtin_instruments()[: len(DEFAULT_WATCHLIST)]
    assert {each.key for each in first} == set(DEFAULT_WATCHLIST)


def test_every_segment_is_among_the_first_twenty_so_that_a_small_exchange_has_it() -> None:
    assert {each.segment.name for each in builtin_instruments()[:20]} == set(SEGMENTS)


def test_tokens_fit_32_bits_and_names_fit_a_terminal() -> None:
    for each in builtin_instruments():
        assert 0 < each.instrument_token < 2**32, each.key
        assert f"{each.key}{each.name}".isascii(), each.key
        assert f"{each.key}{each.name}".isprintable(), each.key
        assert each.tradingsymbol == each.tradingsymbol.strip().upper(), each.key


def test_a_token_says_the_exchange_that_its_instrument_names() -> None:
    for each in Universe.load():
        expected = Exchange.INDICES if each.kind is Kind.INDEX else Exchange[each.exchange]
        assert each.segment is expected, each.key


def test_prices_are_whole_ticks_with_room_for_a_market() -> None:
    for each in Universe.load():
        assert each.tick_size >= 1, each.key
        assert each.reference_price % each.tick_size == 0, each.key
        assert each.reference_price >= 100 * each.tick_size, each.key
        assert each.reference_price * 1.2 < 2**31, each.key
        assert each.lot_size >= 1, each.key


def test_derivatives_expire_and_options_have_a_strike() -> None:
    for each in Universe.load():
        is_option = each.kind in (Kind.CALL, Kind.PUT)
        assert (each.expiry is not None) == (is_option or each.kind is Kind.FUTURE), each.key
        assert (each.strike is not None) == is_option, each.key


def test_currency_and_commodity_contracts_are_never_taken_for_published_ones() -> None:
    unpublished = [each for each in Universe.load() if each.exchange in ("CDS", "BCD", "MCX")]
    assert unpublished
    assert not any(each.listed for each in unpublished)


def test_a_currency_price_keeps_its_four_decimals() -> None:
    dollar = Universe.load().resolve("CDS:USDINR26DECFUT")
    assert dollar.reference_price / divisor_of(dollar.instrument_token) == 88.5625
    assert dollar.tick_size == 25_000
