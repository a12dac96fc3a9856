"""The three streaming modes."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """How much of an instrument is streamed: the last price, the quote, or the quote with depth."""

    LTP = "ltp"
    QUOTE = "quote"
    FULL = "full"
