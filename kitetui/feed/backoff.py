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
