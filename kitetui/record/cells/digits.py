"""Whole columns of numbers and times as text, each piece of a cell looked up in a table of four-byte words.

A piece that is shorter than its word is filled up with NUL, which no cell has: whoever puts the words of a
row in their order takes the NULs out at the end. So every row has its words in the same places, however
long its cells are, and NumPy can write all rows at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
"""Pieces of text, four bytes each; shape (pieces, columns, n), n being rows."""

_CHUNK: Final = 10_000
"""Numbers are written four digits at a time."""


def words_of(texts: Iterable[bytes], count: int = 1) -> Words:
    """Return texts of at most `count` words each as words, shape (count, n)."""
    padded = np.array(list(texts), dtype=f"S{4 * count}")
    return np.ascontiguousarray(padded.view(np.uint32).reshape(-1, count).T)


_DIGITS: Final = words_of(
    [
        *(b"%d" % number if number else b"" for number in range(_CHUNK)),
        *(b"%d" % number for number in range(_CHUNK)),
        *(b"%04d" % number for number in range(_CHUNK)),
    ]
)[0]
"""Four digits three times: those that begin a number, if any do; the last; those with more before them."""
_LAST, _GOES_ON = _CHUNK, 2 * _CHUNK

_SIGN: Final = words_of([b"", b"-"])[0]

_HUNDREDTHS: Final = words_of([*(b".%02d" % part for part in range(100)), b"."])[0]
_POINT = 100
_THOUSANDTHS: Final = words_of((b"%03d" % part).rstrip(b"0") for part in range(1000))[0]

_YEAR: Final = words_of(b"%04d" % number for number in range(_CHUNK))[0]
_MONTH: Final = words_of(b"-%02d" % number for number in range(13))[0]
_DAY: Final = words_of(b"-%02d" % number for number in range(32))[0]
_HOUR: Final = words_of(b"T%02d" % number for number in range(24))[0]
_SIXTIETH: Final = words_of(b":%02d" % number for number in range(60))[0]
_MILLI: Final = words_of(b".%03d" % number for number in range(1000))[0]
_MICRO: Final = words_of(b"%03d" % number for number in range(1000))[0]
_ZONE: Final = words_of([b"+05:30"], 2)[:, :, None]

_IST: Final = 19_800
"""Seconds that India is ahead of UTC."""


def count_words(counts: NDArray[np.uint32] | NDArray[np.int64], chunks: int) -> Words:
    """Write numbers that are not negative, four digits a piece: `chunks` pieces."""
    words = np.empty((chunks, *counts.shape), dtype=np.uint32)
    number = counts.dtype.type
    rest: NDArray[Any] = counts
    for chunk in reversed(range(chunks)):
        more = rest // _CHUNK
        digits = rest - more * _CHUNK
        if chunk == chunks - 1:
            digits += (more > 0) * number(_GOES_ON - _LAST) + number(_LAST)
        elif chunk:
            digits += (more > 0) * number(_GOES_ON)
        _DIGITS.take(digits, out=words[chunk], mode="clip")
        rest = more
    return words


def price_words(prices: NDArray[np.int64], decimals: NDArray[np.int64]) -> Words:
    """Write prices as exact decimals, the same as `price_text`: 4 pieces, 6 if some are finer than paise.

    decimals: of each row's prices, shape (n,).
    """
    size = np.abs(prices).astype(np.uint32)
    whole = size // 100
    part = size - whole * 100
    finer = np.flatnonzero(decimals != 2)
    words = np.zeros((6 if len(finer) else 4, *prices.shape), dtype=np.uint32)
    if len(finer):
        scale = 10 ** decimals[finer]
        whole[:, finer] = size[:, finer] // scale
        part[:, finer] = _POINT
        ten_millionths = size[:, finer] % scale * (10**7 // scale)
        words[4][:, finer] = _DIGITS[ten_millionths // 1000 + _GOES_ON]
        words[5][:, finer] = _THOUSANDTHS[ten_millionths % 1000]
    _SIGN.take(prices < 0, out=words[0], mode="clip")
    words[1:3] = count_words(whole, 2)
    _HUNDREDTHS.take(part, out=words[3], mode="clip")
    return words


def time_words(seconds: NDArray[np.uint32]) -> Words:
    """Write times as `ist_seconds` does, and 0, which is none, as nothing: 8 pieces."""
    zone = np.broadcast_to(_ZONE, (2, *seconds.shape))
    return np.concatenate([_date_words(seconds.astype(np.int64)), zone]) * (seconds > 0)


def arrival_words(nanoseconds: NDArray[np.int64]) -> Words:
    """Write times, shape (n,), as `ist_microseconds` does: 10 pieces."""
    # The ticks of a message came at the same time, which is written once.
    changes = np.flatnonzero(np.diff(nanoseconds, prepend=nanoseconds[0] - 1))
    moments = nanoseconds[changes]
    seconds = moments // 1_000_000_000
    micro = (moments - seconds * 1_000_000_000) // 1000
    milli = micro // 1000
    fraction = np.stack([_MILLI[milli], _MICRO[micro - milli * 1000]])
    zone = np.broadcast_to(_ZONE[:, 0], (2, len(moments)))
    words = np.concatenate([_date_words(seconds), fraction, zone])
    return np.repeat(words, np.diff(changes, append=len(nanoseconds)), axis=1)[:, None]


def _date_words(seconds: NDArray[np.int64]) -> Words:
    """Write UTC seconds as the date and time in India, without a zone: 6 pieces."""
    local = seconds + _IST
    days = local // 86_400
    date = days.astype("M8[D]")
    month = date.astype("M8[M]")
    months = month.astype(np.int64) + 1970 * 12
    year = months // 12
    of_day = local - days * 86_400
    minutes = of_day // 60
    hour = minutes // 60
    pieces = (
        _YEAR[year],
        _MONTH[months - year * 12 + 1],
        _DAY[(date - month).astype(np.int64) + 1],
        _HOUR[hour],
        _SIXTIETH[minutes - hour * 60],
        _SIXTIETH[of_day - minutes * 60],
    )
    return np.stack(pieces)
