"""Pictures of the whole screen, on a still market and a still clock."""

from __future__ import annotations

import asyncio

import pytest
from pytest_textual_snapshot import SVGImageExtension

from tests.tui.conftest import running


async def picture(size, keys=(), **options):
    """Return the screen as SVG after these keys, once the market has moved."""
    async with running(size=size, simulated=True, **options) as session:
        await session.step()
        session.app.clear_notifications()
        await session.pilot.press(*keys)
        session.screen()
        await session.pilot.pause()
        return session.app.export_screenshot(title="kitetui")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_live_monitor(size, snapshot):
    assert asyncio.run(picture(size)) == snapshot(extension_class=SVGImageExtension)


@pytest.mark.parametrize(("name", "keys"), [("add", ("a", "r", "e", "l")), ("connections", ("c",))])
def test_the_narrow_monitor_with_something_open(name, keys, snapshot):
    assert asyncio.run(picture((80, 24), keys)) == snapshot(extension_class=SVGImageExtension)
