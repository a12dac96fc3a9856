"""The table of connections, and the line of the recorder and the app's own figures."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from kitetui.feed import ConnectionState, Gap, Percentiles, ReaderStats
from kitetui.tui.rates import Rates
from kitetui.tui.recording import RecordingState
from kitetui.tui.render.connections import connection_lines, gap_text, recorder_line
from kitetui.tui.render.spans import Style, text_of, width_of
from kitetui.tui.ui_metrics import UiStats
from kitetui.wire import Mode
from tests.tui.rows import NOW, all_stats, stats

DOWN, RETRYING, UNUSED = ConnectionState.DOWN, ConnectionState.RETRYING, ConnectionState.UNUSED

BUSY = {
    "connected_at": int((NOW - 1631) * 1e9),  # the time of day was set back by an hour since
    "uptime": 5231.0,
    "symbols": 1500,
    "modes": {Mode.FULL: 500, Mode.QUOTE: 1000},
    "round_trips": Percentiles(0.036, 0.118),
    "decode_times": Percentiles(3.3e-7, 1e-6),
    "ticks": 622,
    "bytes": 96_400,
    "tick_age": 4.0,
    "reconnects": 2,
    "gaps": 1,
    "rejected": 3,
    "last_close": "silent for 5 s",
    "readers": (ReaderStats(100, 80, 15, 5), ReaderStats(100, 100, 0, 0)),
}
WIDEST = {
    "connected_at": 0,
    "uptime": NOW,
    "symbols": 3000,
    "modes": dict.fromkeys(Mode, 1000),
    "round_trips": Percentiles(0.9994, 4000.0),
    "decode_times": Percentiles(0.99949, 1.0),
    "ticks": 10**8,
    "bytes": 10**11,
    "silence": 86400.0 * 400,
    "tick_age": NOW,
    "reconnects": 9 * 10**7,
    "gaps": 9 * 10**7,
    "rejected": 2**32,
    "last_close": "closed with 1006 by the server, which gave no reason for it and no frame either",
    "readers": (ReaderStats(2**32, 0, 2**32, 0),),
}
"""Figures wider than any that can be met."""

FIGURES = [
    *("up", "symbols", "full/quote/ltp", "t/s", "kB/s", "rtt p50", "p99", "decode", "silent"),
    *("last tick", "reconn", "gaps", "errors", "lost", "last close"),
]
NAME_AND_STATE = 19
NEVER_LEAVE = {"t/s", "silent"}

RECORDING = RecordingState(
    is_on=True,
    name="ticks-20261122-104217.csv",
    rows=12_04_118,
    bytes=88_000_000,
    written_ago=0.6,
)
VITALS = UiStats(10.0, Percentiles(0.0041, 0.0098), Percentiles(0.001, 0.012))


def table(*connections, width=240):
    """The lines of these connections, each of which has ticked for two seconds from nothing."""
    rates = Rates()
    rates.sample(NOW - 2, all_stats(*(stats(each.connection) for each in connections)))
    rates.sample(NOW, all_stats(*connections))
    return [text_of(line) for line in connection_lines(all_stats(*connections), rates, NOW, width)]


def figures(*connections, width=240):
    """What the first connection shows under each heading; figures end where their headings end."""
    heads, row = table(*connections, width=width)[:2]
    found, start = {}, NAME_AND_STATE
    for name in (each for each in FIGURES if f" {each}" in heads):
        at = heads.index(f" {name}", start) + 1
        if name == "kB/s":  # the picture before it
            start = at - 4
        end = len(row) if name == "last close" else at + len(name)
        found[name] = row[start:end].strip()
        start = end
    return found


def test_every_figure_of_a_connection_stands_under_its_heading():
    assert figures(stats(0, **BUSY)) == {
        "up": "01:27:11",
        "symbols": "1,500",
        "full/quote/ltp": "500/1,000/0",
        "t/s": "311",
        "kB/s": "48.2",
        "rtt p50": "36 ms",
        "p99": "118 ms",
        "decode": "330 ns",
        "silent": "0.1s",
        "last tick": "4s ago",
        "reconn": "2",
        "gaps": "1",
        "errors": "3",
        "lost": "15",
        "last close": "silent for 5 s",
    }


@pytest.mark.parametrize(
    ("state", "mark"),
    [
        (ConnectionState.LIVE, "● live"),
        (ConnectionState.CONNECTING, "◌ connecting"),
        (RETRYING, "! retrying"),
        (DOWN, "✗ down"),
    ],
)
def test_each_state_has_a_mark_and_a_word(state, mark):
    assert table(stats(0, state))[1].startswith(f" ws1  {mark} ")


def test_a_connection_that_is_not_live_has_neither_uptime_nor_round_trip():
    lost = stats(0, DOWN, connected_at=None, silence=65.0, reason="login refused", tick_age=None)
    shown = figures(lost)
    assert [shown[name] for name in ("up", "rtt p50", "p99", "last tick")] == ["-"] * 4
    assert shown["silent"] == "1m"


def test_why_a_connection_is_down_comes_before_why_it_was_lost_the_last_time():
    refused = stats(0, DOWN, reason="login refused \x1b[2J", last_close="silent for 5 s")
    assert figures(refused)["last close"] == "login refused �[2J"
    assert figures(stats(0, last_close="silent for 5 s"))["last close"] == "silent for 5 s"
    assert figures(stats(0))["last close"] == "-"


def test_a_live_connection_waits_for_its_first_round_trip():
    assert figures(stats(0, round_trips=None))["rtt p50"] == "…"


def test_a_connection_that_was_never_used_says_so_and_no_more():
    assert table(stats(0), stats(1, UNUSED, frames=0))[2].split() == ["ws2", "○", "unused"]
    assert len(table(stats(0, UNUSED, frames=9))[1].split()) > 3


def test_on_a_wide_screen_the_ticks_of_the_last_minute_are_a_picture():
    rates = Rates()
    for second in range(61):
        rates.sample(NOW + second, all_stats(stats(0, ticks=second * second)))
    heads, row = (text_of(line) for line in connection_lines(all_stats(stats(0)), rates, NOW, 238))
    start = heads.index("last 60 s")
    picture = row[start : start + 60]
    assert len(set(picture)) == 8
    assert picture == "".join(sorted(picture))


@pytest.mark.parametrize("width", range(58, 241))
def test_at_every_width_the_table_fits_and_no_figure_is_cut(width):
    lines = table(stats(0, **WIDEST), stats(1, DOWN, **(WIDEST | {"connected_at": None})), width=width)
    assert all(len(line) <= width for line in lines)
    whole = figures(stats(0, **WIDEST))
    shown = figures(stats(0, **WIDEST), width=width)
    assert set(shown) >= NEVER_LEAVE
    assert {name: whole[name] for name in shown if name != "last close"} == {
        name: text for name, text in shown.items() if name != "last close"
    }


def test_columns_leave_one_after_the_other_and_never_come_back():
    shown = [set(figures(stats(0, **BUSY), width=width)) for width in range(58, 241)]
    assert all(narrower <= wider for narrower, wider in itertools.pairwise(shown))
    assert shown[0] == NEVER_LEAVE | {"up", "rtt p50"}
    assert shown[79 - 58] == shown[0] | {"symbols", "p99", "reconn"}
    assert shown[-1] == set(FIGURES)


def test_the_last_gap_is_told_with_start_end_and_seconds():
    gap = Gap(1, int((NOW - 7.3) * 1e9), int(NOW * 1e9), 274, "silent for 5 s")
    assert text_of(gap_text(None, gap)) == "last gap ws2 10:42:09 → 10:42:17, 7.3 s"
    assert text_of(gap_text(None, None)) == "no gaps"


def test_while_data_is_missing_it_is_told_since_when_and_not_what_was_missing_before():
    gap = Gap(1, int((NOW - 7.3) * 1e9), int(NOW * 1e9), 274, "silent for 5 s")
    missing = stats(0, RETRYING, missing_since=int((NOW - 50) * 1e9))
    for before in (None, gap):
        assert gap_text(missing, before) == [("! gap ws1 since 10:41:27", Style.STALE)]


def test_the_gap_that_is_told_is_that_of_the_connection_which_has_missed_most():
    found = [stats(0), *(stats(each, DOWN, missing_since=int((NOW - each) * 1e9)) for each in (5, 50, 20))]
    assert all_stats(*found).missing is found[2]
    assert all_stats(stats(0)).missing is None


def test_a_mute_connection_is_not_marked_as_a_live_one():
    rates = Rates()
    mute = all_stats(stats(0, is_mute=True))
    for replayed in (False, True):
        (_, row) = connection_lines(mute, rates, NOW, 80, replayed=replayed)
        assert row[1] == (f"{'! mute':<13}", Style.STALE)
        assert Style.LIVE not in {style for _, style in row}


def test_a_recording_is_told_with_what_it_holds_and_the_apps_own_figures_at_the_right():
    line = text_of(recorder_line(RECORDING, VITALS, 198))
    recorder, app = line.split("   ui  ")
    assert recorder.strip() == (
        "recorder  ● ticks-20261122-104217.csv   12,04,118 rows   88 MB   queue 0   written 0.6s ago"
    )
    assert app == "10 fps   frame 4.1 ms  p99 9.8 ms   loop lag 1.0 ms  p99 12 ms"


def test_without_a_recording_the_line_says_how_to_start_one():
    line = recorder_line(RecordingState(), UiStats(), 58)
    assert text_of(line).split("ui")[0].strip() == "recorder  ○ off, r starts"


def test_a_recording_that_ended_by_itself_says_why_as_an_alarm():
    line = recorder_line(RecordingState(error="cannot write to ticks.csv"), VITALS, 80)
    assert ("✗ cannot write to ticks.csv", Style.ALARM) in line


def test_lost_ticks_are_a_warning_that_stays_when_all_else_leaves():
    lossy = replace(RECORDING, name="ticks-20261122-104217-1234.csv", lost=1204)
    for width in (58, 80, 200):
        assert ("! 1,204 lost   ", Style.STALE) in recorder_line(lossy, VITALS, width)
    assert not [text for text, _ in recorder_line(RECORDING, VITALS, 200) if "lost" in text]


@pytest.mark.parametrize("width", range(58, 241))
def test_the_recorders_line_fills_its_width_and_cuts_no_figure(width):
    line = recorder_line(RECORDING, VITALS, width)
    whole = [text for text, _ in recorder_line(RECORDING, VITALS, 240) if text.strip()]
    assert width_of(line) == width
    assert all(text in whole for text, _ in line if text.strip())
    assert "12,04,118 rows" in text_of(line)


def test_the_apps_figures_leave_before_any_of_the_recorders():
    def shown(width):
        text = text_of(recorder_line(RECORDING, VITALS, width))
        return "written" in text, "ui" in text

    assert [shown(width) for width in (90, 100, 110)] == [(False, False), (True, False), (True, True)]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (12.4, "12 s"),
        (0.9996, "1.0 s"),
        (0.9994, "999 ms"),
        (0.00996, "10 ms"),
        (0.0099, "9.9 ms"),
        (0.0009996, "1.0 ms"),
        (4.2e-5, "42 µs"),
        (3.3e-7, "330 ns"),
    ],
)
def test_short_times_take_at_most_six_cells(seconds, text):
    assert figures(stats(0, round_trips=Percentiles(seconds, seconds)))["p99"] == text


@pytest.mark.parametrize(
    ("count", "text"), [(999, "999 B"), (9949, "9.9 kB"), (12_000, "12 kB"), (4_200_000_000, "4.2 GB")]
)
def test_sizes_are_short(count, text):
    recording = RecordingState(is_on=True, name="ticks.csv", bytes=count, written_ago=95.0)
    line = text_of(recorder_line(recording, UiStats(), 120))
    assert f"   {text}   queue" in line
    assert "written 1m ago" in line
