"""What is said of terminals, from a large one in colour to none."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from kitetui.doctor import State, Terminal
from kitetui.doctor.machine import characters, colours, size
from tests.doctor.helpers import TERMINAL


def terminal(**environment: str) -> Terminal:
    """A terminal with this environment, as Rich sees it."""
    console = Console(file=io.StringIO(), force_terminal=True, _environ=environment)
    return Terminal.of(console, environment)


def like(**settings: Any) -> Terminal:
    return replace(TERMINAL, **settings)


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 60)])
def test_a_terminal_that_is_large_enough_is_ok(columns: int, lines: int) -> None:
    assert size(like(columns=columns, lines=lines)).sentence == f"{columns}x{lines}"


@pytest.mark.parametrize(("columns", "lines"), [(79, 24), (80, 23)])
def test_a_small_terminal_is_a_warning(columns: int, lines: int) -> None:
    finding = size(like(columns=columns, lines=lines))
    assert finding.state is State.WARNING
    assert finding.sentence == f"{columns}x{lines}; make it 80x24 or larger, not all of the monitor fits"


def test_a_dumb_terminal_is_a_failure() -> None:
    assert size(terminal(TERM="dumb")).state is State.FAILED


def test_the_size_is_that_of_the_console() -> None:
    assert size(terminal(COLUMNS="100", LINES="30", TERM="xterm")).found == "100x30"


@pytest.mark.parametrize(
    ("environment", "found", "state"),
    [
        ({"COLORTERM": "truecolor"}, "16 million", State.OK),
        ({"TERM": "xterm-256color"}, "256, so those of the themes are rounded", State.WARNING),
        ({"TERM": "xterm"}, "16, so those of the themes are rounded", State.WARNING),
        ({"TERM": "dumb"}, "none, so those of the themes are rounded", State.WARNING),
        (
            {"COLORTERM": "truecolor", "NO_COLOR": "1"},
            "none, as NO_COLOR asks; arrows and signs say all that colours do",
            State.OK,
        ),
        ({"COLORTERM": "truecolor", "TMUX": "/tmp/x,1,0"}, "16 million within tmux", State.OK),
        (
            {"TERM": "screen-256color", "STY": "1.x"},
            "256 within screen, so those of the themes are rounded",
            State.WARNING,
        ),
    ],
)
def test_colours_are_those_that_rich_finds(environment: dict[str, str], found: str, state: State) -> None:
    finding = colours(terminal(**environment))
    assert finding.found == found
    assert finding.state is state
    assert bool(finding.next) == (state is State.WARNING)


def test_how_to_get_all_colours_depends_on_what_is_in_between() -> None:
    few = like(colours="256")
    assert colours(few).next == "set COLORTERM=truecolor if the terminal has all"
    assert "terminal-features" in colours(replace(few, multiplexer="tmux")).next
    assert "in its place" in colours(replace(few, multiplexer="screen")).next


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "utf8"])
def test_unicode_is_ok(encoding: str) -> None:
    assert characters(like(encoding=encoding)).state is State.OK


def test_any_other_encoding_is_a_warning_with_the_variable_that_decides() -> None:
    finding = characters(like(encoding="ascii", locale="LC_ALL=C"))
    assert finding.state is State.WARNING
    assert finding.found == "ascii, LC_ALL=C: charts and arrows cannot be shown"
    assert characters(like(encoding="ascii", locale="")).found.startswith("ascii: ")


@pytest.mark.parametrize(
    ("environment", "locale"),
    [
        ({}, ""),
        ({"LANG": "C"}, "LANG=C"),
        ({"LANG": "C", "LC_CTYPE": "en_IN"}, "LC_CTYPE=en_IN"),
        ({"LANG": "C", "LC_CTYPE": "en_IN", "LC_ALL": "hi_IN"}, "LC_ALL=hi_IN"),
    ],
)
def test_the_variable_that_decides_is_the_first_of_three(environment: dict[str, str], locale: str) -> None:
    assert terminal(**environment).locale == locale


@pytest.mark.parametrize("judge", [size, colours, characters])
def test_without_a_terminal_nothing_can_be_said(judge: Any) -> None:
    assert judge(like(is_terminal=False)).state is State.SKIPPED
