"""How long, how often and how much is measured."""

from __future__ import annotations

from dataclasses import dataclass

FULL_RUN = 3.0
"""Seconds of a run that figures are judged by: in a shorter one a percentile is luck."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user may set; None is what the targets name.

    rounds: how often all rivals have their turn. seconds: how long each run lasts.
    symbols: how many are streamed. rate: ticks a second of a sustained load.
    """

    rounds: int = 3
    seconds: float = FULL_RUN
    symbols: int | None = None
    rate: int | None = None

    @property
    def are_those_of_the_targets(self) -> bool:
        """Whether what is measured with these can be held against the targets."""
        return self.symbols is None and self.rate is None and self.seconds >= FULL_RUN

    def symbols_or(self, usual: int) -> int:
        """Return how many symbols to stream, where it is usually this many."""
        return usual if self.symbols is None else self.symbols

    def rate_or(self, usual: int) -> int:
        """Return how many ticks a second to stream, where it is usually this many."""
        return usual if self.rate is None else self.rate
