"""The units that the screen writes its figures in, one for all of it as a locale is."""

from __future__ import annotations

from kitetui.formatting import INDIAN, Numerals, Units

_numerals = INDIAN


def use_units(units: Units) -> None:
    """Write all figures of the screen in these units from now on."""
    global _numerals
    _numerals = Numerals(units)


def group(number: int) -> str:
    """See `Numerals.group`."""
    return _numerals.group(number)


def price(value: int, decimals: int) -> str:
    """See `Numerals.price`."""
    return _numerals.price(value, decimals)


def price_within(value: int, decimals: int, width: int) -> str:
    """See `Numerals.price_within`."""
    return _numerals.price_within(value, decimals, width)


def quantity_within(number: int, width: int) -> str:
    """See `Numerals.quantity_within`."""
    return _numerals.quantity_within(number, width)


def short(number: int) -> str:
    """See `Numerals.short`."""
    return _numerals.short(number)


def change_within(value: int, decimals: int, width: int) -> str:
    """See `Numerals.change_within`."""
    return _numerals.change_within(value, decimals, width)
