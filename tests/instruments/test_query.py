"""What was typed is taken apart: exchange, kinds, words, and what may be a strike."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.instruments import Kind, simulated_instruments
from kitetui.instruments.search import Query

SHARE = next(each for each in simulated_instruments() if each.kind is Kind.EQUITY)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("reliance", Query("RELIANCE", ("RELIANCE",), (), "")),
        ("  hdfc   bank ", Query("HDFCBANK", ("HDFC", "BANK"), (), "")),
        ("bse: tcs", Query("TCS", ("TCS",), (), "BSE")),
        ("bse:", Query("", (), (), "BSE")),
        ("m&m", Query("M&M", ("M", "M"), (), "")),
        ("nifty 25000 ce", Query("NIFTY25000", ("NIFTY", "25000"), ("CE",), "")),
        ("nifty call put", Query("NIFTY", ("NIFTY",), ("CE", "PE"), "")),
        ("reliance futures fut", Query("RELIANCE", ("RELIANCE",), ("FUT",), "")),
        ("bank index", Query("BANK", ("BANK",), ("INDEX",), "")),
        ("", Query("", (), (), "")),
        (" : ", Query("", (), (), "")),
    ],
)
def test_a_text_is_taken_apart(text: str, query: Query) -> None:
    assert Query.parse(text) == query


@pytest.mark.parametrize("text", ["fut", "ce", "call", "index", "nfo:fut"])
def test_a_kind_that_stands_alone_is_a_word(text: str) -> None:
    query = Query.parse(text)
    assert query.words == (text.rpartition(":")[2].upper(),)
    assert query.kinds == ()


def test_what_a_symbol_may_begin_with_is_one_word_without_signs() -> None:
    assert Query.parse("bajaj-au").symbol == "BAJAJAU"
    assert Query.parse("NIFTY 50").symbol == "NIFTY50"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("nifty 25000 ce", ("25000",)),
        ("usdinr 84.25", ("84.25",)),
        ("nifty 25000 25100", ("25000", "25100")),
        ("nifty 1.2.3 . 29dec", ()),
    ],
)
def test_a_word_of_digits_may_be_a_strike(text: str, numbers: tuple[str, ...]) -> None:
    assert Query.parse(text).numbers == numbers


def test_a_kind_excludes_all_others_and_no_kind_none() -> None:
    future = replace(SHARE, kind=Kind.FUTURE)
    assert Query.parse("reliance").allows(future)
    assert Query.parse("reliance fut").allows(future)
    assert not Query.parse("reliance fut").allows(SHARE)


def test_of_a_long_text_only_the_beginning_is_looked_at() -> None:
    assert Query.parse("A" * 5_000).typed == "A" * 80


@given(st.text(max_size=90))
def test_the_parts_of_any_text_are_fit_for_the_index(text: str) -> None:
    query = Query.parse(text)
    for part in (query.symbol, query.exchange, *query.words):
        assert part.isascii()
        assert not set(part) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.")
    assert bool(query.symbol) == bool(query.words)
