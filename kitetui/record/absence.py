"""What is known of an absence: since when, why, and of which symbols; the ledger's data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from kitetui.feed import ClockStepped
from kitetui.wire import Mode

TOGETHER: Final = 100_000_000
"""Nanoseconds within which symbols are back together, and clocks agree."""

NO_ANSWER: Final = "no answer"
NOT_RECORDED: Final = "not recorded"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment by both clocks: `at`, UTC nanoseconds, and `by`, seconds of one that never steps."""

    at: int
    by: float


@dataclass(frozen=True, slots=True)
class Absence:
    """Since when and why symbols of a connection are missing; `tokens` are empty for all of them."""

    connection: int
    since: int
    reason: str
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Absent:
    """Since when and why a symbol is missing, by what was recorded before.

    read: when the clock was last read then, None where it does not compare with the clock of now. until:
    None where it is missing still. connection, of: the one that had it then, with so many symbols; 0 where
    that says nothing.
    """

    since: int
    reason: str
    read: Moment | None = None
    until: int | None = None
    connection: int = -1
    of: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """What was missing of a symbol before a recording; `is_shared`: another recorder has it now."""

    absences: tuple[Absent, ...] = ()
    is_shared: bool = False


@dataclass(slots=True)
class Missing:
    """Why and since when a symbol is missing.

    connection: the one that had it then. of: how many it had, 0 where that says nothing. changes: how often
    symbols had come to it or left it by then. noticed: seconds of the stopwatch. is_new: whether nothing is
    known to be lost yet. asked: when it was asked for on a connection that is up, None while none is. poorer:
    its first packet in a poorer mode. earlier: from when to when it was missing by the clock before each
    step, where that has no row yet.
    """

    connection: int
    since: int
    reason: str
    noticed: float
    of: int = 0
    is_new: bool = False
    asked: Moment | None = None
    poorer: Moment | None = None
    earlier: tuple[tuple[int, int], ...] = ()
    changes: int = 0


@dataclass(slots=True)
class Symbol:
    """A wanted symbol: the connection that it is with, and the one that it moves to.

    carriers: all that are to carry it. is_off: whether the feed has ended, and is not begun again.
    """

    connection: int
    mode: Mode
    coming: int | None = None
    carriers: set[int] = field(default_factory=set)
    missing: Missing | None = None
    is_off: bool = False


@dataclass(slots=True)
class Back:
    """Symbols that are back from one absence, within `TOGETHER`; `first` and `last` of them when.

    of: how many symbols the connection had, 0 where that says nothing. changes: see `Missing`.
    """

    of: int
    changes: int
    first: int
    last: int
    tokens: list[int] = field(default_factory=list)


def step_since(before: Absent, now: Moment) -> ClockStepped | None:
    """Return by how much the clock was set while nobody looked, None where it was not, or nobody can say."""
    if before.read is None:
        return None
    at, by = before.read.at, before.read.by
    ahead = now.at - at - round((now.by - by) * 1e9)
    return ClockStepped(now.at, at + ahead, ahead / 1e9) if abs(ahead) > TOGETHER else None


def before_step(step: ClockStepped) -> int:
    """Return the moment of a step, by the clock as it was."""
    return step.at - round(step.seconds * 1e9)
