"""Times as Indian users read them: UTC inside, IST outside, whatever the zone of the machine."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Final

IST: Final = timezone(timedelta(hours=5, minutes=30), "IST")
"""Indian Standard Time, which has no summer time."""


# Linux stops its usual steady clock while the machine sleeps, and macOS stops Python's.
_AWAKE_OR_ASLEEP: Final = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def stopwatch() -> float:
    """Return the seconds of a clock that never steps, and goes on while the machine sleeps where it can."""
    return time.monotonic() if _AWAKE_OR_ASLEEP is None else time.clock_gettime(_AWAKE_OR_ASLEEP)


@cache
def boot() -> str:
    """Return what tells one start of the machine from another, where it says so; readings of the stopwatch
    compare within one alone."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def ist_seconds(seconds: int) -> str:
    """Return UTC seconds as ISO 8601 in IST: `2021-07-05T10:41:27+05:30`."""
    return datetime.fromtimestamp(seconds, IST).isoformat()


def ist_microseconds(nanoseconds: int) -> str:
    """Return UTC nanoseconds as ISO 8601 in IST, to the microsecond."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, IST).replace(microsecond=rest // 1000)
    return moment.isoformat(timespec="microseconds")


def ist_nanoseconds(nanoseconds: int) -> str:
    """Return UTC nanoseconds as ISO 8601 in IST, to the nanosecond."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, IST):%Y-%m-%dT%H:%M:%S}.{rest:09d}+05:30"


def nanoseconds_of(text: str) -> int:
    """Read such a time, of whatever zone and precision. Raises ValueError."""
    head, point, tail = text.partition(".")
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))] if point else ""
    moment = datetime.fromisoformat(head + tail[len(digits) :] if point else text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return round(moment.timestamp()) * 1_000_000_000 + int(digits[:9].ljust(9, "0"))


def ist_today() -> date:
    """Return the date in India now."""
    return datetime.now(UTC).astimezone(IST).date()
