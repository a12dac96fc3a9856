"""One name may stand for one instrument, for a pattern's or for a set's."""

from __future__ import annotations

import pytest

from kitetui.instruments import Universe, UnknownSymbol, choose
from kitetui.instruments.choice import is_several
from kitetui.paths import config_folder

UNIVERSE = Universe.load()


def make_set(*lines: str) -> None:
    folder = config_folder() / "sets"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("\n".join(lines))


def test_a_symbol_stands_for_itself() -> None:
    choice = choose(UNIVERSE, "infy")
    assert [each.key for each in choice.instruments] == ["NSE:INFY"]
    assert choice.left_out == []


def test_a_token_that_is_not_in_the_list_stands_for_itself() -> None:
    assert [each.instrument_token for each in choose(UNIVERSE, "779777").instruments] == [779777]


def test_a_pattern_stands_for_what_is_like_it() -> None:
    assert {each.key for each in choose(UNIVERSE, "nse:hdfc*").instruments} == {
        "NSE:HDFCBANK",
        "NSE:HDFCLIFE",
        "NSE:HDFCAMC",
    }


def test_a_set_stands_for_its_members_in_their_order() -> None:
    make_set("NSE:TCS", "NSE:HDFC*", "408065", "NSE:HDFCBANK")
    keys = [each.key for each in choose(UNIVERSE, "@mine").instruments]
    assert keys[0] == "NSE:TCS"
    assert keys[-1] == "NSE:INFY"
    assert sorted(keys) == ["NSE:HDFCAMC", "NSE:HDFCBANK", "NSE:HDFCLIFE", "NSE:INFY", "NSE:TCS"]


def test_a_member_that_nobody_knows_is_left_out_and_said() -> None:
    make_set("NSE:TCS", "NSE:NOBODY", "BSE:ZZ*")
    choice = choose(UNIVERSE, "@mine")
    assert [each.key for each in choice.instruments] == ["NSE:TCS"]
    assert [each[:20] for each in choice.left_out] == ["@mine: no NSE:NOBODY", "@mine: no symbol is "]


@pytest.mark.parametrize("name", ["nobody", "NSE:ZZ*", "@nobody", "@", "@a/b"])
def test_a_name_for_nothing_is_refused(name: str) -> None:
    with pytest.raises(UnknownSymbol):
        choose(UNIVERSE, name)


@pytest.mark.parametrize(
    ("name", "several"), [("@x", True), ("A*", True), ("A?", True), ("[AB]", True), ("M&M", False)]
)
def test_patterns_and_sets_are_told_from_symbols(name: str, several: bool) -> None:
    assert is_several(name) is several
