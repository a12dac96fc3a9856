"""For programs written for Kite's official Python client: the same class, on top of this package's feed.

Change `from kiteconnect import KiteConnect, KiteTicker` to `from kitetui.compat import …`, and the program
runs as it was. What it gains, and the few things that differ, are in `kitetui.guides`. The REST half of the
official package has no counterpart here: `KiteConnect` and `exceptions` are that package's own, if it is
installed.
"""

from typing import Any

from kitetui.compat.inbox import ConnectionResponse
from kitetui.compat.ticker import KiteTicker

__all__ = ["ConnectionResponse", "KiteTicker"]


def __getattr__(name: str) -> Any:
    if name not in ("KiteConnect", "exceptions"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import kiteconnect  # type: ignore[import-untyped]
    except ImportError:
        raise ImportError(f"{name} is the official client's: run pip install kiteconnect") from None
    return getattr(kiteconnect, name)
