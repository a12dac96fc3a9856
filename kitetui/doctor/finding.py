"""What a check found, in words that can be shown: a state, a fact, and the next step where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kitetui.errors import UserError


class State(StrEnum):
    """How it stands with what was checked."""

    OK = "ok"
    WARNING = "warning"
    """It works, and not as well as it might."""
    FAILED = "failed"
    """It does not work."""
    SKIPPED = "skipped"
    """It was not looked at, since it rests on something that is not there or does not work."""


class Group(StrEnum):
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
