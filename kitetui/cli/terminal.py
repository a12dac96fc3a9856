"""Ends the process soon after its terminal has gone, whatever is in the way.

Textual writes to the terminal through a bounded queue and a thread. When the terminal goes, that thread may
die with the queue full, and the event loop then waits for ever to put one more line into it: no signal, no
timer and no task of the loop runs any more. So it is a thread of its own that sees the terminal go. It does
so too where the signal of a closed terminal is ignored: a screen that is nowhere shown is of no use.

Ctrl-C, a termination and a closed terminal are an event that ends a run in order.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from kitetui.errors import RecordingError

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


PATIENCE: Final = 1.2
"""Seconds that the process has, once its terminal has gone, to end in order; it needs about half of them."""

MOST_PATIENCE: Final = 10.0
"""Seconds that it has while a recording is being finished."""

_STEP: Final = 0.1


def end_with_terminal(ended: asyncio.Event, is_recording: Callable[[], bool]) -> None:
    """Watch the terminal from now on, and set the event when it goes, which ends the run in order.

    is_recording: whether there is something left to be written.
    """
    if sys.platform == "win32":
        return
    arguments = (sys.stdin.fileno(), asyncio.get_running_loop(), ended, is_recording)
    threading.Thread(target=_watch, args=arguments, name="terminal", daemon=True).start()


def _watch(
    terminal: int, loop: asyncio.AbstractEventLoop, ended: asyncio.Event, is_recording: Callable[[], bool]
) -> None:
    gone = select.poll()
    gone.register(terminal, 0)  # asks for nothing, and so is told of the hang-up alone
    if any(event & select.POLLNVAL for _, event in gone.poll()):
        return  # some systems answer so for every terminal, which they cannot poll
    with suppress(RuntimeError):  # the loop has ended already
        loop.call_soon_threadsafe(ended.set)
    time.sleep(PATIENCE)
    until = time.monotonic() + MOST_PATIENCE - PATIENCE
    while is_recording() and time.monotonic() < until:
        time.sleep(_STEP)
    os._exit(RecordingError.exit_code if is_recording() else 0)
