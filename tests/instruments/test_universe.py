"""A universe resolves what people type, and says in one sentence why it cannot."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.instruments import Instrument, Kind, Universe, UnknownSymbol
from kitetui.instruments.instrument import ALIASES, EXCHANGES

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
        assert universe.resolve(each.key) == each
        assert universe.resolve(each.key.lower()) == each
        assert universe.resolve(str(each.instrument_token)) == each


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


def test_two_instruments_cannot_share_a_token_or_a_key(universe: Universe) -> None:
    infy = universe.resolve("INFY")
    for twin in (replace(infy, tradingsymbol="OTHER"), replace(infy, instrument_token=257)):
        with pytest.raises(ValueError, match="share a token or a key"):
            Universe.of([*universe, twin])


@pytest.mark.parametrize(
    ("pattern", "like"),
    [
        ("NSE:*BANK*", r"NSE:.*BANK.*"),
        ("nse:*bank*", r"NSE:.*BANK.*"),
        ("NFO:NIFTY26DEC*", r"NFO:NIFTY26DEC.*"),
        ("?NFY", r"(NSE|BSE):.NFY"),
        ("NSE:[MN]*", r"NSE:[MN].*"),
        ("NSE:NIFTY  *0", r"NSE:NIFTY .*0"),
        ("*", r".*"),
    ],
)
def test_a_pattern_stands_for_all_that_is_like_it_and_nothing_else(
    universe: Universe, pattern: str, like: str
) -> None:
    found = universe.matching(pattern)
    assert found == [each for each in universe if re.fullmatch(like, each.key)]
    assert found


@given(st.text(alphabet="BANKNIFTY:*?[]-^ 2\x00\ud800", max_size=12))
def test_whatever_a_pattern_gives_is_like_it(pattern: str) -> None:
    found: list[Instrument] = []
    with suppress(UnknownSymbol):
        found = Universe.load().matching(pattern)
    exchange, _, symbol = (part.strip() for part in " ".join(pattern.split()).rpartition(":"))
    assert {each.exchange for each in found} <= ({exchange} if exchange else set(EXCHANGES))
    assert len(found) == len({each.key for each in found})
    # SQLite has its own idea of a bracket that is never closed, and ends a pattern at a zero.
    if not {"[", "\x00"} & set(pattern):
        assert all(fnmatchcase(each.tradingsymbol, symbol) for each in found)


@pytest.mark.parametrize(
    "pattern",
    ["NSE:XYZ*", "*" * 60_000 + "!", f"NSE:{'[A-Z]' * 20_000}", "\x1b[*", "\ud800*"],
    ids=["like nothing", "far too long", "far too many", "escape", "half a character"],
)
def test_a_pattern_that_nothing_is_like_is_answered_with_an_example(universe: Universe, pattern: str) -> None:
    with pytest.raises(UnknownSymbol, match=r"no symbol is like .* as in NSE:\*BANK\*$") as caught:
        universe.matching(pattern)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 140


def test_a_pattern_of_another_exchange_is_answered_as_a_symbol_is(universe: Universe) -> None:
    with pytest.raises(UnknownSymbol, match=r"^no exchange NYSE; the exchanges are NSE"):
        universe.matching("NYSE:*")
    with pytest.raises(UnknownSymbol, match="a symbol is needed"):
        universe.matching("NSE:")


def test_a_pattern_finds_nothing_that_cannot_be_had(universe: Universe) -> None:
    assert universe.matching("NIFTY26OCT*")
    real = universe.tradable_on(TODAY)
    assert all(each.tradable_on(TODAY) for each in real.matching("*"))
    with pytest.raises(UnknownSymbol):
        real.matching("NIFTY26OCT*")


@given(st.text(max_size=30))
def test_any_text_is_an_instrument_or_one_sentence(text: str) -> None:
    for universe in (Universe.load(), Universe.load().tradable_on(TODAY)):
        try:
            found = universe.resolve(text)
        except UnknownSymbol as unknown:
            said = str(unknown)
        else:
            said = found.key
        assert said.isprintable()
        assert len(said) < 200


@pytest.mark.parametrize("text", ["\ud800", "NSE:\ud800", "\x00", "NSE:\x00"])
def test_bytes_that_are_no_text_are_no_symbol(universe: Universe, text: str) -> None:
    assert refusal(universe, text).startswith("no ")
    assert refusal(universe.tradable_on(TODAY), text).startswith("no ")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("NFO:NIFTY26SEP25000CE", "NFO:NIFTY26SEP25000CE has expired; the next is NFO:NIFTY26DEC25000CE"),
        ("NIFTY2510925000CE", "NFO:NIFTY2510925000CE has expired; the next is NFO:NIFTY26DEC25000CE"),
        ("NIFTY26OCTFUT", "NFO:NIFTY26OCTFUT expired on 2026-10-27; name a later contract"),
        ("CDS:USDINR25MARFUT", "CDS:USDINR25MARFUT has expired; name a later contract"),
    ],
)
def test_a_contract_that_has_expired_names_the_next(universe: Universe, text: str, answer: str) -> None:
    with pytest.raises(UnknownSymbol) as caught:
        universe.tradable_on(TODAY).resolve(text)
    assert str(caught.value) == answer
    following = caught.value.successor
    assert answer.endswith(following.key if following else "name a later contract")


def test_a_share_that_moved_to_another_series_is_named_by_its_new_symbol(universe: Universe) -> None:
    infy = universe.resolve("INFY")
    moved = Universe.of([replace(infy, tradingsymbol="INFY-BE")]).tradable_on(TODAY)
    with pytest.raises(UnknownSymbol) as caught:
        moved.resolve("NSE:INFY")
    assert str(caught.value) == "no NSE:INFY; it is traded as NSE:INFY-BE now"
    assert caught.value.successor == moved.by_key("NSE:INFY-BE")


def test_what_a_simulated_exchange_trades_has_not_expired(universe: Universe) -> None:
    assert universe.resolve("NFO:NIFTY26OCTFUT").expiry == date(2026, 10, 27)


def test_a_symbol_of_two_exchanges_is_the_first_ones_unless_it_is_named(universe: Universe) -> None:
    assert [universe.resolve(text).exchange for text in ("RELIANCE", "BSE:RELIANCE")] == ["NSE", "BSE"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("INFY-EQ", "NSE:INFY"),
        ("NSE:INFY-EQ", "NSE:INFY"),
        ("RELIANCE.NS", "NSE:RELIANCE"),
        ("M_M", "NSE:M&M"),
        ("NSE:BAJAJ_AUTO", "NSE:BAJAJ-AUTO"),
    ],
)
def test_a_symbol_of_another_program_gets_the_one_of_kite(written: str, meant: str) -> None:
    listed = [f"NSE:{each}" for each in ("INFY", "RELIANCE", "M&M", "BAJAJ-AUTO", "INFYX")]
    shares = [
        replace(Universe.load().resolve("NSE:INFY"), instrument_token=number << 8 | 1, tradingsymbol=each[4:])
        for number, each in enumerate(listed, 1)
    ]
    with pytest.raises(UnknownSymbol, match=rf"did you mean {re.escape(meant)}\?$"):
        Universe.of(shares).resolve(written)


def test_an_exchange_beyond_indias_is_known_where_the_list_has_it() -> None:
    index = replace(
        Universe.load().resolve("NSE:NIFTY 50"),
        instrument_token=291_849,
        exchange="NSEIX",
        tradingsymbol="GIFT NIFTY",
    )
    universe = Universe.of([index])
    assert universe.resolve("nseix:gift nifty") == universe.resolve("GIFT NIFTY") == index
    assert universe.matching("NSEIX:GIFT*") == [index]
    assert refusal(universe, "NSEIX:GIFT NIFTI").endswith("did you mean NSEIX:GIFT NIFTY?")
    assert "NCO, NSEIX" in refusal(universe, "NYSE:IBM")
