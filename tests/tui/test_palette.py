"""A line becomes as few pieces as it has looks."""

from __future__ import annotations

from kitetui.tui.paint.ink import Ink
from kitetui.tui.widgets.palette import Palette
from kitetui.tui.widgets.table import WatchTable
from tests.tui.conftest import running


async def pieces(*line: tuple[str, Ink], width: int) -> list[str]:
    async with running() as session:
        strip = Palette(session.app.screen.query_one(WatchTable)).strip(list(line), width)
    assert strip.cell_length == width
    return [segment.text for segment in strip]


async def test_neighbours_in_one_ink_are_one_piece() -> None:
    assert await pieces(("a", Ink.TEXT), ("b", Ink.TEXT), ("c", Ink.DIM), width=3) == ["ab", "c"]


async def test_blanks_take_the_ink_before_them() -> None:
    assert await pieces(("a", Ink.STRONG), ("  ", Ink.TEXT), ("b", Ink.TEXT), width=4) == ["a  ", "b"]


async def test_a_blank_that_can_be_seen_keeps_its_ink() -> None:
    line = (("a", Ink.TEXT), (" ", Ink.FLASH_UP), (" ", Ink.TEXT), (" ", Ink.SIMULATED))
    assert await pieces(*line, width=4) == ["a", " ", " ", " "]


async def test_what_cannot_be_printed_is_made_harmless_before_it_is_joined() -> None:
    assert "\x1b" not in "".join(await pieces(("a\x1b[2J", Ink.TEXT), ("b", Ink.TEXT), width=20))
