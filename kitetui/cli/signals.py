"""Ctrl-C, a termination and a closed terminal, as an event that ends a run in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ended_by_signals(ended: asyncio.Event) -> Iterator[None]:
    """Set the event when a signal asks the run to end, for as long as the context lasts."""
    loop = asyncio.get_running_loop()
    signals = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    try:
        for number in signals:
            loop.add_signal_handler(number, ended.set)
    except NotImplementedError:  # Windows: Ctrl-C arrives as KeyboardInterrupt
        signals = []
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
