"""Moments of the tests of the calendar, written as a clock in India shows them."""

from __future__ import annotations

from datetime import datetime

from kitetui.times import IST


def at(text: str) -> float:
    """UTC seconds of a moment in India: `Fri 2026-11-20 09:15`; the day of the week is checked."""
    moment = datetime.strptime(text, "%a %Y-%m-%d %H:%M").replace(tzinfo=IST)
    assert f"{moment:%a}" == text[:3]
    return moment.timestamp()


def clock(seconds: float | None) -> str:
    """The moment of UTC seconds, as `at` takes it; "never" for none."""
    return "never" if seconds is None else f"{datetime.fromtimestamp(seconds, IST):%a %Y-%m-%d %H:%M}"
