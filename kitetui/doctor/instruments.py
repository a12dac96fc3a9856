"""The list of instruments: whether there is one, and whether it is today's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kitetui.account import EndpointProfile
from kitetui.doctor.finding import Finding, failed, failure_of, ok, warning
from kitetui.errors import UserError
from kitetui.formatting import age
from kitetui.instruments.master import Master, is_due

_SYNC: Final = "run kitetui instruments sync"


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of the list that is kept.

    rows: how many instruments it has, None where there is none.
    fetched_at: since when, in UTC seconds.
    problem: why it cannot be read, None where it can.
    """

    rows: int | None = None
    fetched_at: float | None = None
    problem: UserError | None = None


def kept_list(endpoint: EndpointProfile) -> Summary:
    """Look at the list of a service, which may take the time of a disk."""
    try:
        stored = Master.of(endpoint.name).read()
    except UserError as error:
        return Summary(problem=error)
    if stored is None:
        return Summary()
    stored.table.close()
    return Summary(stored.rows, stored.fetched_at)


def instruments_check(summary: Summary, *, is_live: bool, now: float) -> Finding:
    """Judge the list.

    is_live: whether it is for a service that trades; the symbols that ship do for any other.
    now: UTC seconds.
    """
    if summary.problem is not None:
        return failure_of(summary.problem)
    if summary.rows is None or summary.fetched_at is None:
        none = "no list of instruments is kept"
        return failed(none, _SYNC) if is_live else ok(f"{none}, those that ship with kitetui are used")
    found = f"{summary.rows:,} instruments, fetched {age(now - summary.fetched_at)} ago"
    if is_due(summary.fetched_at, now):
        return warning(f"{found}, before the latest list was made at 08:30 IST", _SYNC)
    return ok(found)
