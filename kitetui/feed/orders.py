"""Which order updates are repetitions: Kite sends each of them on every connection of an account."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from typing import Final

from kitetui.feed.messages import OrderUpdate

_REMEMBERED: Final = 1024
"""Texts of orders; those of one change come within seconds."""


class OrderRepetitions:
    """Remembers the last order updates of each account."""

    def __init__(self) -> None:
        self._times: OrderedDict[tuple[str, str], Counter[int]] = OrderedDict()

    def is_one(self, account: str, update: OrderUpdate) -> bool:
        """Take in an update; return whether another connection of the account has brought the same before.

        One that a connection brings a second time is a second one, for whichever brings it first.
        """
        key = account, json.dumps(update.order, sort_keys=True)
        times = self._times.setdefault(key, Counter())
        self._times.move_to_end(key)
        if len(self._times) > _REMEMBERED:
            self._times.popitem(last=False)
        told = max(times.values(), default=0)
        times[update.connection] += 1
        return times[update.connection] <= told
