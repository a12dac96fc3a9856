"""What is counted of a recording."""

from __future__ import annotations

import numpy as np

from kitetui.record.inspection import Inspection
from kitetui.record.rows import TickRows
from tests.record.helpers import ticks

SECOND = 1_000_000_000
T = 1_625_461_887 * SECOND


def counted(*batches: TickRows) -> Inspection:
    found = Inspection()
    for rows in batches:
        found.count(rows)
    return found


def rows(*sequence: int, connection: int = 0, at: int = T, step: int = 1) -> TickRows:
    """Rows with these numbers, received one after the other."""
    made = TickRows.of([ticks(*range(at, at + len(sequence) * step, step), connection=connection)])
    made.sequence[:] = sequence
    return made


def test_nothing_is_counted_of_nothing() -> None:
    found = counted(TickRows.none())
    assert (found.rows, found.first, found.seconds) == (0, None, 0.0)


def test_rows_symbols_modes_and_connections_are_counted() -> None:
    found = counted(rows(1, 2), rows(1, connection=2), rows(3))
    assert found.rows == 4
    assert found.symbols == {408065}
    assert found.modes == {"full": 4}
    assert found.connections == {0: 3, 2: 1}


def test_the_span_is_from_the_earliest_to_the_latest() -> None:
    found = counted(rows(1, 2, 3, step=SECOND), rows(4, at=T - SECOND))
    assert (found.first, found.last, found.seconds) == (T - SECOND, T + 2 * SECOND, 3.0)


def test_the_busiest_second_is_found_over_the_ends_of_batches() -> None:
    found = counted(rows(1, 2), rows(3), rows(4, at=T + SECOND), rows(5, 6, at=T + 2 * SECOND))
    assert found.busiest == 3


def test_numbers_that_are_passed_over_are_missing_ticks() -> None:
    found = counted(rows(1, 2, 5), rows(9))
    assert (found.missing, found.repeated, found.restarts) == (5, 0, 0)


def test_a_recording_that_begins_in_the_middle_misses_nothing() -> None:
    assert counted(rows(1000, 1001)).missing == 0


def test_each_connection_has_its_own_numbers() -> None:
    assert counted(rows(1, 2), rows(1, 2, connection=1), rows(3), rows(3, connection=1)).missing == 0


def test_numbers_that_come_again_are_repeated_and_those_that_begin_anew_are_a_restart() -> None:
    found = counted(rows(1, 2, 2, 3, 1, 2))
    assert (found.repeated, found.restarts, found.missing) == (1, 1, 0)


def test_rows_received_before_the_one_above_them_are_out_of_order() -> None:
    found = counted(rows(1, 2, at=T + 5), rows(3, at=T), rows(4, 5, at=T + 9))
    assert found.out_of_order == 1


def test_ticks_that_may_be_no_news_are_counted() -> None:
    found = counted(TickRows.of([ticks(T, T, snapshot=True), ticks(T)]))
    assert found.snapshots == 2


def test_the_counts_are_plain_numbers() -> None:
    found = counted(rows(1, 2, 5))
    assert all(
        type(each) is int for each in (found.missing, found.first, *found.tokens_of[0], *found.connections)
    )
    assert not any(isinstance(each, np.generic) for each in found.connections.values())
