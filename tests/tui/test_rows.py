"""A row of the watchlist in every state that it can be in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kitetui.tui.layout import Column, columns
from kitetui.tui.render.row import Marking, changed_from, heading_line, headings, row_line
from kitetui.tui.render.spans import Style, text_of, width_of
from kitetui.tui.rows import Flash, RowState, freshness
from kitetui.wire import Mode, layout
from tests.tui.rows import CURRENCY, INDEX, NOW, instrument, row, tick

EVERY = columns(200)


def drawn(a_row, width=80, **marking):
    line = row_line(a_row, columns(width), width, Marking(**marking))
    assert width_of(line) == width
    return text_of(line)


def styles(a_row, width=80):
    return {style for text, style in row_line(a_row, columns(width), width, Marking()) if text.strip()}


def test_a_live_row_shows_its_figures_under_their_headings():
    title = text_of(heading_line(headings(columns(80), 80), 80))
    text = drawn(row(tick()))
    assert text == "  RELIANCE             1,412.35  ▲ +0.84%  1.24Cr    1,412.30    1,412.40     0s"
    for figure, name in (("1,412.35", "LTP"), ("+0.84%", "CHG%"), ("1,412.40", "ASK"), ("0s", "AGE")):
        assert text.index(figure) + len(figure) == title.index(name) + len(name)


def test_a_row_without_a_tick_waits():
    text = drawn(row(None, RowState.WAITING, ""))
    assert text.split() == ["RELIANCE", "…"]


def test_a_frozen_row_is_dim_has_no_direction_and_says_so():
    frozen = row(tick(), RowState.FROZEN, "!11s")
    assert drawn(frozen).endswith("  !11s")
    assert styles(frozen) == {Style.DIM, Style.STALE}


def test_a_snapshot_is_dim_and_dated():
    snapshot = row(tick(), RowState.SNAPSHOT, "21 Nov")
    assert drawn(snapshot).endswith(" 21 Nov")
    assert styles(snapshot) == {Style.DIM}


def test_an_old_row_keeps_its_colours_and_only_its_age_is_grey():
    assert {Style.UP, Style.DIM} <= styles(row(tick(), RowState.OLD, "41s"))


def test_an_index_has_no_bid_ask_or_volume():
    text = drawn(row(tick(INDEX, layout.INDEX_FULL, book=[]), which=instrument("NIFTY 50", INDEX)))
    assert text.split()[3:] == ["▲", "+0.84%", "·", "·", "·", "0s"]


@pytest.mark.parametrize(
    ("mode", "length", "figures"),
    [
        (Mode.LTP, layout.LTP, ["1,412.35", "·", "·", "·", "·", "0s"]),
        (Mode.QUOTE, layout.QUOTE, ["1,412.35", "▲", "+0.84%", "1.24Cr", "·", "·", "0s"]),
        (Mode.QUOTE, layout.FULL, ["1,412.35", "▲", "+0.84%", "1.24Cr", "·", "·", "0s"]),
        (Mode.FULL, layout.QUOTE, ["1,412.35", "▲", "+0.84%", "1.24Cr", "…", "…", "0s"]),
    ],
)
def test_what_the_mode_does_not_carry_is_a_dot_and_what_has_not_come_is_an_ellipsis(mode, length, figures):
    assert drawn(row(tick(length=length), mode=mode)).split()[1:] == figures


def test_without_a_previous_close_the_change_is_unknown_and_never_zero():
    assert drawn(row(tick(close=0))).split()[1:3] == ["1,412.35", "-"]


def test_an_empty_side_of_the_book_is_unknown():
    assert drawn(row(tick(book=[(0, 0, 0)] * 10))).split()[-3:] == ["-", "-", "0s"]


def test_a_currency_is_shown_with_four_decimals():
    words = {"last_price": 842_575_000, "close": 842_250_000}
    assert "84.2575" in drawn(row(tick(CURRENCY, **words), which=instrument("USDINR", CURRENCY)))


@pytest.mark.parametrize("width", range(60, 241))
def test_the_widest_figures_there_can_be_are_never_cut(width):
    widest = dict.fromkeys(("last_price", "open", "high", "low"), -(2**31))
    book = [(2**32 - 1, -(2**31), 65535)] * 10
    a_row = row(
        tick(book=book, close=2**31 - 1, volume=2**32 - 1, oi=2**32 - 1, **widest), RowState.FROZEN, "!99d"
    )
    a_row = replace(a_row, hour=tuple(map(float, range(8))))
    text = drawn(a_row, width)
    assert "…" not in text
    shown = [column for column in columns(width) if column is not Column.SYMBOL]
    assert len(text.split()) == 1 + len(shown) + 1  # the arrow is a word of its own


def test_a_long_symbol_ends_in_an_ellipsis_and_moves_nothing():
    text = drawn(row(tick(), which=instrument("BANKNIFTY26NOV52000CE")))
    assert text.startswith("  BANKNIFTY26NOV52…")
    assert text.index("1,412.35") == drawn(row(tick())).index("1,412.35")


def test_a_selected_row_is_marked_by_a_glyph_too():
    assert drawn(row(tick()), selected=True).startswith("▌ RELIANCE")


def test_a_marked_row_has_a_glyph_too_selected_or_not():
    assert drawn(row(tick()), marked=True).startswith(" •RELIANCE")
    assert drawn(row(tick()), selected=True, marked=True).startswith("▌•RELIANCE")


def test_what_is_wrong_with_a_row_that_never_ticked_stands_in_it():
    waiting = replace(row(None, RowState.WAITING, ""), trouble="server: Can't subscribe to more")
    assert "RELIANCE           ! server: Can't subscribe to more" in drawn(waiting)
    assert Style.STALE in styles(waiting)


def test_a_held_row_is_dim_and_says_for_how_long():
    held = row(tick(), RowState.HELD, "‖11s")
    assert drawn(held).endswith("   ‖11s")
    assert styles(held) == {Style.DIM}


@pytest.mark.parametrize("width", range(60, 241))
def test_headings_stand_where_they_can_be_clicked_also_with_the_arrow_of_the_sort(width):
    for sorted_by in columns(width):
        placed = headings(columns(width), width, sorted_by, descending=True)
        text = text_of(heading_line(placed, width))
        assert [each.column for each in placed] == list(columns(width))
        for each in placed:
            wanted = f"{each.column} ↓" if each.column is sorted_by else each.column.value
            assert text[each.start : each.end].strip() == wanted


def test_only_the_digits_that_changed_flash():
    start = changed_from("1,412.30", "1,412.35")
    line = row_line(row(tick(), flash=Flash(start, 5)), columns(80), 80, Marking())
    assert [text for text, style in line if style is Style.FLASH_UP] == ["5"]
    assert text_of(line) == drawn(row(tick()))


@pytest.mark.parametrize(
    ("before", "after", "start"),
    [("999.95", "1,000.00", 0), ("1,000.00", "999.95", 0), ("812.45", "812.45", 6), ("8.14", "8.24", 2)],
)
def test_digits_are_compared_from_where_they_stand(before, after, start):
    assert changed_from(before, after) == start


@pytest.mark.parametrize(
    ("changes", "state", "age"),
    [
        ({}, RowState.LIVE, "2s"),
        ({"elapsed": 41}, RowState.OLD, "41s"),
        ({"is_delivered": False, "elapsed": 11}, RowState.FROZEN, "!11s"),
        ({"is_delivered": False, "is_snapshot": True}, RowState.FROZEN, "!2s"),
        ({"is_snapshot": True}, RowState.SNAPSHOT, "10:02"),
        ({"is_snapshot": True, "exchange_time": NOW - 86_400}, RowState.SNAPSHOT, "21 Nov"),
        ({"is_snapshot": True, "exchange_time": None}, RowState.SNAPSHOT, "-"),
        ({"elapsed": -3}, RowState.LIVE, "0s"),
        ({"now": NOW - 3600}, RowState.LIVE, "2s"),
        ({"is_held": True}, RowState.HELD, "‖2s"),
        ({"is_held": True, "is_snapshot": True}, RowState.SNAPSHOT, "10:02"),
        ({"is_held": True, "is_delivered": False}, RowState.FROZEN, "!2s"),
    ],
)
def test_a_row_is_worth_what_its_tick_and_its_connection_are(changes, state, age):
    facts = {
        "now": NOW,
        "elapsed": 2,
        "exchange_time": NOW - 2400,
        "is_snapshot": False,
        "is_delivered": True,
    }
    result = freshness(**(facts | changes))
    assert (result.state, result.age) == (state, age)
