"""What stands behind `-s`: symbols, tokens, patterns and sets, or one sentence on what is wrong with them."""

from __future__ import annotations

import pytest

from kitetui.cli.wanted import choose_instruments
from kitetui.errors import UserError
from kitetui.instruments import Universe
from kitetui.paths import config_folder

UNIVERSE = Universe.load()


def keys(*names: str, capacity: int = 9000) -> list[str]:
    return [each.key for each in choose_instruments(names, UNIVERSE, capacity).instruments]


def refusal(*names: str, capacity: int = 9000) -> str:
    with pytest.raises(UserError) as caught:
        choose_instruments(names, UNIVERSE, capacity)
    return str(caught.value)


def make_set(name: str, *lines: str) -> None:
    folder = config_folder() / "sets"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.txt").write_text("\n".join(lines))


def test_symbols_may_be_repeated_or_listed_with_commas() -> None:
    assert keys("NSE:INFY, tcs", "408065", "NSE:NIFTY 50,") == ["NSE:INFY", "NSE:TCS", "NSE:NIFTY 50"]


def test_without_symbols_there_is_a_watchlist() -> None:
    assert 10 <= len(keys()) <= 16
    assert "NSE:NIFTY 50" in keys()


def test_a_pattern_stands_for_all_that_are_like_it() -> None:
    banks = keys("nse:*bank*")
    assert {"NSE:HDFCBANK", "NSE:NIFTY BANK", "NSE:BANKBARODA"} <= set(banks)
    assert all(key.startswith("NSE:") and "BANK" in key for key in banks)
    assert keys("NFO:NIFTY26DEC2?000CE")[0].startswith("NFO:NIFTY26DEC2")


def test_a_set_stands_for_its_members_and_for_each_once() -> None:
    make_set("mine", "# what I watch", "NSE:INFY", "nse:tata*  # all of them")
    chosen = keys("@mine", "NSE:INFY")
    assert chosen[0] == "NSE:INFY"
    assert "NSE:TATASTEEL" in chosen
    assert len(chosen) == len(set(chosen))


def test_what_a_set_names_and_nobody_knows_is_left_out_and_said() -> None:
    make_set("mine", "NSE:INFY", "NSE:RELIANC")
    choice = choose_instruments(["@MINE"], UNIVERSE, 9000)
    assert [each.key for each in choice.instruments] == ["NSE:INFY"]
    assert choice.left_out == ["@MINE: no NSE:RELIANC; did you mean NSE:RELIANCE?"]


def test_the_sets_that_ship_are_known() -> None:
    assert len(keys("@nifty50")) == 49  # of TMPV the built-in list knows no token
    assert len(keys("@niftybank")) == 12
    assert "BSE:SENSEX" in keys("@indices")


def test_an_unknown_symbol_gets_the_nearest() -> None:
    assert refusal("NSE:RELIANC") == "no NSE:RELIANC; did you mean NSE:RELIANCE?"


def test_unknown_symbols_are_all_named() -> None:
    assert refusal("NSE:RELIANC", "INFY", "zzzz").endswith("NSE:RELIANCE? Nor are these known: 'zzzz'")
    assert refusal("zzzz,yyyy,xxxx,wwww,vvvv").endswith("; nor are 'yyyy', 'xxxx', 'wwww' and more known")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("@nobody", "no set @nobody; there are @indices, @nifty50, @niftybank, and "),
        ("@../etc/passwd", "names no set"),
        ("@", "names no set"),
        ("NSE:ZZ*", "no symbol is like NSE:ZZ*"),
        ("NYSE:*", "no exchange NYSE"),
        ("NSE:[", "no symbol is like NSE:["),
        ("*:", "a symbol is needed"),
    ],
)
def test_a_name_that_stands_for_nothing_is_one_sentence(name: str, said: str) -> None:
    assert said in refusal(name)


def test_a_set_of_which_nothing_is_known_is_refused() -> None:
    make_set("mine", "NSE:NOBODY")
    assert refusal("@mine").startswith("no symbol of @mine is known")


def test_more_symbols_than_fit_are_refused_with_the_count_and_the_quota() -> None:
    assert refusal("INFY,TCS", capacity=1) == (
        "2 symbols are more than the 1 that the connections carry; "
        "name fewer, or allow more with --connections"
    )
    assert refusal("@indices", "NSE:INFY,TCS", capacity=9).startswith("28 symbols, 26 of them @indices, are")
