"""Connections, log, second line and line of keys, as text."""

from __future__ import annotations

import itertools

import pytest

from kitetui.feed import ConnectionState, Gap
from kitetui.tui.commands import COMMANDS, Context, commands_of
from kitetui.tui.eventlog import EventLog, Weight
from kitetui.tui.paint.connections import connection_lines, last_gap_text
from kitetui.tui.paint.frame import framed, rule
from kitetui.tui.paint.groups import groups_line
from kitetui.tui.paint.ink import Ink, fitted, text_of, width_of
from kitetui.tui.paint.keys import keys_line, placed_keys
from kitetui.tui.paint.log import log_lines
from kitetui.tui.rates import Rates
from tests.tui.rows import INDEX, NOW, all_stats, instrument, row, stats, tick

DOWN = ConnectionState.DOWN
WATCHLIST_KEYS = list(commands_of(Context.WATCHLIST))


def test_every_connection_has_a_row_with_its_figures():
    rates = Rates()
    rates.sample(NOW - 1, all_stats(stats(0, ticks=100), stats(1), stats(2)))
    after = all_stats(
        stats(0, ticks=411, frames=9),
        stats(1, DOWN, frames=9, reason="login refused", silence=65.0, gaps=1, reconnects=2, rejected=3),
        stats(2, ConnectionState.UNUSED, frames=0),
    )
    rates.sample(NOW, after)
    lines = [text_of(line) for line in connection_lines(after, rates, NOW, 132)]
    assert lines[1].split()[:8] == ["ws1", "●", "live", "00:01:00", "7", "311", "0.0", "38"]
    assert lines[2].split()[1:3] == ["✗", "down"]
    assert lines[2].split()[-5:] == ["2", "1", "3", "login", "refused"]
    assert lines[3].split() == ["ws3", "○", "unused"]


@pytest.mark.parametrize("width", range(60, 200))
def test_the_table_of_connections_fits_and_always_tells_rate_and_silence(width):
    lines = connection_lines(all_stats(stats(0)), Rates(), NOW, width)
    assert all(width_of(line) <= width for line in lines)
    assert {"t/s", "silent"} <= set(text_of(lines[0]).split())


def test_rates_span_several_samples_and_pass_over_those_too_close():
    rates = Rates()
    for second, ticks in enumerate((0, 100, 300, 600, 1000)):
        rates.sample(NOW + second, all_stats(stats(0, ticks=ticks, bytes=ticks * 10)))
        rates.sample(NOW + second + 0.1, all_stats(stats(0, ticks=10**6)))
    assert rates.of(0).ticks == 300
    assert rates.of(0).bytes == 3000
    assert rates.ticks == 300


def test_the_last_gap_is_told_with_start_end_and_seconds():
    gap = Gap(1, int((NOW - 7.3) * 1e9), int(NOW * 1e9), 274, "silent for 5 s")
    assert text_of(last_gap_text(gap)) == "last gap ws2 10:42:09 → 10:42:17, 7.3 s"
    assert text_of(last_gap_text(None)) == "no gaps"


def test_the_log_is_bounded_folds_and_shows_the_newest_last():
    log = EventLog()
    for number in range(2000):
        log.add(NOW, f"entry {number}")
    log.add(NOW, "ws1 server: \x1b[2J one two three four five six", Weight.ALARM)
    lines = [text_of(line) for line in log_lines(log.last(3), 36, 4)]
    assert len(log.last(10_000)) == 500
    assert lines == [
        " 10:42:17 entry 1998",
        " 10:42:17 entry 1999",
        " 10:42:17 ws1 server: �[2J one two",
        "          three four five six",
    ]


def test_indices_are_pinned_as_many_as_fit_whole():
    pinned = [row(tick(INDEX), which=instrument(f"INDEX {number}", INDEX)) for number in range(3)]
    assert text_of(groups_line(14, pinned, 120)).count("INDEX") == 3
    assert text_of(groups_line(14, pinned, 80)).count("INDEX") == 2
    assert text_of(groups_line(1, [], 60)).split() == ["1", "symbol"]
    assert width_of(groups_line(14, pinned, 60)) == 60


@pytest.mark.parametrize("width", range(20, 160))
def test_the_line_of_keys_drops_what_does_not_fit_but_never_help_and_quit(width):
    text = text_of(keys_line(WATCHLIST_KEYS, width))
    assert width_of(keys_line(WATCHLIST_KEYS, width)) == width
    assert "? Help" in text
    assert "q Quit" in text
    for start, end, command in placed_keys(WATCHLIST_KEYS, width):
        assert command.label in text[start:end]


def test_no_two_commands_share_a_key_in_one_context():
    everywhere = list(commands_of(Context.EVERYWHERE))
    for context in Context:
        commands = {command.id: command for command in [*commands_of(context), *everywhere]}
        keys = list(itertools.chain.from_iterable(command.keys for command in commands.values()))
        assert len(keys) == len(set(keys)), context


def test_every_command_has_an_id_of_its_own_and_a_sentence():
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
    assert all(command.help.endswith(".") for command in COMMANDS)


@pytest.mark.parametrize("width", [20, 38, 80])
def test_frames_and_rules_are_exactly_as_wide_as_they_should_be(width):
    title, foot = [("A title that is rather long", Ink.TITLE)], [("foot", Ink.DIM)]
    lines = framed([[("content", Ink.TEXT)]], width, 5, title, foot)
    assert [width_of(line) for line in lines] == [width] * 5
    assert width_of(rule(title, foot, width)) == width
    assert width_of(rule([], [], width)) == width


def test_wide_characters_count_as_the_cells_they_take():
    line = [("数字数字数字", Ink.TEXT)]
    assert width_of(fitted(line, 8)) == 8
    assert text_of(fitted(line, 8)).endswith("…")
