"""Make the README's pictures: the monitor itself, on the simulated exchange, as PNG files beside this one."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from pathlib import Path

import cairosvg
from PIL import Image
from textual.pilot import Pilot

from kitetui.feed import Endpoint, FeedState, KiteManagerConfig, KiteTickerManager
from kitetui.simulator import SimulatedExchange
from kitetui.tui import MonitorApp
from kitetui.tui.groups import FIRST_GROUP, Groups, Watchlist
from kitetui.tui.theme import DEFAULT_THEME
from kitetui.wire import Mode

SIZE = (120, 40)
COLOURS = 64
SECONDS = 45
OUTAGE = 4
FONT = "DejaVu Sans Mono"
FONT_SIZE = "20.27px"
"""At this size a character of the font is as wide as a cell of the drawing, 12.2."""
SCALE = 14 / 12.2
"""A cell becomes a whole number of pixels, to which the renderer rounds the width of a character."""


async def main() -> None:
    """Let the market run for some seconds, and take the pictures."""
    async with SimulatedExchange(rate=2500, seed=7) as exchange:
        endpoint, pair = Endpoint.parse(exchange.url_with_credentials)
        app = MonitorApp(
            manager=KiteTickerManager(pair.api_key, pair.access_token, KiteManagerConfig(endpoint=endpoint)),
            universe=exchange.universe,
            groups=Groups([Watchlist(exchange.universe.default_watchlist(), FIRST_GROUP)]),
            mode=Mode.FULL,
            simulated=True,
        )
        async with app.run_test(size=SIZE) as pilot:
            app.theme = DEFAULT_THEME
            # The font has no braille, which lines are made of; it has what candles are made of.
            await pilot.press("j", "j", "j", "t")
            await asyncio.sleep(SECONDS)
            assert app.monitor.manager.get_status().state is FeedState.LIVE
            await take("monitor", pilot)
            await pilot.press("enter")
            await take("detail", pilot)
            await pilot.press("escape", "a", *"nifty 25000")
            await take("add", pilot)
            await pilot.press("escape")
            exchange.handshakes.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            exchange.clients[1].drop()
            await asyncio.sleep(OUTAGE)
            assert app.monitor.manager.get_status().live == 2
            await take("lost", pilot)


async def take(name: str, pilot: Pilot[None]) -> None:
    """Write the screen as it stands to a PNG of this name."""
    pilot.app.clear_notifications()
    await pilot.pause(1)
    svg = pilot.app.export_screenshot(title="kitetui")
    picture = Path(__file__).with_name(f"{name}.png")
    cairosvg.svg2png(in_our_font(svg).encode(), write_to=str(picture), scale=SCALE)
    Image.open(picture).quantize(COLOURS).save(picture, optimize=True)
    print(picture.name, picture.stat().st_size, "bytes")


def in_our_font(svg: str) -> str:
    """Return the drawing in a font that is installed, rather than one that would have to be fetched."""
    drawing = svg.replace("Fira Code", FONT).replace("font-size: 20px", f"font-size: {FONT_SIZE}")
    return re.sub(r' textLength="[^"]*"', "", drawing)


if __name__ == "__main__":
    asyncio.run(main())
