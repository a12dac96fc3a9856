"""Figures as Indian traders read them, and text from the network made safe for a terminal.

Pure functions from exact integers to text: nothing in here touches a float, a locale or a clock. Every
figure has a form that fits its cell, so that a table never has to cut a number.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from kitetui.times import IST

LAKH: Final = 100_000
CRORE: Final = 10_000_000
THOUSAND: Final = 1_000
MILLION: Final = 1_000_000
BILLION: Final = 1_000_000_000

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86_400

_SHOWN_DECIMALS: Final = 4
"""Decimals shown at most: currencies are sent with seven and quoted with four."""


class Units(StrEnum):
    """How large figures are read: `12,34,567` and `1.24Cr`, or `1,234,567` and `12.41M`."""

    INDIAN = "indian"
    WESTERN = "western"


@dataclass(frozen=True, slots=True)
class Numerals:
    """How figures are written in some units."""

    units: Units = Units.INDIAN

    def group(self, number: int) -> str:
        """Return an integer with Indian grouping, 3-2-2: `12,34,567`; in western units `1,234,567`."""
        if self.units is Units.WESTERN:
            return f"{number:,}"
        digits = str(abs(number))
        head, tail = digits[:-3], digits[-3:]
        pairs = []
        while head:
            pairs.append(head[-2:])
            head = head[:-2]
        grouped = ",".join([*reversed(pairs), tail])
        return f"-{grouped}" if number < 0 else grouped

    def price(self, value: int, decimals: int) -> str:
        """Return a price, an integer with so many decimals, as `1,36,450.00`; at most four are shown.

        What is sent with more is rounded half to even.
        """
        if decimals > _SHOWN_DECIMALS:
            value = rounded(value, 10 ** (decimals - _SHOWN_DECIMALS))
            decimals = _SHOWN_DECIMALS
        whole, part = divmod(abs(value), 10**decimals)
        sign = "-" if value < 0 else ""
        return f"{sign}{self.group(whole)}.{part:0{decimals}d}" if decimals else f"{sign}{self.group(whole)}"

    def price_within(self, value: int, decimals: int, width: int) -> str:
        """Return a price in at most `width` cells: where it must without decimals, or in lakhs and crores."""
        whole = rounded(value, 10**decimals)
        return _first_fitting(
            width, lambda: self.price(value, decimals), lambda: self.group(whole), lambda: self.short(whole)
        )

    def quantity_within(self, number: int, width: int) -> str:
        """Return a quantity in full if it fits into `width` cells, else in lakhs and crores."""
        return _first_fitting(width, lambda: self.group(number), lambda: self.short(number))

    def short(self, number: int) -> str:
        """Return a quantity in full below a lakh, else with two decimals in lakhs or crores: `1.24Cr`.

        From a hundred crore on it has one decimal, and from a thousand none. What decides is the rounded
        figure, so that 99,99,999 is `1.00Cr` and never `100.00L`. In western units it is `862.13K`, `12.41M`
        and `4.29B`.
        """
        size = abs(number)
        if size < LAKH:
            return self.group(number)
        if self.units is Units.WESTERN:
            return f"{'-' if number < 0 else ''}{self._western(size)}"
        hundredths = rounded(size, LAKH // 100)
        if hundredths < 10_000:
            text = f"{self.price(hundredths, 2)}L"
        elif (hundredths := rounded(size, CRORE // 100)) < 10_000:
            text = f"{self.price(hundredths, 2)}Cr"
        elif (tenths := rounded(size, CRORE // 10)) < 10_000:
            text = f"{self.price(tenths, 1)}Cr"
        else:
            text = f"{self.group(rounded(size, CRORE))}Cr"
        return f"-{text}" if number < 0 else text

    def change(self, value: int, decimals: int) -> str:
        """Return a change of price with its sign, `+11.75`; zero has none."""
        text = self.price(value, decimals)
        return f"+{text}" if value > 0 and text.strip("0.") else text

    def change_within(self, value: int, decimals: int, width: int) -> str:
        """Return a change with its sign in at most `width` cells."""
        text = self.change(value, decimals)
        if len(text) <= width:
            return text
        return f"{'+' if value > 0 else ''}{self.price_within(value, decimals, width - (value > 0))}"

    def _western(self, size: int) -> str:
        for unit, name in ((THOUSAND, "K"), (MILLION, "M")):
            hundredths = rounded(size, unit // 100)
            if hundredths < 100_000:
                return f"{self.price(hundredths, 2)}{name}"
        return f"{self.price(rounded(size, BILLION // 100), 2)}B"


INDIAN: Final = Numerals()
group, price, price_within = INDIAN.group, INDIAN.price, INDIAN.price_within
quantity_within, short = INDIAN.quantity_within, INDIAN.short
change, change_within = INDIAN.change, INDIAN.change_within


def noun(count: int, one: str) -> str:
    """Return a regular noun for so many: `gap`, `gaps`."""
    return one if count == 1 else f"{one}s"


def ungroup(text: str) -> int:
    """Return the integer of a grouped text, whatever the grouping. Raises ValueError for anything else."""
    return int(text.replace(",", ""))


def percent_of(value: int, base: int) -> int:
    """Return `value` as hundredths of a percent of `base`, rounded half to even."""
    return rounded(value * 10_000, base)


def percent(hundredths: int) -> str:
    """Return hundredths of a percent as `+0.84%` in at most seven cells; zero has no sign."""
    if abs(hundredths) < 10_000:
        text = f"{price(abs(hundredths), 2)}%"
    elif (tenths := rounded(abs(hundredths), 10)) < 10_000:
        text = f"{price(tenths, 1)}%"
    else:
        text = f"{_bare(rounded(abs(hundredths), 100))}%"
    return text if not hundredths else f"{'+' if hundredths > 0 else '-'}{text}"


def arrow(value: int) -> str:
    """Return `▲`, `▼`, or a blank for zero: a direction that survives without colour."""
    return "▲" if value > 0 else "▼" if value < 0 else " "


def age(seconds: float) -> str:
    """Return how long ago something was, in its largest unit: `0s`, `41s`, `3m`, `2h`, `5d`."""
    whole = max(int(seconds), 0)
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if whole >= unit:
            return f"{whole // unit}{name}"
    return f"{whole}s"


def duration(seconds: float) -> str:
    """Return a length of time as a clock reads, `01:27:11`; hours run on past a day."""
    minutes, rest = divmod(max(int(seconds), 0), MINUTE)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"


def clock(seconds: float) -> str:
    """Return the time of day in India of UTC seconds: `10:42:17`."""
    return datetime.fromtimestamp(seconds, IST).strftime("%H:%M:%S")


def moment(seconds: float, now: float) -> str:
    """Return when something was, in five or six cells: `09:15` today in India, else `21 Nov`."""
    then, today = datetime.fromtimestamp(seconds, IST), datetime.fromtimestamp(now, IST)
    return then.strftime("%H:%M" if then.date() == today.date() else "%d %b")


def weekday_clock(seconds: float) -> str:
    """Return a time of the coming days in India: `Mon 09:15`."""
    return datetime.fromtimestamp(seconds, IST).strftime("%a %H:%M")


def plain(text: str) -> str:
    """Return text from the network as one line that a terminal can only print.

    Escape sequences lose their escape, and so their power; line breaks become spaces; other control
    characters, bidirectional controls and lone surrogates become `�`.
    """
    return "".join(map(_safe, text))


def rounded(value: int, divisor: int) -> int:
    """Return `value / divisor` as the nearest integer, half to even, exactly."""
    if divisor < 0:
        value, divisor = -value, -divisor
    whole, rest = divmod(value, divisor)
    above = 2 * rest - divisor
    return whole + (above > 0 or (above == 0 and whole % 2 == 1))


def _safe(character: str) -> str:
    if character in "\n\r\t\v\f\u0085\u2028\u2029":
        return " "
    return "�" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") else character


def _bare(number: int) -> str:
    """An integer without grouping, for the one cell that has no room for commas."""
    return str(number) if number < LAKH else short(number)


def _first_fitting(width: int, *forms: Callable[[], str]) -> str:
    text = ""
    for form in forms:
        text = form()
        if len(text) <= width:
            break
    return text
