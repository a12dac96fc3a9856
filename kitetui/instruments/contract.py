"""What the symbol of a contract says by itself, for contracts that no list has any more.

The contracts of a month are written `NIFTY26DECFUT` and `NIFTY26DEC25000CE`; those that end within a month
have the day instead, `NIFTY26D0825000CE`, where O, N and D stand for the last three months.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from kitetui.instruments.instrument import Kind
from kitetui.instruments.names import MONTHS

_LETTERS: Final = "123456789OND"
_END: Final = r"(?P<strike>\d+(?:\.\d+)?)?(?P<kind>FUT|CE|PE)"
_OF_A_MONTH: Final = re.compile(rf"(?P<name>.+?)(?P<year>\d\d)(?P<month>{'|'.join(MONTHS)}){_END}")
_OF_A_DAY: Final = re.compile(rf"(?P<name>.+?)(?P<year>\d\d)(?P<month>[{_LETTERS}])(?P<day>[0-3]\d){_END}")


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as its symbol has it.

    name: the underlying's.
    strike: None for a future.
    ended_by: the day of expiry, or the last of its month, as a symbol of that form does not have the day.
    """

    name: str
    kind: Kind
    strike: Decimal | None
    ended_by: date

    @classmethod
    def parse(cls, symbol: str) -> Contract | None:
        """Return the contract of a symbol, None where the symbol is no contract's."""
        found = _OF_A_MONTH.fullmatch(symbol) or _OF_A_DAY.fullmatch(symbol)
        if found is None or (found["kind"] == Kind.FUTURE) != (found["strike"] is None):
            return None
        year, month = 2000 + int(found["year"]), _month(found["month"])
        day = found.groupdict().get("day") or monthrange(year, month)[1]
        try:
            ended_by = date(year, month, int(day))
        except ValueError:
            return None
        strike = None if found["strike"] is None else Decimal(found["strike"])
        return cls(found["name"], Kind(found["kind"]), strike, ended_by)


def _month(text: str) -> int:
    return (MONTHS.index(text) if text in MONTHS else _LETTERS.index(text)) + 1
