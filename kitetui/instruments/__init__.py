"""What can be traded, and by which name: the built-in universe of well-known instruments."""

from kitetui.instruments.instrument import Instrument, Kind
from kitetui.instruments.universe import Universe, UnknownSymbol

__all__ = ["Instrument", "Kind", "Universe", "UnknownSymbol"]
