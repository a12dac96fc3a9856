"""For programs written for Kite's official Python client: the same class, on top of this package's feed.

Change the import to `from kitetui.compat import KiteTicker`, and the program runs as it was. What it gains,
and the few things that differ, are in `kitetui.guides`. The REST half of the official package, `KiteConnect`,
has no counterpart here: keep it, both can be used in one program.
"""

from kitetui.compat.inbox import ConnectionResponse
from kitetui.compat.ticker import KiteTicker

__all__ = ["ConnectionResponse", "KiteTicker"]
