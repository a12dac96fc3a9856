"""A row for each token: one numbering for columns that hold something of many instruments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire.batch import TickBatch
from kitetui.wire.layout import TOKEN

FEW: Final = 64
"""Tokens that are found sooner one by one than all at once."""


def tokens_of(batch: TickBatch) -> NDArray[np.uint32]:
    """Return the token of each tick, shape (n,), side by side, for such are found sooner."""
    return np.ascontiguousarray(batch.words[:, TOKEN]).view(np.uint32)


class TokenRows:
    """The rows of tokens, numbered from 0 in the order in which tokens are added; none is ever given up."""

    def __init__(self) -> None:
        self._row_of: dict[int, int] = {}
        self._sorted_tokens = np.empty(0, dtype=np.uint32)
        self._sorted_rows = np.empty(0, dtype=np.intp)

    def __len__(self) -> int:
        return len(self._row_of)

    def __contains__(self, token: int) -> bool:
        return token in self._row_of

    def get(self, token: int) -> int | None:
        """Return the row of a token, None if it has none."""
        return self._row_of.get(token)

    def get_all(self, tokens: Sequence[int]) -> NDArray[np.intp]:
        """Return the rows of tokens, shape (n,), -1 for one that has none."""
        rows = map(self._row_of.get, tokens, repeat(-1))
        return np.fromiter(rows, dtype=np.intp, count=len(tokens))

    def find(self, tokens: NDArray[np.uint32]) -> NDArray[np.intp]:
        """Return the rows of tokens, shape (n,), -1 for one that has none; sooner for many than `get_all`."""
        known = self._sorted_tokens
        if len(tokens) < FEW or not len(known):
            return self.get_all(tokens.tolist())
        places = known.searchsorted(tokens)
        rows = self._sorted_rows.take(places, mode="clip")
        is_known = known.take(places, mode="clip") == tokens
        return rows if is_known.all() else np.where(is_known, rows, -1)

    def add(self, tokens: Iterable[int]) -> None:
        """Give each of these tokens a row, if it has none."""
        before = len(self._row_of)
        for token in tokens:
            self._row_of.setdefault(token, len(self._row_of))
        if len(self._row_of) > before:
            known = np.fromiter(self._row_of, dtype=np.uint32, count=len(self._row_of))
            self._sorted_rows = np.argsort(known)
            self._sorted_tokens = known[self._sorted_rows]

    def of(self, tokens: NDArray[np.uint32]) -> NDArray[np.intp]:
        """Return the rows of tokens, shape (n,), as theirs; one that has none gets the next."""
        if len(tokens) < FEW:
            return self._of_few(tokens.tolist())
        known = self._sorted_tokens
        if len(known):
            places = known.searchsorted(tokens)
            if (known.take(places, mode="clip") == tokens).all():
                return self._sorted_rows.take(places)
        self.add(tokens.tolist())
        return self.of(tokens)

    def _of_few(self, tokens: list[int]) -> NDArray[np.intp]:
        try:
            return np.array([self._row_of[token] for token in tokens], dtype=np.intp)
        except KeyError:
            self.add(tokens)
            return self._of_few(tokens)
