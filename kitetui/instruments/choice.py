"""What one name stands for where several may be meant: `NSE:INFY`, `NFO:NIFTY26DEC*`, `@nifty50`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from kitetui.errors import UserError
from kitetui.instruments.instrument import Instrument
from kitetui.instruments.sets import SIGN, set_named
from kitetui.instruments.universe import Universe, UnknownSymbol

_PATTERN: Final = frozenset("*?[")


@dataclass(slots=True)
class Choice:
    """Instruments, each once, and a sentence for each name of a set that is not known."""

    instruments: list[Instrument] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def choose(universe: Universe, name: str) -> Choice:
    """Return what a symbol, a token, a pattern or a set stands for.

    What a set names and nobody knows is left out: members come and go, and the rest is good.

    Raises UnknownSymbol for a name that stands for nothing.
    """
    if not name.startswith(SIGN):
        return Choice(universe.matching(name) if is_pattern(name) else [universe.resolve(name)])
    chosen: dict[int, Instrument] = {}
    left_out = []
    try:
        members = set_named(name.removeprefix(SIGN))
    except UserError as error:
        raise UnknownSymbol(str(error)) from None
    for member in members:
        try:
            found = universe.matching(member) if is_pattern(member) else [universe.resolve(member)]
        except UnknownSymbol as unknown:
            left_out.append(f"{name}: {unknown}")
        else:
            chosen.update((each.instrument_token, each) for each in found)
    if not chosen:
        raise UnknownSymbol(f"no symbol of {name} is known; look at its file, or get today's instruments")
    return Choice(list(chosen.values()), left_out)


def is_several(name: str) -> bool:
    """Whether a name is that of a set or a pattern."""
    return name.startswith(SIGN) or is_pattern(name)


def is_pattern(name: str) -> bool:
    """Whether letters of a name stand for others."""
    return not _PATTERN.isdisjoint(name)
