"""A terminal market monitor and tick recorder for Zerodha's Kite, and the library beneath it."""

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
