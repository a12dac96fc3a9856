"""What is kept from start to start: lists, modes, columns, sort and theme, and only what was changed."""

from __future__ import annotations

import pytest

from kitetui.config import Config, ConfigFile, Entry, Group
from kitetui.config import Sort as NamedSort
from kitetui.instruments import Universe
from kitetui.tui.groups import Watchlist
from kitetui.tui.layout import Column
from kitetui.tui.ordering import Sort
from kitetui.tui.settings import VOCABULARY, Settings
from kitetui.wire import Mode

UNIVERSE = Universe.load()
INFY, TCS = UNIVERSE.resolve("INFY"), UNIVERSE.resolve("TCS")


@pytest.fixture
def file(tmp_path):
    return ConfigFile(tmp_path / "config.toml", VOCABULARY)


def saved(file):
    return ConfigFile(file.path, VOCABULARY).read()


def test_configured_groups_become_lists_with_modes_of_their_own():
    groups = (Group("Core", (Entry("nse:infy", Mode.QUOTE), Entry("TCS"))), Group("Empty"))
    lists = Settings(Config(groups=groups)).lists(UNIVERSE)
    assert {each.name: list(each.instruments) for each in lists.groups} == {"Core": [INFY, TCS], "Empty": []}
    assert lists.modes == {INFY.instrument_token: Mode.QUOTE}


async def test_a_symbol_that_nobody_knows_is_set_aside_and_stays_in_the_file(file):
    gone = Entry("NFO:GONE26JANFUT", Mode.LTP)
    file.update(groups=(Group("Core", (gone, Entry("NSE:INFY"))),))
    settings = Settings(file.read(), file)
    (group,) = settings.lists(UNIVERSE).groups
    assert [each.entry for each in group.set_aside] == [gone]
    settings.begin_with([group], {})
    group.add(TCS)
    await settings.keep_groups([group], {})
    assert saved(file).groups == (Group("Core", (Entry("NSE:INFY"), Entry("NSE:TCS"), gone)),)


async def test_lists_that_were_not_changed_are_not_written(file):
    settings = Settings(Config(), file)
    group = Watchlist([INFY], "Core")
    settings.begin_with([group], {})
    await settings.keep_groups([group], {})
    assert not file.path.exists()
    group.add(TCS)
    await settings.keep_groups([group], {TCS.instrument_token: Mode.LTP})
    assert saved(file).groups == (Group("Core", (Entry("NSE:INFY"), Entry("NSE:TCS", Mode.LTP))),)


async def test_a_run_that_was_given_its_symbols_keeps_none(file):
    settings = Settings(Config(), file, keeps_groups=False)
    settings.begin_with([Watchlist([INFY], "Symbols")], {})
    await settings.keep_groups([Watchlist([TCS], "Symbols")], {})
    assert not file.path.exists()


async def test_columns_sort_and_theme_are_kept_and_read_again(file):
    settings = Settings(Config(), file)
    assert settings.columns == tuple(Column)
    assert settings.sort is None
    await settings.keep_columns((Column.SYMBOL, Column.PERCENT, Column.LTP))
    await settings.keep_sort(Sort(Column.PERCENT, descending=True))
    await settings.keep_theme("kitetui-light")
    again = Settings(saved(file), file)
    assert again.columns == (Column.SYMBOL, Column.PERCENT, Column.LTP)
    assert again.sort == Sort(Column.PERCENT, descending=True)
    assert again.config.theme == "kitetui-light"
    await again.keep_columns(tuple(Column))
    await again.keep_sort(None)
    assert saved(file) == Config(theme="kitetui-light")


def test_a_sort_by_a_column_without_figures_is_the_order_of_the_list():
    assert Settings(Config(sort=NamedSort("1H"))).sort is None


async def test_a_change_by_somebody_else_is_seen_once_and_ones_own_never(file):
    settings = Settings(file.read(), file)
    await settings.keep_theme("kitetui-light")
    assert await settings.changed_outside() is None
    ConfigFile(file.path, VOCABULARY).update(flash=False)
    config = await settings.changed_outside()
    assert config == Config(theme="kitetui-light", flash=False) == settings.config
    assert await settings.changed_outside() is None


async def test_what_cannot_be_kept_is_said_and_a_broken_file_is_left_alone(file):
    said = []
    settings = Settings(Config(), file, failed=said.append)
    file.path.write_text("units = 3\n")
    await settings.keep_theme("kitetui-light")
    assert said[0].startswith("not kept for the next start: config.toml:1:")
    assert file.path.read_text() == "units = 3\n"


async def test_a_run_without_a_file_keeps_nothing_and_says_nothing():
    settings = Settings(Config(), failed=lambda problem: pytest.fail(problem))
    await settings.keep_theme("kitetui-light")
    assert await settings.changed_outside() is None
