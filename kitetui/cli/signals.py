"""Ctrl-C, a termination and a closed terminal, as an event that ends a run in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")

_KEPT_IGNORED: Final = ("SIGINT", "SIGHUP")
"""What `&` and `nohup` have a program ignore, so that it outlives the terminal and its Ctrl-C."""


@contextmanager
def ended_by_signals(ended: asyncio.Event, heard: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Set the event when a signal asks the run to end, for as long as the context lasts.

    A signal that was ignored when the program began stays so. heard: is called with each of the others, too.
    """

    def end() -> None:
        ended.set()
        heard()

    loop = asyncio.get_running_loop()
    signals = list(_heeded())
    try:
        for number in signals:
            loop.add_signal_handler(number, end)
    except NotImplementedError:  # Windows: Ctrl-C arrives as KeyboardInterrupt
        signals = []
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _heeded() -> Iterator[signal.Signals]:
    for name in _SIGNALS:
        number: signal.Signals | None = getattr(signal, name, None)
        if number is None or (name in _KEPT_IGNORED and signal.getsignal(number) is signal.SIG_IGN):
            continue
        yield number
