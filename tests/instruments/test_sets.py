"""A set is a file of the user's, or one that ships; a broken one is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.instruments import Universe, choose
from kitetui.instruments.sets import set_named, set_names, shipped_set

SHIPPED = ["indices", "nifty50", "niftybank"]


@pytest.fixture
def folder(home: Path) -> Path:
    """The folder of the user's own sets."""
    folder = home / "config" / "sets"
    folder.mkdir(parents=True)
    return folder


def refusal(name: str) -> str:
    with pytest.raises(UserError) as caught:
        set_named(name)
    assert str(caught.value).isprintable()
    assert caught.value.remedy or " there are " in caught.value.problem
    return str(caught.value)


@pytest.mark.parametrize(("name", "fewest"), [("nifty50", 50), ("niftybank", 12), ("indices", 15)])
def test_what_ships_names_each_member_once_by_its_whole_key(name: str, fewest: int) -> None:
    members = shipped_set(name)
    assert len(set(members)) == len(members) >= fewest
    assert {each.partition(":")[0] for each in members} <= {"NSE", "BSE"}


def test_nearly_all_of_what_ships_is_known_also_without_a_list() -> None:
    for name in SHIPPED:
        choice = choose(Universe.load(), f"@{name}")
        assert len(choice.left_out) <= 2, name
        assert len(choice.instruments) + len(choice.left_out) == len(shipped_set(name))


def test_the_nifty_50_has_fifty_members() -> None:
    assert len(shipped_set("nifty50")) == 50


def test_case_does_not_matter() -> None:
    assert set_named("NIFTY50") == set_named("nifty50") == shipped_set("nifty50")


def test_a_file_holds_a_symbol_a_line_and_what_is_for_people(folder: Path) -> None:
    (folder / "mine.txt").write_text("# mine\n\n  NSE:INFY  # the first\nNSE:*BANK*\r\n#NSE:TCS\n")
    assert set_named("mine") == ["NSE:INFY", "NSE:*BANK*"]


def test_a_file_of_another_editor_is_read_alike(folder: Path) -> None:
    (folder / "mine.txt").write_bytes("NSE:INFY\r\nNSE:TCS".encode("utf-8-sig"))
    assert set_named("mine") == ["NSE:INFY", "NSE:TCS"]


def test_a_users_own_file_goes_before_one_that_ships(folder: Path) -> None:
    (folder / "nifty50.txt").write_text("NSE:INFY\n")
    assert set_named("nifty50") == ["NSE:INFY"]
    assert len(shipped_set("nifty50")) == 50


def test_the_order_of_lists_is_of_the_set_that_ships(folder: Path) -> None:
    (folder / "nifty50.txt").write_text("NSE:IDEA\n")
    assert Universe.load().search("re", 1)[0].key == "NSE:RELIANCE"


def test_all_names_are_known_each_once(folder: Path) -> None:
    assert set_names() == SHIPPED
    for name in ("mine.txt", "nifty50.txt", "Not A Name.txt", "notes.md"):
        (folder / name).write_text("")
    assert set_names() == sorted([*SHIPPED, "mine"])


def test_without_a_folder_there_is_what_ships() -> None:
    assert set_names() == SHIPPED
    assert len(set_named("nifty50")) == 50


def test_a_set_that_is_not_there_is_answered_with_those_that_are(folder: Path) -> None:
    assert refusal("nobody") == (
        "no set @nobody; there are @indices, @nifty50, @niftybank, "
        f"and {folder / 'nobody.txt'} would be one of yours"
    )


@pytest.mark.parametrize("name", ["", "../nifty50", "a/b", ".hidden", "x" * 41, "a\n", "\x1b[2J", "-x"])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    assert "names no set; names are of a-z, 0-9, - and _" in refusal(name)


def test_a_file_that_is_no_text_is_said(folder: Path) -> None:
    (folder / "nifty50.txt").write_bytes(b"NSE:INFY\n\xff\xfe")
    assert refusal("nifty50").endswith("it is not UTF-8 text; make it readable, or move it away")


def test_what_is_no_file_is_said(folder: Path) -> None:
    (folder / "mine.txt").mkdir()
    assert "Is a directory; make it readable, or move it away" in refusal("mine")
