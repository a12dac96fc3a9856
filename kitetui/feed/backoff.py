"""How long to wait between attempts to connect."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

QUICK: Final = 0.2
CAP: Final = 60.0


def backoff(base: float, cap: float = CAP, rng: random.Random | None = None) -> Iterator[float]:
    """Yield the seconds to wait before each attempt, without end.

    The first is nearly at once, because most losses are momentary. Then each is drawn from between 0 and
    a ceiling that starts at `base` and doubles up to `cap`: with full jitter, many clients of a server that
    comes back do not all dial in the same instant.
    """
    draw = (rng or random.Random()).uniform  # noqa: S311 - jitter, not a secret
    yield draw(0, min(QUICK, base))
    ceiling = base
    while True:
        yield draw(0, ceiling)
        ceiling = min(cap, ceiling * 2)


def until_freed(draws: Iterator[float], cap: float = CAP) -> Iterator[float]:
    """Yield the seconds to wait for a place that the server may still count for a connection of our own.

    A server takes seconds to notice that a connection is gone, so the first waits are short. As they grow it
    becomes likelier that others hold the places; the last are as long as for any key in use elsewhere.

    draws: the jitter, which grows too; see `backoff`.
    """
    for least in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0):
        yield min(cap, least + min(next(draws), least))
    while True:
        yield cap
