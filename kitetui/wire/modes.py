"""The three streaming modes."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Mode(StrEnum):
    """How much of an instrument is streamed: the last price, the quote, or the quote with depth."""

    LTP = "ltp"
    QUOTE = "quote"
    FULL = "full"


RANK: Final = {Mode.LTP: 0, Mode.QUOTE: 1, Mode.FULL: 2}
"""The modes, the poorest first."""
