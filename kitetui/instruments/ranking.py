"""The order in which instruments are listed, wherever several answer a question.

Indices and what is traded much come first, then their contracts: the next expiry before later ones, and of
the options those near the middle of all strikes, which is about where the price is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from operator import itemgetter
from typing import Final

from kitetui.instruments.instrument import ALIASES, EXCHANGES, MONTHS, Kind, ListRow, in_words, squeezed
from kitetui.instruments.sets import shipped_set

MUCH_TRADED: Final = "nifty50"
"""The set whose shares stand before all others."""

_ALIASES_OF: Final = {key: [alias for alias, of in ALIASES.items() if of == key] for key in ALIASES.values()}
_INDEX: Final = Kind.INDEX.value
_SYMBOL: Final = itemgetter(2)
_FUTURE: Final = Kind.FUTURE.value


@dataclass(frozen=True, slots=True)
class Family:
    """Instruments that are found together: one share or index, or all contracts of a kind and an expiry.

    rows: at least one, in the order in which they are listed.
    symbol: how the symbols begin, as one word, and what else people call it.
    facts: what people may type of each of the rows, with a blank before each word.
    """

    rows: list[ListRow]
    symbol: str
    facts: str

    @property
    def exchange(self) -> str:
        """What stands before the colon."""
        return self.rows[0][1]

    @property
    def expiry(self) -> str | None:
        """The last day as text, None for what does not expire."""
        return self.rows[0][5]

    @property
    def kinds(self) -> str:
        """What the rows are."""
        return " ".join({row[4]: None for row in self.rows})

    @property
    def words(self) -> str:
        """What finds the family: the facts, and the strikes, which some of the rows have."""
        return " ".join([self.facts, *{row[6]: None for row in self.rows if row[6] is not None}])


def families(rows: Iterable[ListRow]) -> list[Family]:
    """Return all rows in families, in the order in which they are listed."""
    lasting: list[ListRow] = []
    contracts: defaultdict[tuple[bool, str, str, str], list[ListRow]] = defaultdict(list)
    for row in rows:
        expiry = row[5]
        if expiry is None:
            lasting.append(row)
        else:
            contracts[row[4] != _FUTURE, expiry, row[1], row[3]].append(row)
    underlyings = {name for *_, name in contracts}
    lasting.sort(key=lambda row: _rank(row, underlyings))
    titles = _titles(lasting, underlyings)
    indices = {name for row in lasting if row[4] == _INDEX for name in _called(row)}

    def rank(family: tuple[bool, str, str, str]) -> tuple[bool, str, int, int, int, str]:
        are_options, expiry, exchange, name = family
        tier = 0 if name in indices else 1 if f"NSE:{name}" in _much_traded() else 2
        return are_options, expiry, tier, _place(exchange), len(name), name

    return [
        *map(_of_one, lasting),
        *(_of_contracts(contracts[each], titles.get(each[-1], "")) for each in sorted(contracts, key=rank)),
    ]


def _rank(row: ListRow, underlyings: set[str]) -> tuple[int, int, int, str]:
    """The place of a share or an index: what has contracts first, and series and bonds at the end."""
    exchange, symbol = row[1], row[2]
    key = f"{exchange}:{symbol}"
    if row[4] == _INDEX:
        tier = 1 if underlyings.isdisjoint(_called(row)) else 0
    elif key in _much_traded():
        tier = 2
    elif symbol in underlyings:
        tier = 3
    else:
        tier = 4 if symbol.isalpha() else 5
    return tier, _place(exchange), len(symbol), symbol


def _place(exchange: str) -> int:
    return EXCHANGES.index(exchange) if exchange in EXCHANGES else len(EXCHANGES)


def _titles(lasting: Iterable[ListRow], underlyings: set[str]) -> dict[str, str]:
    """What the names of underlyings stand for: `HDFCBANK` for HDFC BANK, `NIFTY` for NIFTY 50."""
    titles: dict[str, str] = {}
    for row in lasting:
        for name in underlyings.intersection(_called(row)):
            titles.setdefault(name, row[3])
    return titles


def _called(row: ListRow) -> Sequence[str]:
    """The symbol of a share or an index, and what else people call it."""
    return (row[2], *_ALIASES_OF.get(f"{row[1]}:{row[2]}", ()))


def _of_one(row: ListRow) -> Family:
    symbol, name = row[2], row[3]
    one_word, aliases = squeezed(symbol), _called(row)[1:]
    words = dict.fromkeys([*in_words(f"{symbol} {name}").upper().split(), one_word, row[4], *aliases])
    return Family([row], " ".join([one_word, *aliases]), f" {' '.join(words)}")


def _of_contracts(rows: list[ListRow], title: str) -> Family:
    rows.sort(key=_SYMBOL)
    beginning = _shared_beginning(rows[0][2], rows[-1][2])
    if rows[0][4] != _FUTURE:
        strikes = {row[6]: float(row[6] or 0) for row in rows}
        middle = sorted(strikes.values())[len(strikes) // 2]
        distances = {strike: abs(value - middle) for strike, value in strikes.items()}
        rows.sort(key=lambda row: distances[row[6]])
    name, expiry = rows[0][3], rows[0][5] or ""
    words = in_words(f"{name} {title}").upper().split()
    facts = dict.fromkeys([*words, squeezed(name), *(row[4] for row in rows), *_expiry_words(expiry)])
    return Family(rows, squeezed(beginning), f" {' '.join(facts)}")


def _shared_beginning(first: str, last: str) -> str:
    """What two symbols begin with, and so do all that stand between them in order."""
    shared = takewhile(lambda letters: letters[0] == letters[1], zip(first, last, strict=False))
    return "".join(letter for letter, _ in shared)


@cache
def _expiry_words(expiry: str) -> tuple[str, ...]:
    """What people call a day of expiry: `29DEC`, `DEC`, `26DEC`."""
    year, month, day = expiry.split("-")
    name = MONTHS[int(month) - 1]
    return f"{int(day)}{name}", name, f"{year[2:]}{name}"


@cache
def _much_traded() -> frozenset[str]:
    return frozenset(shipped_set(MUCH_TRADED))
