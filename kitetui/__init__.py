"""A terminal market monitor and tick recorder for Zerodha's Kite, and the library beneath it.

What most programs need is here; the rest is in the rooms: `kitetui.feed` (connections, channels, statistics),
`kitetui.wire` (the protocol, without any I/O), `kitetui.market` (last values, candles), `kitetui.instruments`
(names and tokens), `kitetui.account` (logins), `kitetui.config` (what the user has set), `kitetui.errors`,
`kitetui.record` and `kitetui.replay` (recordings), `kitetui.simulator` (an exchange on this machine), and
`kitetui.compat` for programs written for Kite's official client.

The names are loaded when they are first used: NumPy and the feed take longer to import than a command
line should take to answer `--help`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kitetui.feed import Endpoint, KiteManagerConfig, KiteTickerManager, Ticks
    from kitetui.market import CandleBuilder, LastValueCache, resample
    from kitetui.wire import Exchange, Mode, Tick, TickBatch, decode_frame, decode_frames

__version__ = "0.1.0"

__all__ = [
    "CandleBuilder",
    "Endpoint",
    "Exchange",
    "KiteManagerConfig",
    "KiteTickerManager",
    "LastValueCache",
    "Mode",
    "Tick",
    "TickBatch",
    "Ticks",
    "decode_frame",
    "decode_frames",
    "resample",
]

_ROOM_OF: Final = {
    **dict.fromkeys(("Endpoint", "KiteManagerConfig", "KiteTickerManager", "Ticks"), "kitetui.feed"),
    **dict.fromkeys(("CandleBuilder", "LastValueCache", "resample"), "kitetui.market"),
}
"""Where a name is that is not in `kitetui.wire`."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = import_module(_ROOM_OF.get(name, "kitetui.wire"))
    return globals().setdefault(name, getattr(room, name))


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
