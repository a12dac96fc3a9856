"""What the monitor needs of a recording that is played to it: its clock, and the keys of a tape machine."""

from __future__ import annotations

from math import inf
from typing import Protocol


class Transport(Protocol):
    """A replay as it stands, and what can be done about it.

    The prices come from the feed, as always; this is only about the time that they are of.
    """

    @property
    def name(self) -> str:
        """The recording's file, without its folder."""

    @property
    def is_paused(self) -> bool:
        """Whether it stands until it is told to go on."""

    @property
    def is_ended(self) -> bool:
        """Whether all has been played."""

    @property
    def speed(self) -> float:
        """Seconds of the recording to a second; infinite for as fast as possible."""

    @property
    def position(self) -> float:
        """How much of the recording's time has passed, from 0 to 1."""

    def now(self) -> float:
        """Return the recording's own time, UTC seconds; it stands in a pause and at the end.

        It goes back where the recording begins again, or where the clock of its machine was set back.
        """

    def toggle(self) -> None:
        """Pause, or go on."""

    def step(self) -> None:
        """In a pause: play the next message."""

    def slower(self) -> None:
        """Take the next lower speed, if there is one."""

    def faster(self) -> None:
        """Take the next higher speed, if there is one."""


def state_text(replay: Transport) -> str:
    """Return how a replay runs: `×10`, `max`, `PAUSED` or `ENDED`."""
    if replay.is_ended:
        return "ENDED"
    if replay.is_paused:
        return "PAUSED"
    return pace_text(replay)


def pace_text(replay: Transport) -> str:
    """Return the speed at which a replay runs, or would: `×10`, `max`."""
    return "max" if replay.speed == inf else f"×{replay.speed:g}"
