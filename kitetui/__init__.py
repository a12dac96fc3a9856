"""A terminal market monitor and tick recorder for Zerodha's Kite, and the library beneath it.

The names are loaded when they are first used: NumPy and the feed take longer to import than a command
line should take to answer `--help`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kitetui.feed import KiteManagerConfig, KiteTickerManager
    from kitetui.wire import Exchange, Mode, Tick, TickBatch, decode_frame, decode_frames

__version__ = "0.1.0"

__all__ = [
    "Exchange",
    "KiteManagerConfig",
    "KiteTickerManager",
    "Mode",
    "Tick",
    "TickBatch",
    "decode_frame",
    "decode_frames",
]

_IN_THE_FEED = ("KiteManagerConfig", "KiteTickerManager")


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = import_module("kitetui.feed" if name in _IN_THE_FEED else "kitetui.wire")
    return globals().setdefault(name, getattr(room, name))


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
