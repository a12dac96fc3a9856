"""A replay without a recording: a transport that keeps a few numbers, and notes what was asked of it."""

from __future__ import annotations

from tests.tui.rows import NOW

SPEEDS = [0.5, 1.0, 10.0, float("inf")]


class Tape:
    """Stands at a moment until a test moves it."""

    def __init__(self, at=NOW, *, speed=1.0, position=0.42, name="20261122.capture"):
        self.at = at
        self.name = name
        self.speed = speed
        self.position = position
        self.is_paused = False
        self.is_ended = False
        self.steps = 0

    def now(self):
        """The moment that it stands at."""
        return self.at

    def toggle(self):
        """Pause, or go on."""
        self.is_paused = not self.is_paused

    def step(self):
        """Count a step."""
        self.steps += 1

    def slower(self):
        """Take the speed below."""
        self.speed = SPEEDS[max(SPEEDS.index(self.speed) - 1, 0)]

    def faster(self):
        """Take the speed above."""
        self.speed = SPEEDS[min(SPEEDS.index(self.speed) + 1, len(SPEEDS) - 1)]
