"""What could not be read of a file, in sentences, however much it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_SHOWN: Final = 20
"""Sentences that are kept; a file that is wrong all over needs no more."""


class Damage:
    """Collects sentences."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self._more = 0

    def add(self, sentence: str) -> None:
        """Take in one place that could not be read."""
        if len(self._sentences) < _SHOWN:
            self._sentences.append(sentence)
        else:
            self._more += 1

    @property
    def sentences(self) -> Sequence[str]:
        """The first of them, and how many more there are."""
        return [*self._sentences, f"and {self._more:,} more"] if self._more else list(self._sentences)
