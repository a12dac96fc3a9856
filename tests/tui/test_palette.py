"""A line becomes as few pieces as it has looks."""

from __future__ import annotations

from kitetui.tui.render.spans import Style
from kitetui.tui.widgets.painted import Palette
from kitetui.tui.widgets.table import WatchTable
from tests.tui.conftest import running


async def pieces(*line: tuple[str, Style], width: int) -> list[str]:
    async with running() as session:
        strip = Palette(session.app.screen.query_one(WatchTable)).strip(list(line), width)
    assert strip.cell_length == width
    return [segment.text for segment in strip]


async def test_neighbours_in_one_style_are_one_piece() -> None:
    assert await pieces(("a", Style.TEXT), ("b", Style.TEXT), ("c", Style.DIM), width=3) == ["ab", "c"]


async def test_blanks_take_the_style_before_them() -> None:
    assert await pieces(("a", Style.STRONG), ("  ", Style.TEXT), ("b", Style.TEXT), width=4) == ["a  ", "b"]


async def test_a_blank_that_can_be_seen_keeps_its_style() -> None:
    line = (("a", Style.TEXT), (" ", Style.FLASH_UP), (" ", Style.TEXT), (" ", Style.SIMULATED))
    assert await pieces(*line, width=4) == ["a", " ", " ", " "]


async def test_what_cannot_be_printed_is_made_harmless_before_it_is_joined() -> None:
    assert "\x1b" not in "".join(await pieces(("a\x1b[2J", Style.TEXT), ("b", Style.TEXT), width=20))
