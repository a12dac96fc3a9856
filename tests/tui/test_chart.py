"""The chart, as text, and as a pane of a running app."""

from __future__ import annotations

from contextlib import asynccontextmanager

import numpy as np
import pytest
from textual.app import App

from kitetui.market.history import Candles
from kitetui.tui.render.spans import Style, text_of, width_of
from kitetui.tui.theme import DEFAULT_THEME, VARIABLES, load_themes
from kitetui.tui.widgets.chart import ChartData, ChartPane, ChartStyle, chart_lines

START = 1_795_324_320
"""22 November 2026, 10:42:00 in India: a full minute."""

LINE, CANDLES = ChartStyle.LINE, ChartStyle.CANDLES


def candles(*bars, seconds=60):
    """Candles from (place, open, high, low, close); the places count from 10:42."""
    places, *prices = (np.array(column, dtype=np.int64) for column in zip(*bars, strict=True))
    return Candles(START + places * seconds, *prices)


def data(*bars, seconds=60, decimals=2, title="RELIANCE"):
    return ChartData([(title, Style.TITLE)], candles(*bars, seconds=seconds), decimals, seconds)


def closes(*values, **more):
    """A chart of candles that have nothing but a close; None is a gap."""
    return data(*((at, *[value] * 4) for at, value in enumerate(values) if value is not None), **more)


def texts(chart, style=LINE, width=34, height=6):
    return [text_of(line).rstrip() for line in chart_lines(chart, style, width, height)]


def plots(chart, style=LINE, width=34, height=6):
    """The plot alone, without prices and times."""
    lines = texts(chart, style, width, height)[:-1]
    return [line[: max(line.rfind("│"), line.rfind("├"))].rstrip() for line in lines]


def prices(chart, style=LINE, width=34, height=6):
    lines = texts(chart, style, width, height)
    return [line.split("├")[1].strip() for line in lines if "├" in line]


def times(chart, style=LINE, width=34, height=6):
    return texts(chart, style, width, height)[-1].split()


def test_a_line_runs_from_close_to_close_with_the_newest_at_the_right():
    assert plots(closes(100, 110, 120, 130), width=20, height=4) == [
        "              ⡸",
        "             ⢠⠃",
        "             ⡜",
    ]


def test_a_line_is_open_where_nothing_ticked_and_a_close_alone_is_a_dot():
    whole = plots(closes(100, 100, 100, 100, 100, 100, 100, 100), width=20, height=4)
    gaps = plots(closes(100, 100, None, None, 100, None, None, 100), width=20, height=4)
    assert whole == ["", "           ⠤⠤⠤⠤", ""]
    assert gaps == ["", "           ⠤ ⠄⠠", ""]


def test_rising_candles_are_strokes_and_falling_ones_blocks_with_gaps_between():
    bars = [(0, 100, 120, 90, 110), (1, 110, 115, 80, 85), (2, 85, 85, 85, 85), (4, 85, 130, 85, 130)]
    assert plots(data(*bars), CANDLES, width=24, height=7) == [
        "                  ┃",
        "              │╷  ┃",
        "              ┃█  ┃",
        "              ┃█  ┃",
        "              │█  ┃",
        "               ▀╹ ╹",
    ]


def test_candles_have_the_colour_of_their_direction():
    bars = [(0, 100, 120, 90, 110), (1, 110, 115, 80, 85), (2, 85, 85, 85, 85)]
    lines = chart_lines(data(*bars), CANDLES, 24, 7)
    styles = {glyph: style for line in lines[:-1] for text, style in line for glyph in text if glyph in "┃█╹"}
    assert styles == {"┃": Style.UP, "█": Style.DOWN, "╹": Style.TEXT}


def test_prices_are_round_ones_and_the_last():
    chart = closes(1_36_400_00, 1_36_500_00, 1_36_450_25)
    assert prices(chart, height=10) == ["1,36,500.00", "1,36,450.25", "1,36,400.00"]
    assert prices(closes(-100, 200, -300), height=8)[-1] == "-3.00"


def test_currencies_are_labelled_with_the_decimals_that_are_quoted():
    chart = closes(*range(84_30_00000, 84_41_00000, 1_00000), decimals=7)
    assert prices(chart, height=10) == ["84.4000", "84.3500", "84.3000"]
    assert prices(closes(84_30_00000, 84_30_00600, decimals=7), height=10) == ["84.3001", "84.3000"]


def test_the_last_price_takes_the_place_of_a_round_one_in_its_row():
    assert prices(closes(100, 201), height=3) == ["2.01", "1.00"]


@pytest.mark.parametrize(
    ("seconds", "style", "expected"),
    [
        (1, LINE, ["10:42:30"]),
        (1, CANDLES, ["10:42:40", "10:42:50"]),
        (5, LINE, ["10:44:00", "10:46:00"]),
        (60, LINE, ["11:00", "11:15", "11:30"]),
        (60, CANDLES, ["11:20", "11:30"]),
    ],
)
def test_times_are_round_in_india_and_none_is_cut(seconds, style, expected):
    assert times(closes(*range(100, 160), seconds=seconds), style) == expected


def test_a_time_stands_beneath_the_candle_that_begins_then():
    *plot, line = texts(data((0, 5, 5, 5, 5), (18, 9, 9, 9, 9), (28, 5, 5, 5, 5)), CANDLES, width=44)
    highest = plot[0].index("╹")
    assert line.index("11:00") + len("11:00") // 2 == highest


def test_only_the_candles_that_have_room_set_the_prices_at_the_edges():
    chart = closes(9_000_00, *range(100, 200))
    assert prices(chart) == ["1.99", "1.50"]
    assert prices(chart, CANDLES) == ["1.99", "1.80"]


def test_a_line_is_as_high_as_its_closes_and_candles_as_their_wicks():
    chart = data((0, 100, 900, 50, 100), (1, 100, 900, 50, 110))
    assert prices(chart, LINE) == ["1.10", "1.00"]
    assert prices(chart, CANDLES) == ["5.00", "1.10"]


@pytest.mark.parametrize("style", ChartStyle)
@pytest.mark.parametrize("width", range(10, 90, 7))
@pytest.mark.parametrize("height", [1, 3, 6, 20])
def test_a_chart_fits_its_pane_whatever_the_size(style, width, height):
    walk = 1_36_450_00 + np.cumsum(np.random.default_rng(7).integers(-900, 901, 300))
    bars = [(at, close - 50, close + 100, close - 200, close) for at, close in enumerate(walk.tolist())]
    lines = chart_lines(data(*bars), style, width, height)
    assert len(lines) <= height
    assert all(width_of(line) <= max(width, len(" no room for a chart")) for line in lines)


def test_an_empty_chart_says_why():
    nothing = Candles(*(np.empty(0, dtype=np.int64) for _ in range(5)))
    assert texts(ChartData([], nothing, 2, 1)) == [" nothing has streamed yet"]
    assert texts(closes(100, 200), width=12) == [" no room for a chart"]


TWO_MINUTES = [(0, 100, 120, 90, 110), (1, 110, 115, 80, 85)]


class ChartApp(App):
    """A chart, and nothing else; it counts how often its pane is painted."""

    CSS_PATH = "../../kitetui/tui/styles/monitor.tcss"

    def __init__(self, chart):
        super().__init__()
        for theme in load_themes().themes:
            self.register_theme(theme)
        self.theme = DEFAULT_THEME
        self.chart = chart
        self.painted = 0

    def get_theme_variable_defaults(self):
        return dict(VARIABLES)

    def compose(self):
        yield CountingPane(lambda: self.chart, id="chart")

    @property
    def pane(self):
        return self.query_one(ChartPane)

    def lines(self):
        return ["".join(segment.text for segment in strip) for strip in self._strips()]

    def colours(self, glyph):
        """The colours in which a glyph is on the screen."""
        segments = (segment for strip in self._strips() for segment in strip)
        return {segment.style.color.name for segment in segments if glyph in segment.text}

    def _strips(self):
        return self.screen._compositor.render_strips()


class CountingPane(ChartPane):
    """A chart that tells its app when it is painted."""

    def paint(self, width, height):
        self.app.painted += 1
        return super().paint(width, height)


@asynccontextmanager
async def charting(chart, style=LINE):
    """Run an app with a pane of 36 by 8 that has asked for its chart."""
    app = ChartApp(chart)
    async with app.run_test(size=(36, 8)) as pilot:
        app.pane.styles.height = 8
        app.pane.style = style
        await pilot.pause()
        app.pane.update()
        await pilot.pause()
        yield app, pilot


async def test_the_pane_has_the_frame_of_the_others_with_what_is_charted():
    async with charting(data(*TWO_MINUTES, title="INFY"), CANDLES) as (app, _):
        lines = app.lines()
    assert lines[0] == "╭─ INFY ───────────────────────────╮"
    assert lines[-1] == "╰────────────────── 1 min candles ─╯"
    assert all(line[0] + line[-1] == "││" for line in lines[1:-1])


async def test_a_pane_without_a_symbol_says_so():
    async with charting(None) as (app, _):
        assert "no symbol selected" in app.lines()[1]
        assert app.lines()[0].startswith("╭─ Chart ─")


async def test_the_pane_is_painted_anew_only_when_something_is_different():
    async with charting(data(*TWO_MINUTES)) as (app, pilot):
        painted = app.painted
        app.chart = data(*TWO_MINUTES)
        app.pane.update()
        assert app.painted == painted
        for chart in (
            data(*TWO_MINUTES, title="TCS"),
            data((0, 100, 120, 90, 110), (1, 110, 115, 80, 86), title="TCS"),
            data(*TWO_MINUTES, (2, 85, 85, 85, 85), title="TCS"),
            data(*TWO_MINUTES, seconds=5, title="TCS"),
        ):
            app.chart, painted = chart, app.painted
            app.pane.update()
            assert app.painted == painted + 1
        await pilot.pause()
        assert "TCS" in app.lines()[0]
        assert "5 s line" in app.lines()[-1]


async def test_the_next_style_is_seen_at_once():
    async with charting(data(*TWO_MINUTES)) as (app, pilot):
        assert "1 min line" in app.lines()[-1]
        for style, is_drawn in ((CANDLES, True), (LINE, False)):
            app.pane.next_style()
            await pilot.pause()
            assert f"1 min {style}" in app.lines()[-1]
            assert ("┃" in "".join(app.lines())) is is_drawn


async def test_the_next_length_is_wanted_in_turn_and_asked_for_at_once():
    async with charting(None) as (app, pilot):
        assert app.pane.seconds == 1
        for seconds in (5, 60, 1):
            app.chart = closes(100, 110, seconds=seconds)
            app.pane.next_bucket()
            await pilot.pause()
            assert app.pane.seconds == seconds
            assert ("1 min line" if seconds == 60 else f"{seconds} s line") in app.lines()[-1]


async def test_the_chart_has_the_colours_of_the_theme():
    async with charting(data(*TWO_MINUTES), CANDLES) as (app, pilot):
        assert app.colours("┃") == {VARIABLES["tick-up"]}
        assert app.colours("█") == {VARIABLES["tick-down"]}
        before = app.colours("█")
        app.theme = "kitetui-light"
        await pilot.pause()
        assert app.colours("█") != before


async def test_without_colour_a_falling_candle_is_still_another_than_a_rising_one(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with charting(data(*TWO_MINUTES), CANDLES) as (app, _):
        text = "".join(app.lines())
        greys = {name[1:3] == name[3:5] == name[5:7] for name in app.colours("┃") | app.colours("█")}
    assert "┃" in text
    assert "█" in text
    assert greys == {True}


async def test_a_chart_follows_the_size_of_its_pane():
    async with charting(closes(*range(100, 160)), CANDLES) as (app, pilot):
        app.pane.styles.height = 20
        await pilot.resize_terminal(70, 20)
        await pilot.pause()
        assert app.lines()[0].startswith("╭─ RELIANCE ─")
        assert app.lines()[-1].endswith("1 min candles ─╯")
        assert len(app.lines()[-1]) == 70
