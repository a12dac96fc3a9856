"""How names are compared: by their letters and digits alone."""

from __future__ import annotations

import pytest

from kitetui.instruments.instrument import ALIASES, EXCHANGES, MONTHS, in_words, shown, squeezed


@pytest.mark.parametrize(
    ("name", "word", "words"),
    [
        ("RELIANCE", "RELIANCE", "RELIANCE"),
        ("NIFTY 50", "NIFTY50", "NIFTY 50"),
        ("M&M", "MM", "M M"),
        ("BAJAJ-AUTO", "BAJAJAUTO", "BAJAJ AUTO"),
        ("USDINR26DEC84.25CE", "USDINR26DEC84.25CE", "USDINR26DEC84.25CE"),
        ("  a  ", "a", "a"),
        ('"* NEAR(', "NEAR", "NEAR"),
        ("1²", "1", "1"),
        ("रिलायंस", "", ""),
        ("\ud800\x00", "", ""),
        ("", "", ""),
    ],
)
def test_a_name_is_one_word_or_several_of_letters_digits_and_points(name: str, word: str, words: str) -> None:
    assert squeezed(name) == word
    assert in_words(name) == words


def test_a_text_is_shown_as_it_was_typed() -> None:
    assert shown("M&M रिलायंस") == "M&M रिलायंस"


def test_a_long_text_is_shown_by_its_beginning() -> None:
    assert shown("A" * 40) == "A" * 40
    assert shown("A" * 41) == f"{'A' * 39}…"


@pytest.mark.parametrize("text", ["\x1b[2J", "IN\u202eFY", "\ud800", "A\nB", "\x07" * 5000])
def test_what_could_move_a_cursor_is_shown_by_its_number(text: str) -> None:
    assert shown(text).isprintable()
    assert shown(text).isascii()


def test_every_alias_is_one_word_and_its_key_names_an_exchange() -> None:
    assert all(alias == squeezed(alias) for alias in ALIASES)
    assert {key.partition(":")[0] for key in ALIASES.values()} <= set(EXCHANGES)


def test_there_are_twelve_months() -> None:
    assert len(MONTHS) == 12
    assert MONTHS[11] == "DEC"
