"""Which instruments of a group are shown: a line such as `chg>2 vol>1L nse: bank -fut`.

All terms must hold. A term compares a field with a number or another field, names an exchange or a kind,
or is a word of the symbol or the name; `-` or `!` before it turns it round. Figures are compared as they
are shown, and what is shown as a blank passes no comparison, not even one that is turned round.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from kitetui.formatting import plain
from kitetui.instruments import Instrument, Kind
from kitetui.instruments.instrument import EXCHANGES
from kitetui.market.cache import FloatColumn, Quotes

Kept = NDArray[np.bool_]
"""For each instrument whether it is shown."""


class FilterError(ValueError):
    """A filter that cannot be read: one sentence, and from where to where (exclusive) it is about."""

    def __init__(self, text: str, start: int, end: int) -> None:
        super().__init__(text)
        self.start = start
        self.end = end


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read; `text` is what it was read from, "" for the one that shows everything."""

    text: str = ""
    terms: tuple[Term, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Read a filter; of blanks it is `EVERYTHING`. Raises FilterError."""
        terms = tuple(_terms(list(_lexemes(text))))
        return cls(text.strip(), terms) if terms else EVERYTHING

    def matches(self, quotes: Quotes, instruments: Sequence[Instrument]) -> Kept:
        """Return which instruments are shown; `quotes` are theirs, in the same order."""
        kept = np.ones(len(instruments), dtype=np.bool_)
        for term in self.terms:
            kept &= term.matches(quotes, instruments)
        return kept


EVERYTHING: Final = Filter()
"""The filter that shows everything."""


class Term(Protocol):
    """One condition."""

    def matches(self, quotes: Quotes, instruments: Sequence[Instrument]) -> Kept:
        """Return for which instruments it holds."""
        ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field against a number or another field; `sign` is a key of `OPERATORS`."""

    field: str
    sign: str
    other: str | float

    def matches(self, quotes: Quotes, instruments: Sequence[Instrument]) -> Kept:
        """Return for which instruments it holds; a blank is neither equal nor unequal to anything."""
        left = FIELDS[self.field].figures(quotes)
        right = FIELDS[self.other].figures(quotes) if isinstance(self.other, str) else self.other
        return OPERATORS[self.sign](left, right) & ~np.isnan(left) & ~np.isnan(right)


@dataclass(frozen=True, slots=True)
class Naming:
    """What an instrument is called and what it is; parts not named are "" and hold for any."""

    word: str = ""
    exchange: str = ""
    kind: Kind | None = None
    is_wanted: bool = True

    def matches(self, quotes: Quotes, instruments: Sequence[Instrument]) -> Kept:
        """Return for which instruments all parts hold, or do not if it is turned round."""
        holds = (self._holds(each) is self.is_wanted for each in instruments)
        return np.fromiter(holds, dtype=np.bool_, count=len(instruments))

    def _holds(self, instrument: Instrument) -> bool:
        return (
            self.exchange in ("", instrument.exchange)
            and self.kind in (None, instrument.kind)
            and (self.word in instrument.tradingsymbol or self.word in instrument.name.upper())
        )


@dataclass(frozen=True, slots=True)
class FilterField:
    """What can be compared: its figures, and what a number beside it may end in, with its worth."""

    figures: Callable[[Quotes], FloatColumn]
    units: Mapping[str, float]


_QUANTITIES: Final = {"K": 1e3, "L": 1e5, "Cr": 1e7, "M": 1e6, "B": 1e9}
_TIMES: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}

FIELDS: Final[Mapping[str, FilterField]] = {
    # As many decimals as are shown, so that what reads +2.00% is no less than 2.
    "chg": FilterField(lambda quotes: np.round(quotes.percent, 2), {"%": 1.0}),
    "pts": FilterField(lambda quotes: quotes.change, _QUANTITIES),
    "ltp": FilterField(lambda quotes: quotes.last_price, _QUANTITIES),
    "vol": FilterField(lambda quotes: quotes.volume, _QUANTITIES),
    "oi": FilterField(lambda quotes: quotes.oi, _QUANTITIES),
    "bid": FilterField(lambda quotes: quotes.bid, _QUANTITIES),
    "ask": FilterField(lambda quotes: quotes.ask, _QUANTITIES),
    "spread": FilterField(lambda quotes: quotes.spread, _QUANTITIES),
    "open": FilterField(lambda quotes: quotes.open, _QUANTITIES),
    "high": FilterField(lambda quotes: quotes.high, _QUANTITIES),
    "low": FilterField(lambda quotes: quotes.low, _QUANTITIES),
    "close": FilterField(lambda quotes: quotes.close, _QUANTITIES),
    "age": FilterField(lambda quotes: np.floor(quotes.age), _TIMES),
}
"""The fields by their names; `chg` is the column CHG% and `pts` the column CHG."""

OPERATORS: Final[Mapping[str, Callable[[FloatColumn, FloatColumn | float], Kept]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
}
"""The comparisons."""

_TURNED_ROUND: Final = {">": "<=", "<=": ">", "<": ">=", ">=": "<", "=": "!=", "!=": "="}
_KINDS: Final = {kind.value: kind for kind in Kind if kind.value}
_LEXEME: Final = re.compile(r"[<>!]=|[<>=]|[-!]?[^\s<>=!]+|!")
_INDIAN: Final = r"[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3}"
_WESTERN: Final = r"[0-9]{1,3}(?:,[0-9]{3})+"
_NUMBER: Final = re.compile(
    rf"([+-]?(?=\.?[0-9])(?:{_INDIAN}|{_WESTERN}|[0-9]+)?(?:\.[0-9]*)?)([a-z%]*)", re.IGNORECASE
)
_LONGEST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class _Lexeme:
    """A piece of the text, and where it begins."""

    text: str
    start: int

    def error(self, text: str) -> FilterError:
        return FilterError(text, self.start, self.start + len(self.text))


def _lexemes(text: str) -> Iterator[_Lexeme]:
    for found in _LEXEME.finditer(text):
        yield _Lexeme(found[0], found.start())


def _terms(lexemes: list[_Lexeme]) -> Iterator[Term]:
    at = 0
    while at < len(lexemes):
        term = lexemes[at]
        if term.text in OPERATORS:
            raise term.error(f"a field goes before {term.text}, as in chg{term.text}2")
        if at + 1 < len(lexemes) and lexemes[at + 1].text in OPERATORS:
            sign, *rest = lexemes[at + 1 : at + 3]
            yield _comparison(term, sign, rest[0] if rest else sign)
            at += 3
        else:
            yield _naming(term)
            at += 1


def _comparison(left: _Lexeme, sign: _Lexeme, right: _Lexeme) -> Comparison:
    is_wanted, name = _turned(left)
    field = _field_named(name.text)
    if field is None:
        if _NUMBER.fullmatch(name.text):
            raise left.error(f"the field goes first, as in chg{sign.text}2")
        raise _no_field(name)
    if right.text in OPERATORS:
        raise right.error(f"a number or a field goes after {sign.text}, as in chg{sign.text}2")
    other = _field_named(right.text)
    return Comparison(
        field,
        sign.text if is_wanted else _TURNED_ROUND[sign.text],
        _number(right, FIELDS[field].units) if other is None else other,
    )


def _naming(lexeme: _Lexeme) -> Naming:
    is_wanted, name = _turned(lexeme)
    if (field := _field_named(name.text)) is not None:
        raise lexeme.error(f"{field} is a field: compare it, as in {field}>2")
    text = name.text.upper()
    if (kind := _KINDS.get(text)) is not None:
        return Naming(kind=kind, is_wanted=is_wanted)
    exchange, colon, word = text.rpartition(":")
    if colon and exchange not in EXCHANGES:
        raise lexeme.error(f"no exchange {_shown(exchange)}; the exchanges are {', '.join(EXCHANGES)}")
    return Naming(word, exchange, is_wanted=is_wanted)


def _turned(lexeme: _Lexeme) -> tuple[bool, _Lexeme]:
    """Whether a term is wanted or turned round, and the rest of it."""
    if lexeme.text[0] not in "-!":
        return True, lexeme
    if len(lexeme.text) == 1:
        raise lexeme.error(f"{lexeme.text} goes right before what is not wanted, as in {lexeme.text}fut")
    return False, _Lexeme(lexeme.text[1:], lexeme.start + 1)


def _field_named(name: str) -> str | None:
    name = name.lower()
    return "chg" if name == "chg%" else name if name in FIELDS else None


def _number(lexeme: _Lexeme, units: Mapping[str, float]) -> float:
    found = _NUMBER.fullmatch(lexeme.text)
    if found is None:
        raise _no_field(lexeme)
    number, unit = float(found[1].replace(",", "")), found[2].lower()
    if not unit:
        return number
    for name, worth in units.items():
        if unit == name.lower():
            # Rounded, because 1.1 times a lakh is a little more than 110000 in floats.
            return round(number * worth, 7)
    raise lexeme.error(f"{_shown(lexeme.text)} is no number here; it may end in {', '.join(units)}")


def _no_field(lexeme: _Lexeme) -> FilterError:
    name = lexeme.text.lower()
    if name[0] in "+-.0123456789":
        return lexeme.error(f"{_shown(lexeme.text)} is no number")
    close = sorted(get_close_matches(name, FIELDS), key=lambda each: each[0] != name[0])
    hint = f"did you mean {close[0]}?" if close else f"the fields are {', '.join(FIELDS)}"
    return lexeme.error(f"no field {_shown(lexeme.text)}; {hint}")


def _shown(text: str) -> str:
    """What was typed, short and without anything that could move a terminal's cursor."""
    short = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return f'"{plain(short)}"'
