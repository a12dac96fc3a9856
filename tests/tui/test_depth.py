"""The order book in its two arrangements, and why it is empty when it is."""

from __future__ import annotations

import pytest

from kitetui.instruments import Kind
from kitetui.tui.render.depth import depth_title, ladder_lines, spread_text, strip_lines, why_empty
from kitetui.tui.render.quote import quote_line, quote_lines
from kitetui.tui.render.spans import Style, text_of, width_of
from kitetui.tui.rows import RowState
from kitetui.wire import Mode, layout
from tests.tui.rows import BOOK, INDEX, instrument, row, tick


def texts(lines):
    return [text_of(line).rstrip() for line in lines]


def test_the_ladder_has_the_offers_above_and_the_bids_below_best_in_the_middle():
    lines = texts(ladder_lines(row(tick()), Mode.FULL, 36))
    assert lines == [
        "       PRICE       QTY    ORD",
        "    1,412.60     3,377     75 ██",
        "    1,412.55     1,090     22 █",
        "    1,412.50     9,411    188 ████",
        "    1,412.45     5,820    104 ███",
        "    1,412.40     2,115     61 █",
        " B 38.20L  54% ███░░░ 46%  31.90L S",
        "    1,412.30     4,210    120 ██",
        "    1,412.25     3,044     88 █",
        "    1,412.20     1,208     41 █",
        "    1,412.15     6,655     97 ███",
        "    1,412.10    11,024    163 █████",
    ]


def test_the_strip_has_bids_to_the_left_and_offers_to_the_right():
    lines = texts(strip_lines(row(tick()), Mode.FULL, 80))
    assert lines[0].split() == ["ORD", "QTY", "BID", "│", "ASK", "QTY", "ORD"]
    assert lines[1].split() == ["███", "120", "4,210", "1,412.30", "│", "1,412.40", "2,115", "61", "██"]
    assert lines[5].split() == [
        "█████████",
        "163",
        "11,024",
        "1,412.10",
        "│",
        "1,412.60",
        "3,377",
        "75",
        "███",
    ]
    assert lines[6].split()[:3] == ["buy", "38.20L", "54%"]


@pytest.mark.parametrize("width", range(60, 100))
def test_the_strip_fits_every_narrow_screen_with_the_largest_figures(width):
    book = [(2**32 - 1, 9_99_999_99, 65535)] * 10
    a_row = row(tick(book=book, buy_quantity=2**32 - 1, sell_quantity=2**32 - 1))
    for line in strip_lines(a_row, Mode.FULL, width):
        assert width_of(line) <= width
        assert "…" not in text_of(line)


@pytest.mark.parametrize("width", range(36, 65))
def test_the_ladder_and_the_quote_fit_every_sidebar_with_the_largest_figures(width):
    book = [(2**32 - 1, 9_99_999_99, 65535)] * 10
    prices = dict.fromkeys(("last_price", "open", "high", "low", "close", "average_price"), 9_99_999_99)
    counts = dict.fromkeys(("volume", "last_quantity", "buy_quantity", "sell_quantity"), 2**32 - 1)
    a_row = row(tick(book=book, **prices, **counts))
    for line in (*ladder_lines(a_row, Mode.FULL, width), *quote_lines(a_row, width)):
        assert width_of(line) <= width
        assert "…" not in text_of(line)


def test_the_spread_is_told_in_rupees_and_percent():
    assert text_of(spread_text(row(tick()))) == "spread 0.10 (0.007%)"


def test_one_empty_side_has_no_spread_and_dashes():
    one_sided = row(tick(book=[*BOOK[:5], *[(0, 0, 0)] * 5]))
    assert spread_text(one_sided) == []
    assert texts(ladder_lines(one_sided, Mode.FULL, 36))[1:6] == ["           -"] * 5


def test_a_frozen_book_is_dim_and_says_how_old_it_is():
    frozen = row(tick(), RowState.FROZEN, "!11s")
    assert text_of(depth_title(frozen)) == "Depth 11s ago"
    styles = {
        style for line in ladder_lines(frozen, Mode.FULL, 36)[1:] for text, style in line if text.strip()
    }
    assert styles == {Style.DIM}


@pytest.mark.parametrize(
    ("a_row", "mode", "reason"),
    [
        (None, None, "no symbol selected"),
        (row(None, which=instrument("NIFTY 50", INDEX, Kind.INDEX)), Mode.FULL, "Indices have no order book"),
        (row(tick(length=layout.QUOTE)), Mode.QUOTE, "depth needs full mode: press m"),
        (row(None), Mode.LTP, "depth needs full mode: press m"),
        (row(None), Mode.FULL, "waiting for the first tick with depth"),
        (row(tick(length=layout.QUOTE)), Mode.FULL, "waiting for the first tick with depth"),
    ],
)
def test_an_empty_book_says_why(a_row, mode, reason):
    assert why_empty(a_row, mode) == reason
    assert reason in " ".join(texts(ladder_lines(a_row, mode, 60)))
    assert reason in " ".join(texts(strip_lines(a_row, mode, 80)))


def test_the_quote_pane_shows_the_day():
    assert texts(quote_lines(row(tick()), 36)) == [
        " LTP      1,412.35  ▲ +11.75  +0.84%",
        "",
        " Open     1,401.00  High    1,418.00",
        " Close    1,400.60  Low     1,398.50",
        " ATP      1,409.12  LTT     10:42:17",
        " Vol   1,24,08,771  LTQ           25",
        " Day   ├─────────────●──────┤ 71%",
    ]


def test_the_quote_line_leaves_out_whole_figures_from_the_end():
    assert text_of(quote_line(row(tick()), 80)).rstrip().endswith("C 1,400.60  ATP 1,409.12  LTQ 25")
    assert text_of(quote_line(row(tick()), 60)).rstrip().endswith("C 1,400.60")


def book_with(*changed):
    """RELIANCE's book with other quantities at some levels."""
    quantities = dict(changed)
    return [(quantities.get(price, quantity), price, orders) for quantity, price, orders in BOOK]


def test_a_level_with_another_quantity_than_before_is_marked_on_its_side():
    before = row(tick(book=book_with((141230, 5_000), (141215, 6_000), (141240, 2_115)))).figures
    ladder = texts(ladder_lines(row(tick()), Mode.FULL, 36, before))
    assert "    1,412.30     4,210-   120 ██" in ladder
    assert "    1,412.15     6,655+    97 ███" in ladder
    assert "    1,412.40     2,115     61 █" in ladder
    strip = texts(strip_lines(row(tick()), Mode.FULL, 80, before))
    assert "4,210-   1,412.30 │ 1,412.40        2,115" in strip[1]
    assert "6,655+   1,412.15 │" in strip[4]


def test_a_price_that_is_new_in_the_book_is_marked_too():
    before = row(tick(book=[(4210, 141235, 120), *BOOK[1:]])).figures
    assert "    1,412.30     4,210+   120 ██" in texts(ladder_lines(row(tick()), Mode.FULL, 36, before))


def test_the_level_at_the_last_price_is_pointed_at():
    at_the_bid, at_the_ask = row(tick(last_price=141230)), row(tick(last_price=141240))
    assert "▸   1,412.30     4,210    120 ██" in texts(ladder_lines(at_the_bid, Mode.FULL, 36))
    assert "1,412.30◂│ 1,412.40" in texts(strip_lines(at_the_bid, Mode.FULL, 80))[1]
    assert "1,412.30 │▸1,412.40" in texts(strip_lines(at_the_ask, Mode.FULL, 80))[1]


def test_between_the_levels_nothing_is_pointed_at():
    between = texts(ladder_lines(row(tick()), Mode.FULL, 36))
    assert not any("▸" in line for line in between)
