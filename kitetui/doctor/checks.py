"""What a check is and what it finds, in words that can be shown; how checks are run.

All run at once, each for itself, and none can take the others down with it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final, Generic, TypeVar

from kitetui.errors import UserError
from kitetui.formatting import plain


class State(StrEnum):
    """How it stands with what was checked."""

    OK = "ok"
    WARNING = "warning"
    """It works, and not as well as it might."""
    FAILED = "failed"
    """It does not work."""
    SKIPPED = "skipped"
    """It was not looked at, since it rests on something that is not there or does not work."""


class Topic(StrEnum):
    """What checks are about, in the order in which they are shown."""

    ACCOUNT = "Account"
    KITE = "Kite"
    INSTRUMENTS = "Instruments"
    MACHINE = "This machine"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found; `next` is the next step, empty where there is nothing to do."""

    state: State
    found: str
    next: str = ""

    @property
    def sentence(self) -> str:
        """Both in one sentence."""
        return f"{self.found}; {self.next}" if self.next else self.found


def ok(found: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(State.OK, found)


def warning(found: str, next: str) -> Finding:  # noqa: A002 - the name that it has in the finding
    """Return the finding that something could be better."""
    return Finding(State.WARNING, found, next)


def failed(found: str, next: str) -> Finding:  # noqa: A002 - as above
    """Return the finding that something does not work."""
    return Finding(State.FAILED, found, next)


def skipped(found: str) -> Finding:
    """Return the finding that something was not looked at; the next step stands where the reason does."""
    return Finding(State.SKIPPED, found)


def failure_of(error: UserError) -> Finding:
    """Return an error as a finding."""
    return failed(error.problem, error.remedy)


def milliseconds(seconds: float) -> str:
    """Return how long something took, as `12 ms`."""
    return f"{seconds * 1000:.0f} ms"


LIMIT: Final = 5.0
"""Seconds that a look at anything may take."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report: what it is called, and how one looks."""

    group: Topic
    name: str
    look: Callable[[], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Result:
    """What a check found, fit to be shown."""

    check: Check
    finding: Finding


async def run_checks(checks: Iterable[Check]) -> list[Result]:
    """Look at everything at the same time, and return what was found in the order of the checks."""
    async with asyncio.TaskGroup() as tasks:
        looking = [tasks.create_task(_looked(each), name=f"kitetui check {each.name}") for each in checks]
    return [each.result() for each in looking]


class Fact(Generic[T]):
    """What several checks rest on: asked once, by the first of them, and awaited by all.

    The check that asks first owns the asking; when the checks are cancelled, so is that.
    """

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._ask = ask
        self._asked: asyncio.Task[T] | None = None

    def __await__(self) -> Generator[Any, None, T]:
        if self._asked is None:
            self._asked = asyncio.create_task(self._ask())
        return self._asked.__await__()


async def in_thread(look: Callable[[], T], limit: float) -> T:
    """Return what a look that blocks gives. Raises TimeoutError after `limit` seconds, and what `look` does.

    The thread of a look that never ends is left behind, and does not hold up the end of the program; those
    of the loop's own executor would.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(give: Callable[[], None]) -> None:
        if not done.done():  # given up meanwhile
            give()

    def run() -> None:
        try:
            give = partial(done.set_result, look())
        except Exception as error:
            give = partial(done.set_exception, error)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, give)

    threading.Thread(target=run, name="kitetui check", daemon=True).start()
    async with asyncio.timeout(limit):
        return await done


async def _looked(check: Check) -> Result:
    try:
        finding = await check.look()
    except TimeoutError:
        finding = failed("there was no answer in time", "try again")
    except Exception as error:
        # Nobody should have to read a traceback, nor miss what the other checks found.
        finding = failed(
            f"could not be looked at ({type(error).__name__})",
            "that is a bug of kitetui's own, please report it",
        )
    return Result(check, Finding(finding.state, plain(finding.found), plain(finding.next)))
