"""The market as last seen."""

from kitetui.market.cache import LastValueCache

__all__ = ["LastValueCache"]
