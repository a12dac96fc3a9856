"""What is suggested for a few letters: the likeliest first, and nothing that is not meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.instruments import Instrument, Kind, Universe
from kitetui.wire import divisor_of
from tests.instruments.helpers import Line, universe_of

OCTOBER, NOVEMBER = date(2026, 10, 27), date(2026, 11, 24)
WEEKLY, DECEMBER = date(2026, 12, 1), date(2026, 12, 29)


def contract(symbol: str, kind: Kind, expiry: date, strike: str | None = None) -> Instrument:
    """A derivative; its name is its underlying, the letters that its symbol begins with."""
    underlying = symbol[: next(at for at, letter in enumerate(symbol) if letter.isdigit())]
    price = None if strike is None else Decimal(strike)
    return Instrument(token_of(symbol), "NFO", symbol, underlying, kind, expiry, price, 5, 1, 0, True)


def share(symbol: str, name: str = "", exchange: str = "NSE", kind: Kind = Kind.EQUITY) -> Instrument:
    return Instrument(token_of(exchange + symbol), exchange, symbol, name, kind, None, None, 5, 1, 0, True)


def line_of(each: Instrument) -> Line:
    """An instrument as Kite's list has it."""
    segment = "INDICES" if each.kind is Kind.INDEX else each.exchange
    tick_size = Decimal(each.tick_size) / divisor_of(each.instrument_token)
    values = (
        each.instrument_token,
        0,
        each.tradingsymbol,
        each.name,
        0.0,
        each.expiry or "",
        each.strike or 0,
    )
    return *values, tick_size, each.lot_size, each.kind, segment, each.exchange


def token_of(symbol: str) -> int:
    """A token that differs from symbol to symbol, and begins with a 9 as nothing else does."""
    return 900_000_001 + 256 * sum((at + 1) * 131 * ord(letter) for at, letter in enumerate(symbol))


LISTED = (
    contract("NIFTY26DEC52000CE", Kind.CALL, DECEMBER, "52000"),
    contract("NIFTY26DEC25000CE", Kind.CALL, DECEMBER, "25000"),
    contract("NIFTY26DEC25000PE", Kind.PUT, DECEMBER, "25000"),
    contract("NIFTY26D0125000CE", Kind.CALL, WEEKLY, "25000"),
    contract("NIFTY26D0125000PE", Kind.PUT, WEEKLY, "25000"),
    contract("BANKNIFTY26DEC52000PE", Kind.PUT, DECEMBER, "52000"),
    contract("BANKNIFTY26NOV52000PE", Kind.PUT, NOVEMBER, "52000"),
    contract("BANKNIFTY26NOV52000CE", Kind.CALL, NOVEMBER, "52000"),
    contract("USDINR26DEC84.25CE", Kind.CALL, DECEMBER, "84.2500"),
    contract("NIFTY26DECFUT", Kind.FUTURE, DECEMBER),
    contract("NIFTY26NOVFUT", Kind.FUTURE, NOVEMBER),
    contract("RELIANCE26DECFUT", Kind.FUTURE, DECEMBER),
    contract("RELIANCE26NOVFUT", Kind.FUTURE, NOVEMBER),
    share("RELIANCE", "RELIANCE INDUSTRIES"),
    share("RELIANCE", "RELIANCE INDUSTRIES", "BSE"),
    share("RPOWER", "RELIANCE POWER"),
    share("RECLTD", "REC"),
    share("HDFCBANK", "HDFC Bank"),
    share("BANKBARODA", "BANK OF BARODA"),
    share("SBIN", "STATE BANK OF INDIA"),
    share("FUTURISTIC", "FUTURISTIC SOLUTIONS"),
    share("CESC", "CESC"),
    share("NIFTY 50", "NIFTY 50", kind=Kind.INDEX),
    share("NIFTY BANK", "NIFTY BANK", kind=Kind.INDEX),
    share("NIFTY NEXT 50", "NIFTY NEXT 50", kind=Kind.INDEX),
    share("MON100", "MOTILAL OS NASDAQ100 ETF"),
)
UNIVERSE = Universe.of(LISTED)


def found(text: str, limit: int = 20) -> list[str]:
    """The keys that are suggested; those of the NSE without it."""
    return [each.key.removeprefix("NSE:") for each in UNIVERSE.search(text, limit)]


@pytest.mark.parametrize(
    "text", ["", " ", ":", " : ", "xyzzy", "nyse:ibm", "nyse:", "reliance xyzzy", "9" * 5000]
)
def test_what_means_nothing_suggests_nothing(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_no_more_is_suggested_than_asked_for(limit: int) -> None:
    assert found("reliance", limit) == found("reliance")[:limit]
    assert len(found("reliance", limit)) == limit


def test_a_symbol_itself_comes_before_what_begins_with_it_and_that_before_what_is_named_so() -> None:
    assert found("reliance") == [
        "RELIANCE",
        "BSE:RELIANCE",
        "NFO:RELIANCE26NOVFUT",
        "NFO:RELIANCE26DECFUT",
        "RPOWER",
    ]


def test_the_beginning_of_a_symbol_comes_before_a_word_of_a_name_and_that_before_any_other_part() -> None:
    assert found("bank")[:6] == [
        "NIFTY BANK",
        "BANKBARODA",
        "NFO:BANKNIFTY26NOV52000CE",
        "NFO:BANKNIFTY26NOV52000PE",
        "NFO:BANKNIFTY26DEC52000PE",
        "SBIN",
    ]
    assert found("bar") == ["BANKBARODA"]
    assert found("iance")[:2] == ["RELIANCE", "BSE:RELIANCE"]


def test_a_symbol_itself_comes_first_also_where_a_longer_one_is_listed_before_it() -> None:
    universe = Universe.of([share("SBIN"), share("SBI")])
    assert [each.tradingsymbol for each in universe.search("sbi", 5)] == ["SBI", "SBIN"]


def test_case_and_blanks_change_nothing() -> None:
    assert found("  HDFC   bank ") == found("hdfc bank") == ["HDFCBANK"]


def test_several_words_must_all_be_there_in_any_order() -> None:
    assert found("india state") == found("state india") == ["SBIN"]
    assert found("state baroda") == []


@pytest.mark.parametrize(
    ("text", "first"),
    [("nifty", "NIFTY 50"), ("NIFTY50", "NIFTY 50"), ("banknifty", "NIFTY BANK"), ("bankn", "NIFTY BANK")],
)
def test_an_index_is_found_by_what_people_call_it(text: str, first: str) -> None:
    assert found(text)[0] == first


def test_indices_come_before_futures_and_these_before_options_the_next_expiry_first() -> None:
    assert found("nifty") == [
        "NIFTY 50",
        "NIFTY BANK",
        "NIFTY NEXT 50",
        "NFO:NIFTY26NOVFUT",
        "NFO:NIFTY26DECFUT",
        "NFO:NIFTY26D0125000CE",
        "NFO:NIFTY26D0125000PE",
        "NFO:NIFTY26DEC52000CE",
        "NFO:NIFTY26DEC25000CE",
        "NFO:NIFTY26DEC25000PE",
        "NFO:BANKNIFTY26NOV52000CE",
        "NFO:BANKNIFTY26NOV52000PE",
        "NFO:BANKNIFTY26DEC52000PE",
    ]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("nifty 25000 ce", ["NFO:NIFTY26D0125000CE", "NFO:NIFTY26DEC25000CE"]),
        ("25000 nifty pe", ["NFO:NIFTY26D0125000PE", "NFO:NIFTY26DEC25000PE"]),
        ("nifty 29 dec 25000 pe", ["NFO:NIFTY26DEC25000PE"]),
        ("nifty 1dec 25000 pe", ["NFO:NIFTY26D0125000PE"]),
        ("banknifty nov 52000 pe", ["NFO:BANKNIFTY26NOV52000PE"]),
        ("banknifty nov", ["NFO:BANKNIFTY26NOV52000CE", "NFO:BANKNIFTY26NOV52000PE"]),
        ("reliance fut", ["NFO:RELIANCE26NOVFUT", "NFO:RELIANCE26DECFUT"]),
        ("usdinr 84.25 ce", ["NFO:USDINR26DEC84.25CE"]),
        ("52000 pe", ["NFO:BANKNIFTY26NOV52000PE", "NFO:BANKNIFTY26DEC52000PE"]),
        ("bank index", ["NIFTY BANK"]),
        ("reliance eq", ["RELIANCE", "BSE:RELIANCE", "RPOWER"]),
    ],
)
def test_a_contract_is_found_by_what_it_is(text: str, keys: list[str]) -> None:
    assert found(text) == keys


def test_the_strike_of_another_underlying_with_this_in_its_name_comes_last() -> None:
    assert found("nifty 52000") == [
        "NFO:NIFTY26DEC52000CE",
        "NFO:BANKNIFTY26NOV52000CE",
        "NFO:BANKNIFTY26NOV52000PE",
        "NFO:BANKNIFTY26DEC52000PE",
    ]


def test_a_kind_that_stands_alone_may_be_the_beginning_of_a_name() -> None:
    assert found("ce")[0] == "CESC"
    assert found("fut")[0] == "FUTURISTIC"
    assert "NFO:NIFTY26NOVFUT" in found("fut")


def test_an_exchange_is_searched_alone() -> None:
    assert found("nse:re") == ["RELIANCE", "RECLTD", "RPOWER"]
    assert found("BSE: rel") == ["BSE:RELIANCE"]
    assert found("bse:") == ["BSE:RELIANCE"]
    assert found("nfo:reliance dec fut") == ["NFO:RELIANCE26DECFUT"]


def test_a_token_is_found_by_all_its_digits() -> None:
    token = str(LISTED[0].instrument_token)
    assert found(token) == [LISTED[0].key]
    assert found(token[:-1]) == found(token[1:]) == []


def test_the_order_of_a_list_does_not_change_what_is_suggested() -> None:
    turned = Universe.of(reversed(LISTED))
    for text in ("nse:re", "nifty", "bank", "52000 pe", "fut"):
        assert turned.search(text) == UNIVERSE.search(text)


def test_every_instrument_that_ships_is_found_by_its_symbol_and_by_its_key() -> None:
    universe = Universe.load()
    for each in universe:
        assert universe.search(each.key.lower(), 1) == [each]
        assert each in universe.search(each.tradingsymbol, 5)
        assert universe.search(str(each.instrument_token), 1) == [each]


def test_what_the_real_exchange_must_not_be_asked_for_is_never_suggested() -> None:
    real = Universe.load().tradable_on(date(2026, 11, 2))
    suggested = [
        each for text in ("nifty", "fut", "nfo:", "oct", "usdinr") for each in real.search(text, 500)
    ]
    assert any(each.kind is Kind.CALL for each in suggested)
    assert all(each.tradable_on(date(2026, 11, 2)) for each in suggested)


def test_the_first_suggestions_for_the_best_known_are_the_best_known() -> None:
    def first(text: str) -> str:
        return Universe.load().search(text, 1)[0].key

    wanted = {
        "re": "NSE:RELIANCE",
        "sbi": "NSE:SBIN",
        "vix": "NSE:INDIA VIX",
        "sen": "BSE:SENSEX",
        "m&m": "NSE:M&M",
    }
    assert {text: first(text) for text in wanted} == wanted


def test_a_symbol_is_found_while_it_is_being_typed() -> None:
    for symbol in ("RELIANCE", "NIFTY26DEC25000CE", "USDINR26DEC84.25CE", "NIFTY26D0125000PE"):
        for length in range(3, len(symbol) + 1):
            assert any(key.endswith(symbol) for key in found(symbol[:length])), symbol[:length]


def test_a_whole_strike_comes_before_those_that_it_begins() -> None:
    universe = Universe.of(
        contract(f"NIFTY26DEC{strike}CE", Kind.CALL, DECEMBER, strike)
        for strike in ("25000", "2500", "25050")
    )
    assert [str(each.strike) for each in universe.search("nifty 2500")] == ["2500", "25000"]
    assert [str(each.strike) for each in universe.search("nifty 250")] == ["25000", "25050", "2500"]


def test_signs_and_letters_of_other_scripts_are_no_obstacle() -> None:
    for text in ("reliance\x00", "reliance\x1b[", '"reliance', "reliance*", "reliance²"):
        assert found(text)[:1] == ["RELIANCE"], text
    assert found("nse:रिलायंस") == found("रिलायंस") == found("nse:²") == []


EXPIRED = (
    contract("NIFTY26OCTFUT", Kind.FUTURE, OCTOBER),
    contract("RELIANCE26OCTFUT", Kind.FUTURE, OCTOBER),
    contract("BANKNIFTY26OCT52000PE", Kind.PUT, OCTOBER, "52000"),
)
MADE_UP = replace(share("RELNEW", "RELIANCE NEW"), listed=False)
TODAY = date(2026, 11, 25)
OF_TODAY = Universe.of([*LISTED, *EXPIRED, MADE_UP]).tradable_on(TODAY)


@pytest.mark.parametrize("each", [*EXPIRED, MADE_UP, *(each for each in LISTED if each.expiry == NOVEMBER)])
def test_what_has_expired_or_is_made_up_is_found_by_nothing(each: Instrument) -> None:
    for text in (
        each.key,
        each.tradingsymbol,
        each.name,
        str(each.instrument_token),
        f"{each.name} {each.kind}",
    ):
        assert each not in OF_TODAY.search(text, 100)


def test_a_list_that_was_downloaded_answers_as_one_in_memory(tmp_path: Path) -> None:
    downloaded = universe_of(tmp_path, [line_of(each) for each in LISTED])
    assert len(downloaded) == len(LISTED)
    for text in (
        "nifty 25000 ce",
        "reliance fut",
        "banknifty nov 52000 pe",
        "bse:",
        "usdinr 84.25",
        "re",
        "50",
    ):
        assert downloaded.search(text) == UNIVERSE.search(text), text


TYPED = st.text() | st.lists(
    st.sampled_from(
        ["nifty", "bank", "re", "NSE:", "nfo:", "fut", "ce", "25000", "26", "oct", " ", ".", '"', "²"]
    )
    | st.text(max_size=2)
).map("".join)


@given(TYPED, st.integers(0, 30))
def test_any_text_suggests_each_instrument_at_most_once_and_none_that_cannot_be_had(
    text: str, limit: int
) -> None:
    suggested = OF_TODAY.search(text, limit)
    assert len(suggested) == len({each.key for each in suggested}) <= limit
    assert all(each.tradable_on(TODAY) for each in suggested)


@given(st.sampled_from(LISTED), st.booleans())
def test_a_whole_symbol_is_suggested_first_in_any_case(instrument: Instrument, lower: bool) -> None:
    typed = instrument.key.lower() if lower else instrument.key
    assert UNIVERSE.search(typed, 3)[0] == instrument
