"""How instruments are named: the exchanges, what people call an index, and names without blanks and signs."""

from __future__ import annotations

import re
from typing import Final

EXCHANGES: Final = ("NSE", "BSE", "NFO", "BFO", "CDS", "BCD", "MCX", "NCO")
"""The exchanges that a key can name, in the order in which a name without one is looked up."""

ALIASES: Final = {
    "NIFTY": "NSE:NIFTY 50",
    "NIFTY50": "NSE:NIFTY 50",
    "BANKNIFTY": "NSE:NIFTY BANK",
    "NIFTYBANK": "NSE:NIFTY BANK",
    "FINNIFTY": "NSE:NIFTY FIN SERVICE",
    "MIDCPNIFTY": "NSE:NIFTY MID SELECT",
    "NIFTYNXT50": "NSE:NIFTY NEXT 50",
    "INDIAVIX": "NSE:INDIA VIX",
    "VIX": "NSE:INDIA VIX",
}
"""What people call an index, and its key."""

MONTHS: Final = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
"""How the months are written in symbols."""

_SIGNS: Final = re.compile(r"[^A-Za-z0-9.]+")


def squeezed(name: str) -> str:
    """Return a name as one word: `NIFTY 50` as `NIFTY50`, `M&M` as `MM`."""
    return name if name.isascii() and name.isalnum() else _SIGNS.sub("", name)


def spread(name: str) -> str:
    """Return a name in words of letters and digits alone, one blank between them: `M&M` as `M M`."""
    return _SIGNS.sub(" ", name).strip()


def shown(text: str) -> str:
    """Return what a user typed, short and without anything that could move a terminal's cursor."""
    short = text if len(text) <= 40 else f"{text[:39]}…"
    return short if short.isprintable() else ascii(short)
