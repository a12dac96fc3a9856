"""A change writes what differs, and leaves the rest of the file as the user wrote it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.config import Config, Entry, FeedSettings, Group, Sort, template
from kitetui.config.edit import edited
from kitetui.formatting import Units
from kitetui.wire import Mode
from tests.config.helpers import VOCABULARY, configs, read

TEMPLATE = template(VOCABULARY)

MINE = """\
# Mine, all of it.
theme = "kitetui-light"   # easier in the sun
columns = ["LTP", "CHG%"]


[feed]  # one is enough
connections = 1

[[groups]]
name = "Core"
symbols = [
  # the index first
  "NSE:NIFTY 50",
  "NSE:INFY",  # bought in 2019, "cheap"
  { symbol = "NSE:TCS", mode = "quote" },  # slow

  "NSE:MRF" # no comma, so far
  # and that is all
]

# The banks, for Fridays.
[[groups]]
name = 'Banks'
symbols = ["NSE:SBIN", "NSE:HDFCBANK"]

[keys]
add = ["a", "+"]  # plus, as elsewhere
quit = []
"""


def changed(text: str, **changes: Any) -> str:
    before = read(text)
    after = replace(before, **changes)
    result = edited(text, before, after)
    assert read(result) == after
    return result


def group(text: str, index: int, *entries: Entry | str, name: str = "") -> str:
    """Give a group other entries."""
    groups = list(read(text).groups)
    new = tuple(Entry(each) if isinstance(each, str) else each for each in entries)
    groups[index] = Group(name or groups[index].name, new)
    return changed(text, groups=tuple(groups))


def test_no_change_is_no_difference() -> None:
    assert changed(MINE) == MINE


def test_a_value_is_changed_where_it_stands() -> None:
    assert changed(MINE, theme="kitetui-dark") == MINE.replace('"kitetui-light"', '"kitetui-dark"')


def test_a_new_value_comes_below_the_last_of_its_table() -> None:
    assert changed(MINE, bell=True) == MINE.replace("]\n\n\n[feed]", "]\nbell = true\n\n\n[feed]")


def test_a_new_value_in_the_commented_file_comes_below_its_comment() -> None:
    assert '# units = "indian"\nunits = "western"\n' in changed(TEMPLATE, units=Units.WESTERN)
    feed = FeedSettings(mode=Mode.LTP, connections=2)
    text = changed(TEMPLATE, feed=feed, keys={"add": ("insert",)})
    assert '# mode = "full"\nmode = "ltp"\n' in text
    assert '# add = ["a", "insert"]\nadd = "insert"\n' in text


def test_a_comment_within_a_value_is_not_taken_for_a_default() -> None:
    text = 'columns = [\n# bell = false\n"LTP"]\n'
    assert changed(text, bell=True) == text + "bell = true\n"


def test_a_value_without_its_table_gets_one() -> None:
    assert (
        changed("bell = true", feed=FeedSettings(connections=2)) == "bell = true\n\n[feed]\nconnections = 2\n"
    )


def test_a_first_value_comes_above_the_first_table_and_its_comment() -> None:
    text = "# mine\n\n# the feed\n[feed]\nconnections = 2\n"
    assert changed(text, flash=False) == "# mine\n\nflash = false\n# the feed\n[feed]\nconnections = 2\n"


@pytest.mark.parametrize("table", ['feed = { mode = "ltp" }\n', 'feed.mode = "ltp"\n', "feed = {}\n"])
def test_a_table_on_one_line_is_changed_too(table: str) -> None:
    changed(table + "bell = true\n", feed=FeedSettings(mode=Mode.QUOTE, connections=2))


def test_endpoints_are_left_as_they_are() -> None:
    endpoint = "[endpoints.x]  # mine\nrest = 'https://h'\nlogin = 'https://h'\nsocket = 'wss://h'\n"
    text = changed(MINE + endpoint, feed=FeedSettings(connections=1, account="second", endpoint="x"))
    assert text.endswith(endpoint)
    assert 'connections = 1\naccount = "second"\nendpoint = "x"\n' in text


def test_keys_are_changed_added_and_taken_out() -> None:
    text = changed(MINE, keys={"add": ("a",), "cursor_up": ("k", "w")})
    assert 'add = "a"  # plus, as elsewhere\n' in text
    assert text.endswith('cursor_up = ["k", "w"]\n')
    assert "quit" not in text


def test_a_symbol_is_added_and_the_others_keep_their_comments() -> None:
    entries = read(MINE).groups[0].entries
    text = group(MINE, 0, *entries[:2], "NSE:WIPRO", *entries[2:], "NSE:SBIN")
    assert '  "NSE:INFY",  # bought in 2019, "cheap"\n  "NSE:WIPRO",\n  { symbol' in text
    assert '"NSE:MRF", # no comma, so far\n  # and that is all\n  "NSE:SBIN"\n]' in text


def test_a_symbol_is_removed_with_its_own_comment_only() -> None:
    text = group(MINE, 0, *read(MINE).groups[0].entries[2:])
    assert "NIFTY" not in text
    assert "2019" not in text
    assert '  # the index first\n  { symbol = "NSE:TCS", mode = "quote" },  # slow\n' in text


def test_a_symbol_is_given_another_mode_where_it_stands() -> None:
    first, second, third, last = read(MINE).groups[0].entries
    text = group(MINE, 0, first, replace(second, mode=Mode.LTP), replace(third, mode=None), last)
    assert (
        '  { symbol = "NSE:INFY", mode = "ltp" },  # bought in 2019, "cheap"\n  "NSE:TCS",  # slow\n' in text
    )


def test_a_list_on_one_line_stays_on_one_while_it_is_short() -> None:
    assert 'symbols = ["NSE:SBIN", "NSE:AXISBANK"]\n' in group(MINE, 1, "NSE:SBIN", "NSE:AXISBANK")
    many = [f"NSE:SYMBOL{number}" for number in range(20)]
    assert 'symbols = [\n  "NSE:SYMBOL0",\n  "NSE:SYMBOL1",\n' in group(MINE, 1, *many)


@pytest.mark.parametrize(
    "symbols",
    [
        '[ # why\n "A", "B" # b\n , "C", # c, not d\n "D"\n]',
        '[\n# why\n"A", # a\n"B",\n# not these, yet\n"C"]',
        '["A",\n "B", "C" # c\n# end\n]',
        "[\n]",
        '["A" ,"B"\n,"C"]',
    ],
)
@pytest.mark.parametrize("kept", ["", "A", "B", "C", "AC", "BC", "XABC", "AXC", "CBA", "X"])
def test_a_list_written_in_any_way_can_be_changed(symbols: str, kept: str) -> None:
    text = f'[[groups]]\nname = "G"\nsymbols = {symbols}\n'
    result = group(text, 0, *kept)
    for comment in ("# why", "# not these, yet", "# end"):
        assert (comment in result) == (comment in text)


def test_a_group_is_renamed_where_it_stands() -> None:
    text = group(MINE, 1, "NSE:SBIN", "NSE:HDFCBANK", name="Lenders")
    assert text == MINE.replace("'Banks'", '"Lenders"')


def test_a_group_in_the_place_of_another_is_not_taken_for_it() -> None:
    banks = read(MINE).groups[1]
    other = changed(MINE, groups=(read(MINE).groups[0], Group("IT", (Entry("NSE:INFY"),))))
    assert "Fridays" not in other
    again = changed(MINE, groups=(*read(MINE).groups[:1], replace(banks, name="Lenders"), banks))
    assert again.count("Fridays") == 1


def test_groups_are_moved_with_their_comments() -> None:
    text = changed(MINE, groups=tuple(reversed(read(MINE).groups)))
    assert sorted(text.split("\n")) == sorted(MINE.split("\n"))
    assert text.index("# The banks, for Fridays.\n[[groups]]\nname = 'Banks'") < text.index('"Core"')


def test_a_removed_group_takes_its_comments_and_no_others() -> None:
    without_core = changed(MINE, groups=read(MINE).groups[1:])
    assert "# the index first" not in without_core
    assert "# The banks, for Fridays.\n[[groups]]\nname = 'Banks'" in without_core
    without_banks = changed(MINE, groups=read(MINE).groups[:1])
    assert "Fridays" not in without_banks
    assert "]\n\n[keys]\n" in without_banks


def test_a_new_group_comes_behind_the_others() -> None:
    text = changed(MINE, groups=(*read(MINE).groups, Group("IT", (Entry("NSE:INFY"),))))
    assert 'HDFCBANK"]\n\n[[groups]]\nname = "IT"\nsymbols = ["NSE:INFY"]\n\n[keys]\n' in text
    first = changed(TEMPLATE, groups=(Group("IT"), Group("Oil")))
    assert (
        first
        == TEMPLATE + '\n[[groups]]\nname = "IT"\nsymbols = []\n\n[[groups]]\nname = "Oil"\nsymbols = []\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        'groups = [{ name = "G", symbols = ["A"] }, { name = "H" }]\n',
        'groups = [\n  { name = "G", symbols = ["A"] },\n  { name = "H" },  # h\n]\n',
        '[[groups]]\nname = "G"\n[[groups.symbols]]\nsymbol = "A"\n[[groups]]\nname = "H"\n',
        '[[groups]]\nname = "G"\nsymbols = ["A"]\n[feed]\n[[groups]]\nname = "H"',
    ],
)
def test_groups_written_in_any_way_can_be_changed(text: str) -> None:
    one, other = read(text).groups
    changed(text, groups=(other, replace(one, entries=(*one.entries, Entry("B"))), Group("I")))
    changed(text, groups=(replace(other, entries=(Entry("C", Mode.LTP),)),))
    changed(text, groups=())


def test_a_group_in_a_list_keeps_its_comment() -> None:
    text = 'groups = [\n  { name = "G" },  # g\n  { name = "H" },  # h\n]\n'
    assert changed(text, groups=(Group("H"),)) == 'groups = [\n  { name = "H" },  # h\n]\n'


@given(configs())
def test_any_configuration_is_written_and_read_back(config: Config) -> None:
    assert read(edited(TEMPLATE, Config(), config)) == config


@given(configs(), configs())
def test_any_configuration_becomes_any_other_and_every_comment_survives(one: Config, other: Config) -> None:
    text = edited(TEMPLATE, Config(), one)
    result = edited(text, one, other)
    assert read(result) == other
    comments = [line for line in TEMPLATE.splitlines() if line.startswith("#")]
    assert [line for line in result.splitlines() if line in comments] == comments


@given(st.permutations(range(4)), st.sets(st.integers(0, 3)))
def test_the_comments_of_symbols_that_keep_their_order_survive(order: list[int], removed: set[int]) -> None:
    kept = [number for number in range(4) if number not in removed]
    text = (
        '[[groups]]\nname = "G"\nsymbols = [\n' + "".join(f'  "{n}",  # of {n}\n' for n in range(4)) + "]\n"
    )
    result = group(text, 0, *map(str, kept))
    assert [f"# of {number}" in result for number in range(4)] == [n in kept for n in range(4)]
    group(text, 0, *map(str, order))


def test_the_sort_is_written_as_it_is_read() -> None:
    assert 'sort = "-CHG%"\n' in changed("", sort=Sort("CHG%", descending=True))
    assert changed('sort = "LTP"\n', sort=None) == 'sort = "list"\n'
