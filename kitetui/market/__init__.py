"""The market as last seen, and in candles."""

from kitetui.market.cache import LastValueCache
from kitetui.market.candles import Candle, CandleBuilder, Candles, resample

__all__ = ["Candle", "CandleBuilder", "Candles", "LastValueCache", "resample"]
