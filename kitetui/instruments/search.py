"""What a few typed letters may mean: `rel`, `hdfc bank`, `nifty 25000 ce`, `reliance fut`, `bse:tcs`, `4080`.

Made for every key that is pressed: the instruments are put into the order of the answers once, and each is
one text in which looking for what was typed is all there is to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final

from kitetui.instruments.instrument import Instrument, Kind


class Search:
    """The instruments of a universe, to be searched.

    instruments: in the order in which they are listed, which decides between answers that are as good.
    aliases: other names, and the key of the instrument that each means.
    """

    def __init__(self, instruments: Iterable[Instrument], aliases: Mapping[str, str]) -> None:
        names: dict[str, list[str]] = {}
        for alias, key in aliases.items():
            names.setdefault(key, []).append(alias)
        self._entries = [_entry(each, names.get(each.key, [])) for each in sorted(instruments, key=_rank)]

    def find(self, text: str, limit: int) -> list[Instrument]:
        """Return up to `limit` instruments, the most likely first.

        First come those with this symbol, alias or token; then those where one of these begins with it; then
        those where each word begins a word of the symbol or the name, the strike, the day or month of expiry,
        or the kind; and at last those with each word somewhere in symbol or name. Among equals indices stand
        before shares, shares before derivatives, and the next expiry first. A kind after another word
        (`reliance fut`) excludes all others. `NSE:RE` searches one exchange.
        """
        exchange, colon, typed = (part.strip() for part in " ".join(text.split()).upper().rpartition(":"))
        first, *others = typed.split() or [""]
        if not first and not exchange:
            return []
        kinds = {_KINDS[word] for word in others if word in _KINDS}
        entries = [
            each
            for each in self._entries
            if (not colon or each.instrument.exchange == exchange)
            and (not kinds or each.instrument.kind in kinds)
        ]
        words = [first, *(word for word in others if word not in _KINDS)]
        return list(islice(_best_first(entries, words), limit))


@dataclass(frozen=True, slots=True)
class _Entry:
    """An instrument as it is searched.

    text: a line each for symbol, aliases and token, and then, with a blank before it, each word of what an
    instrument is. inside: symbol and name.
    """

    instrument: Instrument
    text: str
    inside: str


_MONTHS: Final = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_KINDS: Final = {kind.value: kind for kind in Kind if kind.value}
_ORDER: Final = {Kind.INDEX: 0, Kind.EQUITY: 1, Kind.FUTURE: 2}
_LAST: Final = 3


def _rank(instrument: Instrument) -> tuple[int, date]:
    return _ORDER.get(instrument.kind, _LAST), instrument.expiry or date.min


def _entry(instrument: Instrument, aliases: Sequence[str]) -> _Entry:
    inside = f"{instrument.tradingsymbol} {instrument.name.upper()}"
    words = [inside, *aliases, instrument.kind]
    if instrument.strike is not None:
        words.append(f"{instrument.strike:f}")
    if instrument.expiry is not None:
        day, month = str(instrument.expiry.day), _MONTHS[instrument.expiry.month - 1]
        words += [day, month, day + month]
    names = "\n".join([instrument.tradingsymbol, *aliases, str(instrument.instrument_token)])
    return _Entry(instrument, f"\n{names}\n {' '.join(words)}", inside)


def _best_first(entries: Sequence[_Entry], words: Sequence[str]) -> Iterator[Instrument]:
    possible = _having(words, entries)
    phrase = " ".join(words)
    seen: set[int] = set()
    for needles in ([f"\n{phrase}\n"], [f"\n{phrase}"], [f" {word}" for word in words]):
        yield from _not_yet(seen, _having(needles, possible))
    for word in words:
        possible = [each for each in possible if word in each.inside]
    yield from _not_yet(seen, possible)


def _having(needles: Iterable[str], entries: Sequence[_Entry]) -> Sequence[_Entry]:
    """The entries with all of these in their text."""
    for needle in needles:
        entries = [each for each in entries if needle in each.text]
    return entries


def _not_yet(seen: set[int], entries: Iterable[_Entry]) -> Iterator[Instrument]:
    """The instruments that were not seen before, and are from now on."""
    for each in entries:
        token = each.instrument.instrument_token
        if token not in seen:
            seen.add(token)
            yield each.instrument
