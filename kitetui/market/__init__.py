"""The market as last seen, and in candles."""

from kitetui.market.cache import LastValueCache
from kitetui.market.calendar import Calendar
from kitetui.market.calendarfile import load_calendar
from kitetui.market.candles import Candle, CandleBuilder, Candles, resample

__all__ = [
    "Calendar",
    "Candle",
    "CandleBuilder",
    "Candles",
    "LastValueCache",
    "load_calendar",
    "resample",
]
