"""What a user typed to find an instrument, taken apart: `bse:tcs`, `nifty 25000 ce`, `reliance fut`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kitetui.instruments.instrument import Instrument, Kind
from kitetui.instruments.names import spread, squeezed

_KINDS: Final = {kind.value: kind for kind in Kind if kind.value} | {
    "FUTURE": Kind.FUTURE,
    "FUTURES": Kind.FUTURE,
    "CALL": Kind.CALL,
    "PUT": Kind.PUT,
}

_LONGEST: Final = 80
"""Characters that are looked at; no name is longer."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, in capitals.

    typed: all that may be the beginning of a symbol, without blanks.
    words: what has to be found, each where a word begins.
    kinds: those that are meant, any if empty.
    exchange: the one that is meant, any if empty.
    """

    typed: str
    words: tuple[str, ...]
    kinds: tuple[str, ...]
    exchange: str

    @classmethod
    def parse(cls, text: str) -> Query:
        """Take a text apart. A kind counts as one behind another word only: `fut` alone begins a name."""
        exchange, _, typed = text[:_LONGEST].upper().rpartition(":")
        first, *others = typed.split() or [""]
        kinds = dict.fromkeys(_KINDS[word].value for word in others if word in _KINDS)
        kept = [first, *(word for word in others if word not in _KINDS)]
        return cls("".join(kept), tuple(spread(" ".join(kept)).split()), tuple(kinds), squeezed(exchange))

    @property
    def symbol(self) -> str:
        """What was typed as one word, as the index has symbols."""
        return squeezed(self.typed)

    def allows(self, instrument: Instrument) -> bool:
        """Whether it is of a kind that is meant."""
        return not self.kinds or instrument.kind in self.kinds

    @property
    def numbers(self) -> tuple[str, ...]:
        """The words that may be a strike."""
        return tuple(word for word in self.words if word.replace(".", "", 1).isdigit())
