"""Filters: what passes them, what they cannot read, and what they say then."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kitetui.instruments import Instrument, Kind
from kitetui.instruments.instrument import EXCHANGES
from kitetui.market.cache import LastValueCache, Quotes, quotes
from kitetui.tui.filter import EVERYTHING, FIELDS, OPERATORS, Filter, FilterError
from kitetui.wire import decode_frame
from tests.wire.packets import FULL, INDEX_FULL, LTP, frame, packet, token

NOW = 1_795_324_337.0
TIMED = 100_000.0
"""The same moment by the clock of ages."""

SECOND = 1_000_000_000


def listed(symbol: str, exchange: str, kind: Kind, name: str = "", strike: int | None = None) -> Instrument:
    """An instrument whose token is made of its place in the alphabet."""
    segment = "INDICES" if kind is Kind.INDEX else exchange
    expiry = None if kind in (Kind.INDEX, Kind.EQUITY) else date(2026, 12, 29)
    price = None if strike is None else Decimal(strike)
    number = sum(256**at * ord(letter) for at, letter in enumerate(symbol[:2])) + len(symbol)
    return Instrument(token(segment, number), exchange, symbol, name, kind, expiry, price, 5, 1, 0, True)


NIFTY = listed("NIFTY 50", "NSE", Kind.INDEX, "NIFTY 50")
HDFC = listed("HDFCBANK", "NSE", Kind.EQUITY, "HDFC Bank")
SBI = listed("SBIN", "BSE", Kind.EQUITY, "State Bank of India")
FUTURE = listed("BANKNIFTY26DECFUT", "NFO", Kind.FUTURE, "BANKNIFTY")
CALL = listed("NIFTY26DEC25000CE", "NFO", Kind.CALL, "NIFTY", 25_000)
PUT = listed("XIFTY26DEC25000PE", "NFO", Kind.PUT, "NIFTY", 25_000)
SILENT = listed("QUIET", "NSE", Kind.EQUITY)
ALL = (NIFTY, HDFC, SBI, FUTURE, CALL, PUT, SILENT)

SHARE = {"bid_quantity_1": 1, "ask_quantity_1": 1}
PACKETS = {
    NIFTY: packet(
        INDEX_FULL,
        instrument_token=NIFTY.instrument_token,
        last_price=2_481_235,
        close=2_470_875,
        price_change=10_360,
    ),
    HDFC: packet(
        FULL,
        instrument_token=HDFC.instrument_token,
        last_price=100_000,
        open=99_000,
        high=100_000,
        low=98_000,
        close=98_000,
        volume_traded=110_000,
        bid_price_1=99_995,
        ask_price_1=100_000,
        **SHARE,
    ),
    SBI: packet(
        FULL,
        instrument_token=SBI.instrument_token,
        last_price=49_500,
        open=50_500,
        high=51_000,
        low=49_000,
        close=50_000,
        volume_traded=25_000_000,
        bid_price_1=49_490,
        ask_price_1=49_500,
        **SHARE,
    ),
    FUTURE: packet(
        FULL, instrument_token=FUTURE.instrument_token, last_price=5_500_000, close=5_500_000, oi=25_000_000
    ),
    CALL: packet(LTP, instrument_token=CALL.instrument_token, last_price=14_285),
    PUT: packet(LTP, instrument_token=PUT.instrument_token, last_price=9_500),
}
AGES = {NIFTY: 0.4, HDFC: 9.9, SBI: 10.0, FUTURE: 61.0, CALL: 3600.0, PUT: 90_000.0}


def market() -> Quotes:
    """The quotes of `ALL`: each has ticked but the last, which never has."""
    cache = LastValueCache()
    for each, data in PACKETS.items():
        received_at = np.array([int((NOW - AGES[each]) * SECOND)])
        cache.apply(decode_frame(frame(data)), received_at, np.zeros(1, np.bool_), TIMED - AGES[each])
    return quotes(cache, [each.instrument_token for each in ALL], NOW, TIMED)


MARKET = market()


def passing(text: str) -> list[Instrument]:
    """The instruments that a filter shows, in their order."""
    kept = Filter.parse(text).matches(MARKET, ALL)
    return [each for each, is_kept in zip(ALL, kept, strict=True) if is_kept]


def refusal(text: str) -> tuple[str, str]:
    """What a filter is refused with, and the part of it that this is about."""
    with pytest.raises(FilterError) as caught:
        Filter.parse(text)
    return str(caught.value), text[caught.value.start : caught.value.end]


def outcome(text: str) -> tuple[Filter, FilterError | None]:
    """What a text is read as, or why it is not."""
    try:
        return Filter.parse(text), None
    except FilterError as error:
        return EVERYTHING, error


@pytest.mark.parametrize("text", ["", " ", "\t "])
def test_no_filter_shows_everything(text):
    assert Filter.parse(text) is EVERYTHING
    assert passing(text) == list(ALL)
    assert EVERYTHING.text == ""


def test_a_filter_keeps_its_text_without_blanks_around_it():
    assert Filter.parse("  chg > 2 ").text == "chg > 2"


def test_a_filter_of_no_instruments_shows_none():
    nothing = quotes(LastValueCache(), [], NOW, TIMED)
    assert Filter.parse("chg>2 bank -fut").matches(nothing, []).tolist() == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("chg>2", [HDFC]),
        ("chg>=2.04", [HDFC]),
        ("chg<0", [SBI]),
        ("chg=0", [FUTURE]),
        ("chg=-1", [SBI]),
        ("pts>100", [NIFTY]),
        ("pts=-5", [SBI]),
        ("ltp<100", [PUT]),
        ("ltp=1000", [HDFC]),
        ("ltp!=1000", [NIFTY, SBI, FUTURE, CALL, PUT]),
        ("vol>1L", [HDFC, SBI]),
        ("oi>=2.5Cr", [FUTURE]),
        ("bid>=499", [HDFC]),
        ("ask<=495", [SBI]),
        ("spread<0.1", [HDFC]),
        ("spread=0.05", [HDFC]),
        ("open=505", [SBI]),
        ("high=510", [SBI]),
        ("low=490", [SBI]),
        ("close=500", [SBI]),
        ("age<1", [NIFTY]),
    ],
)
def test_every_field_and_every_operator_compares(text, shown):
    assert passing(text) == shown


def test_every_field_can_be_compared_with_a_number_and_with_itself():
    for name in FIELDS:
        for sign in OPERATORS:
            assert SILENT not in passing(f"{name}{sign}0"), name
            assert SILENT not in passing(f"{name}{sign}{name}"), name


def test_a_field_is_compared_with_a_field():
    assert passing("high=ltp") == [HDFC]
    assert passing("ltp>open") == [HDFC]
    assert passing("LTP<Open") == [SBI]


@pytest.mark.parametrize(
    "text", ["chg > 2", "chg> 2", "chg >2", "CHG>2", "chg>+2", "chg>2%", "chg%>2", "chg>2.0"]
)
def test_blanks_case_and_a_percent_sign_change_nothing(text):
    assert passing(text) == passing("chg>2") == [HDFC]


@pytest.mark.parametrize(
    "text",
    "vol=110000 vol=1,10,000 vol=110,000 vol=1.1L vol=1.1l vol=110K vol=.11m vol=0.011Cr".split(),
)
def test_a_number_may_be_grouped_and_shortened(text):
    assert passing(text) == [HDFC]


def test_a_price_below_zero_can_be_asked_for():
    assert passing("chg>-2 chg<0") == [SBI]


def test_ages_are_in_seconds_or_in_a_unit_of_time():
    assert passing("age<10") == passing("age<10s") == [NIFTY, HDFC]
    assert passing("age=9") == [HDFC]
    assert passing("age>1m") == [FUTURE, CALL, PUT]
    assert passing("age>=1H") == [CALL, PUT]
    assert passing("age>1d") == [PUT]


def test_a_change_is_compared_as_it_is_shown():
    figures = packet(FULL, instrument_token=HDFC.instrument_token, last_price=1_019_996, close=1_000_000)
    cache = LastValueCache()
    cache.apply(decode_frame(frame(figures)), np.zeros(1, np.int64), np.zeros(1, np.bool_), TIMED)
    columns = quotes(cache, [HDFC.instrument_token], NOW, TIMED)
    assert columns.percent[0] < 2
    assert Filter.parse("chg>=2").matches(columns, [HDFC]).all()


def test_what_is_a_blank_passes_no_comparison():
    assert passing("vol>=0") == [HDFC, SBI, FUTURE]
    assert passing("vol!=5") == [HDFC, SBI, FUTURE]
    assert passing("-vol>1Cr") == [HDFC, FUTURE]
    assert passing("ltp!=bid") == passing("bid!=ltp") == [HDFC, SBI]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bank", [HDFC, SBI, FUTURE]),
        ("BANK", [HDFC, SBI, FUTURE]),
        ("nifty", [NIFTY, FUTURE, CALL, PUT]),
        ("nifty 50", [NIFTY, CALL, PUT]),
        ("25000", [CALL, PUT]),
        ("nosuch", []),
    ],
)
def test_a_word_is_looked_for_in_symbol_and_name(text, shown):
    assert passing(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ce", [CALL]),
        ("PE", [PUT]),
        ("fut", [FUTURE]),
        ("index", [NIFTY]),
        ("eq", [HDFC, SBI, SILENT]),
        ("nse:", [NIFTY, HDFC, SILENT]),
        ("NFO:", [FUTURE, CALL, PUT]),
        ("nse:bank", [HDFC]),
    ],
)
def test_a_kind_and_an_exchange_are_named(text, shown):
    assert passing(text) == shown


@pytest.mark.parametrize("term", ["bank", "fut", "nse:", "nse:bank"])
def test_a_name_that_is_turned_round_shows_all_others(term):
    others = [each for each in ALL if each not in passing(term)]
    assert passing(f"-{term}") == passing(f"!{term}") == others


@pytest.mark.parametrize("sign", OPERATORS)
def test_a_comparison_that_is_turned_round_shows_all_others_with_a_figure(sign):
    others = [each for each in ALL if each is not SILENT and each not in passing(f"ltp{sign}495")]
    assert passing(f"-ltp{sign}495") == passing(f"!ltp {sign} 495") == others


def test_all_terms_must_hold():
    assert passing("bank -fut chg<0") == [SBI]
    assert passing("nfo: -fut ltp>100 nifty") == [CALL]
    assert passing("ltp>1 bse:") == [SBI]


@pytest.mark.parametrize(
    ("text", "sentence", "part"),
    [
        ("bank chgg>2", 'no field "chgg"; did you mean chg?', "chgg"),
        ("lpt<5", 'no field "lpt"; did you mean ltp?', "lpt"),
        ("-volume>5", 'no field "volume"; did you mean vol?', "volume"),
        ("high=lpt vol>1", 'no field "lpt"; did you mean ltp?', "lpt"),
        ("chg>", "a number or a field goes after >, as in chg>2", ">"),
        ("chg>=<2", "a number or a field goes after >=, as in chg>=2", "<"),
        ("hgih >2", 'no field "hgih"; did you mean high?', "hgih"),
        ("<2", "a field goes before <, as in chg<2", "<"),
        ("chg>1<2", "a field goes before <, as in chg<2", "<"),
        ("2<chg", "the field goes first, as in chg<2", "2"),
        ("nse: chg 2", "chg is a field: compare it, as in chg>2", "chg"),
        ("-chg%", "chg is a field: compare it, as in chg>2", "-chg%"),
        ("vol>1,0", '"1,0" is no number', "1,0"),
        ("vol>1,00,00", '"1,00,00" is no number', "1,00,00"),
        ("vol>2x3", '"2x3" is no number', "2x3"),
        ("vol>2%", '"2%" is no number here; it may end in K, L, Cr, M, B', "2%"),
        ("chg>2L", '"2L" is no number here; it may end in %', "2L"),
        ("age>2L", '"2L" is no number here; it may end in s, m, h, d', "2L"),
        ("nyse:ibm", f'no exchange "NYSE"; the exchanges are {", ".join(EXCHANGES)}', "nyse:ibm"),
        ("bank -", "- goes right before what is not wanted, as in -fut", "-"),
        ("! fut", "! goes right before what is not wanted, as in !fut", "!"),
    ],
)
def test_what_cannot_be_read_is_marked_and_explained(text, sentence, part):
    assert refusal(text) == (sentence, part)


def test_a_field_like_no_other_is_answered_with_all_of_them():
    assert refusal("xyzzy>2")[0] == f'no field "xyzzy"; the fields are {", ".join(FIELDS)}'


@pytest.mark.parametrize(
    "text", ["\x1b[2J>2", "ltp>\x1b[2J", "\x1b[2J:x", f"{'x' * 5000}>2", f"ltp>{'9x' * 5000}"]
)
def test_a_refusal_is_short_and_printable_whatever_was_typed(text):
    sentence, _ = refusal(text)
    assert sentence.isprintable()
    assert len(sentence) < 150


PIECES = [
    *FIELDS,
    *OPERATORS,
    *"- ! : , . % 2 1,00,000 5L cr nse: bank fut é ١ 9e9 nan inf ²".split(),
    " ",
    "\x00",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=30))
@example("ltp>" + "9" * 5000)
@example("ltp>ltp>")
def test_any_text_is_read_or_refused_with_a_place_in_it(text):
    read, error = outcome(text)
    if error is not None:
        assert 0 <= error.start < error.end <= len(text)
        assert str(error)
    else:
        assert Filter.parse(read.text) == read
        assert len(read.matches(MARKET, ALL)) == len(ALL)


NUMBERS = st.decimals(-(10**9), 10**9, places=2)


@given(st.sampled_from(sorted(FIELDS)), st.sampled_from(sorted(OPERATORS)), NUMBERS)
def test_a_comparison_and_its_opposite_share_out_all_that_have_a_figure(field, sign, number):
    text = f"{field}{sign}{number}"
    one, other = set(passing(text)), set(passing(f"-{text}"))
    assert not one & other
    assert one | other == set(passing(f"{field}={field}"))


@given(st.lists(st.sampled_from("chg>0 -chg>0 bank -fut nse: ltp>500 eq !ce".split()), max_size=5))
def test_terms_hold_together_as_they_hold_alone(terms):
    alone = [set(passing(term)) for term in terms]
    assert set(passing(" ".join(terms))) == set(ALL).intersection(*alone)
