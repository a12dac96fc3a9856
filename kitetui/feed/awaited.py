"""Which ticks are the ones that the server had kept: the first of each token after it was asked for.

Kite sends one on every subscribe, and it can be days old, so that it must not pass for a live one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import Request, Subscribe, Unsubscribe


class Awaited:
    """The tokens that one connection has asked for and not heard of since."""

    def __init__(self) -> None:
        self._tokens: set[int] = set()

    def asked(self, request: Request) -> None:
        """Note what was sent to the server; a change of mode brings no kept tick."""
        match request:
            case Subscribe(tokens):
                self._tokens.update(tokens)
            case Unsubscribe(tokens):
                self._tokens.difference_update(tokens)

    def forget_all(self) -> None:
        """Note that the connection is lost: what it asked for will not come."""
        self._tokens.clear()

    def flags(self, came: Sequence[int]) -> NDArray[np.bool_]:
        """Return for each tick, given its token, whether it is a kept one; shape (n,), as the tokens."""
        flags = np.zeros(len(came), dtype=np.bool_)
        # Tokens that never tick are awaited all day: what none of a batch is must cost next to nothing.
        if not self._tokens or self._tokens.isdisjoint(came):
            return flags
        for place, token in enumerate(came):
            if token in self._tokens:
                self._tokens.remove(token)
                flags[place] = True
        return flags
