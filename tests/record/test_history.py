"""Where a recording goes on from: what was recorded before in the same place, symbol by symbol."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from kitetui.record import COLUMNS, Files, Format
from kitetui.record.destinations import File
from kitetui.record.gaplog import GapEntry
from kitetui.record.history import RecordingHistory
from kitetui.record.ledgerfile import (
    NOT_RECORDED,
    LedgerFile,
    LedgerState,
    Moment,
    Outage,
    SymbolHistory,
    ledger_of,
    read_ledger,
)
from kitetui.record.output import continued_file
from tests.record.helpers import (
    NAMES,
    SECOND,
    Clock,
    Stopwatch,
    at,
    beats,
    comes,
    files_in,
    live,
    lost,
    rows_of,
    timed,
    wants,
)

MORNING = at("2026-11-23T10:42:17")
A, B, C = 408065, 738561, 779521


class Run:
    """A recording in a folder, from a second of the morning on."""

    def __init__(
        self, folder: Path, second: int, *tokens: int, formats: Iterable[Format] = (Format.CSV,)
    ) -> None:
        self.clock, self.watch = Clock(MORNING + second * SECOND), Stopwatch()
        self.watch.now = float(second)
        self.files = files_in(folder, self.clock, is_series=True, watch=self.watch, formats=list(formats))
        self.tokens = tokens
        self._is_up = False
        self.path = Path(self.files.name.partition(",")[0])

    def begins(self) -> Run:
        """Be told what is wanted, of a connection that comes up at once."""
        now, by = self.clock.now, self.watch.now
        self.files.write([wants(now, *self.tokens, timed_at=by), live(now, timed_at=by)])
        self._is_up = True
        return self

    def wants(self, second: int, *tokens: int) -> Run:
        """Be told of more that is wanted."""
        self._wait(second)
        self.files.write([wants(self.clock.now, *tokens, timed_at=self.watch.now)])
        return self

    def receives(self, second: int, *tokens: int) -> Run:
        self._wait(second)
        tokens = tokens or self.tokens
        self.files.write([comes(self.clock.now, *tokens, timed_at=self.watch.now)])
        return self

    def loses(self, second: int, since: int) -> Run:
        self._wait(second)
        self._is_up = False
        last = MORNING + since * SECOND
        self.files.write([lost(self.clock.now, last, timed_at=self.watch.now)])
        return self

    def flushes(self, second: int) -> Run:
        self._beats(second)
        self.files.flush(self.clock.now, sync=False)
        return self

    def ends(self, second: int) -> Run:
        self._beats(second)
        self.files.close()
        return self

    def is_killed(self) -> Run:
        """Leave the files as they are, and let others have them."""
        self.files._open.close()
        return self

    def gaps(self) -> list[tuple[float, float, str, str]]:
        """The rows of its log: from and to, in seconds of the morning, why, and which."""
        return [
            (second_of(row["from"]), second_of(row["to"]), row["reason"], row["which"])
            for row in rows_of(self.path.with_suffix(".gaps.csv"))
        ]

    def _beats(self, second: int) -> None:
        """Have a connection that is up say so until then."""
        self._wait(second)
        if self._is_up:
            self.files.write([beats(self.clock.now, timed_at=self.watch.now)])

    def _wait(self, second: int) -> None:
        now = MORNING + second * SECOND
        self.watch.now += (now - self.clock.now) / SECOND
        self.clock.now = now


def second_of(text: str) -> float:
    return (at(text.removesuffix("+05:30")) - MORNING) / SECOND


def ledgers_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.ledger"))


def test_a_hole_begins_where_the_recording_before_was_last_flushed_for_each_symbol(tmp_path: Path) -> None:
    Run(tmp_path, 0, A, B).begins().receives(1).flushes(2).receives(3).is_killed()
    run = Run(tmp_path, 60, A, B).begins().receives(61, A).receives(64, B).flushes(70)
    assert run.gaps() == [(2, 61, NOT_RECORDED, "NSE:INFY"), (2, 64, NOT_RECORDED, f"{B}")]
    run.ends(71)
    assert len(run.gaps()) == 2


def test_a_recording_that_ended_in_peace_is_gone_on_from_its_end(tmp_path: Path) -> None:
    Run(tmp_path, 0, A).begins().receives(1).flushes(2).ends(5)
    assert Run(tmp_path, 60, A).begins().receives(61).ends(70).gaps() == [(5, 61, NOT_RECORDED, "")]


def test_a_clock_that_is_set_between_two_recordings_leaves_no_hole_by_either(tmp_path: Path) -> None:
    Run(tmp_path, 0, A).begins().receives(1).flushes(2).is_killed()
    run = Run(tmp_path, 3_660, A)
    run.watch.now = 60.0  # the clock is an hour ahead of where it was
    run.begins().receives(3_661).ends(3_670)
    gaps = [each for each in run.gaps() if each[2] == NOT_RECORDED]
    assert [(start, end) for start, end, _, _ in gaps] == [(2, 60), (3_602, 3_661)]


def test_a_clock_that_is_set_before_a_flush_that_heard_nothing_is_set_since_it_was_last_read(
    tmp_path: Path,
) -> None:
    killed = Run(tmp_path, 0, A).begins().receives(1).flushes(2).loses(4, since=1)
    killed.flushes(9).is_killed()  # the clock was read at second 4: what it showed from then on, nobody knows
    run = Run(tmp_path, 3_660, A)
    run.watch.now = 60.0
    run.begins().receives(3_661).ends(3_670)
    gaps = [each for each in run.gaps() if NOT_RECORDED in each[2]]
    assert [(start, end) for start, end, _, _ in gaps] == [(1, 60), (3_604, 3_661)]


def test_an_outage_under_way_is_carried_on(tmp_path: Path) -> None:
    killed = Run(tmp_path, 0, A).begins().receives(1).flushes(2).loses(4, since=1).flushes(5).is_killed()
    assert killed.gaps() == []
    run = Run(tmp_path, 60, A).begins().receives(61).ends(70)
    assert run.gaps() == [(1, 61, f"closed, then {NOT_RECORDED}", "NSE:INFY")]


def test_an_outage_that_was_logged_at_the_end_is_carried_on_from_there(tmp_path: Path) -> None:
    first = Run(tmp_path, 0, A).begins().receives(1).loses(4, since=1).ends(10)
    assert first.gaps() == [(1, 10, "closed", "")]
    run = Run(tmp_path, 60, A).begins().receives(61).ends(70)
    assert run.gaps() == [(10, 61, f"closed, then {NOT_RECORDED}", "NSE:INFY")]


@pytest.mark.parametrize("is_flushed", [True, False])
def test_a_start_in_between_that_received_nothing_changes_nothing(
    tmp_path: Path, *, is_flushed: bool
) -> None:
    Run(tmp_path, 0, A).begins().receives(1).flushes(2).is_killed()
    between = Run(tmp_path, 30, A)
    if is_flushed:
        between.begins().flushes(31)
    between.is_killed()
    run = Run(tmp_path, 60, A).begins().receives(61).ends(70)
    assert run.gaps() == [(2, 61, NOT_RECORDED, "")]


def test_a_hole_that_goes_on_is_of_the_symbols_that_are_left_and_not_of_one_that_was_there_meanwhile(
    tmp_path: Path,
) -> None:
    Run(tmp_path, 0, A, B).begins().receives(1).flushes(2).is_killed()
    between = Run(tmp_path, 30, A, B).begins().receives(31, B)
    between.files.write([wants(between.clock.now, B, mode=None, timed_at=between.watch.now)])
    between.flushes(33).is_killed()
    run = Run(tmp_path, 60, A).begins().receives(61).ends(70)
    assert run.gaps() == [(2, 61, NOT_RECORDED, "NSE:INFY")]


def test_a_symbol_that_was_not_wanted_before_has_no_hole(tmp_path: Path) -> None:
    Run(tmp_path, 0, A).begins().receives(1).flushes(2).ends(3)
    run = Run(tmp_path, 60, A, B).begins().receives(61).ends(70)
    assert run.gaps() == [(3, 61, NOT_RECORDED, "NSE:INFY")]


def test_a_start_that_was_killed_before_its_first_flush_has_its_symbols_missing_since_then(
    tmp_path: Path,
) -> None:
    Run(tmp_path, 0, A).begins().receives(1).is_killed()
    run = Run(tmp_path, 60, A).begins().receives(61).ends(70)
    assert run.gaps() == [(0, 61, NOT_RECORDED, "")]


def test_two_recorders_of_one_folder_go_on_each_from_its_own_symbols(tmp_path: Path) -> None:
    Run(tmp_path, 0, A).begins().receives(1).flushes(2).is_killed()
    Run(tmp_path, 1, B).begins().receives(10).flushes(20).is_killed()
    one = Run(tmp_path, 60, A).begins().receives(61).flushes(62)
    other = Run(tmp_path, 63, B).begins().receives(64).flushes(65)
    assert one.gaps() == [(2, 61, NOT_RECORDED, "")]
    assert other.gaps() == [(20, 64, NOT_RECORDED, "")]
    one.ends(66)
    other.ends(66)


def test_a_symbol_that_another_records_just_now_is_not_missing(tmp_path: Path) -> None:
    other = Run(tmp_path, 0, A).begins().receives(1).flushes(2)
    run = Run(tmp_path, 60, A, B).begins().receives(61).ends(70)
    assert run.gaps() == []
    assert ledger_of(other.path).exists()
    other.ends(80)


def test_a_symbol_that_another_records_just_now_is_not_missing_since_one_before_it_either(
    tmp_path: Path,
) -> None:
    Run(tmp_path, 0, A, B).begins().receives(1).flushes(2).is_killed()
    other = Run(tmp_path, 10, A).begins().receives(11).flushes(12)
    run = Run(tmp_path, 60, A, B).begins().receives(61).flushes(70)
    assert run.gaps() == [(2, 61, NOT_RECORDED, f"{B}")]
    other.ends(80)
    run.ends(80)


def test_of_several_that_had_a_symbol_the_last_one_counts(tmp_path: Path) -> None:
    Run(tmp_path, 0, A, B).begins().receives(1).flushes(2).is_killed()
    Run(tmp_path, 10, A).begins().receives(11).flushes(12).is_killed()
    run = Run(tmp_path, 60, A, B).begins().receives(61).flushes(70)
    assert sorted(run.gaps()) == [(2, 61, NOT_RECORDED, f"{B}"), (12, 61, NOT_RECORDED, "NSE:INFY")]
    run.ends(71)


def test_a_ledger_is_removed_once_another_says_as_much(tmp_path: Path) -> None:
    killed = Run(tmp_path, 0, A).begins().receives(1).flushes(2).is_killed()
    run = Run(tmp_path, 60, A)
    assert ledgers_in(tmp_path) == [ledger_of(killed.path).name, ledger_of(run.path).name]
    run.files.flush(run.clock.now, sync=False)
    assert ledger_of(killed.path).exists()  # nobody has said yet what is to be recorded
    run.begins()
    assert ledgers_in(tmp_path) == [ledger_of(run.path).name]
    run.ends(62)
    assert ledgers_in(tmp_path) == [ledger_of(run.path).name]


def test_a_ledger_that_says_more_than_another_stays(tmp_path: Path) -> None:
    killed = Run(tmp_path, 0, A, B).begins().receives(1).flushes(2).is_killed()
    Run(tmp_path, 60, A).begins().receives(61).flushes(62).ends(63)
    left = read_ledger(ledger_of(killed.path))
    assert left is not None
    assert left.wanted == {0: [B]}
    last = Run(tmp_path, 80, A, B).begins().receives(81).flushes(82)
    assert sorted(last.gaps()) == [(2, 81, NOT_RECORDED, f"{B}"), (63, 81, NOT_RECORDED, "NSE:INFY")]
    assert ledgers_in(tmp_path) == [ledger_of(last.path).name]
    last.ends(83)


def test_a_row_of_the_rest_of_a_connection_names_its_symbols(tmp_path: Path) -> None:
    Run(tmp_path, 0, A, B).begins().receives(1).flushes(2).is_killed()
    Run(tmp_path, 60, A).begins().receives(61).flushes(62).ends(63)
    last = Run(tmp_path, 80, B).begins().receives(81).ends(82)
    assert last.gaps() == [(2, 81, NOT_RECORDED, f"{B}")]  # of the connection then, A was there too


def test_the_ledger_of_a_start_that_knew_nothing_is_removed_too(tmp_path: Path) -> None:
    Run(tmp_path, 0, A).is_killed()
    run = Run(tmp_path, 60, A).begins().receives(61).flushes(62)
    assert ledgers_in(tmp_path) == [ledger_of(run.path).name]
    run.ends(63)


def without_ledger(folder: Path, kind: Format = Format.CSV) -> Path:
    """A recording to second 3, as kitetui 0.1.0 left it."""
    run = Run(folder, 0, A, formats=[kind]).receives(1).receives(3).ends(9)
    ledger_of(run.path).unlink(missing_ok=True)
    return run.path


def test_without_a_ledger_a_recording_goes_on_from_the_last_row_of_the_newest_one(tmp_path: Path) -> None:
    without_ledger(tmp_path)
    run = Run(tmp_path, 60, A, B).begins().receives(61).flushes(70)
    assert [(start, end, reason) for start, end, reason, _ in run.gaps()] == [(3, 61, NOT_RECORDED)]
    run.ends(71)


def test_where_the_ledger_says_nothing_a_recording_goes_on_from_the_last_row_too(tmp_path: Path) -> None:
    path = without_ledger(tmp_path)
    ledger_of(path).touch()
    run = Run(tmp_path, 60, A).begins().receives(61).flushes(70)
    assert [(start, end, reason) for start, end, reason, _ in run.gaps()] == [(3, 61, NOT_RECORDED)]
    run.ends(71)


@pytest.mark.parametrize("kind", [each for each in Format if each is not Format.CAPTURE])
def test_the_last_row_is_found_in_each_format_whatever_its_time_on_the_disk(
    tmp_path: Path, kind: Format
) -> None:
    path = without_ledger(tmp_path, kind)
    os.utime(path, (MORNING / SECOND + 50, MORNING / SECOND + 50))
    before = RecordingHistory().or_of_rows([path])
    assert before.until == MORNING + 3 * SECOND


def test_the_newest_recording_that_nobody_is_writing_counts(tmp_path: Path) -> None:
    old = without_ledger(tmp_path)
    Run(tmp_path, 20, A).receives(21).ends(22)
    busy = Run(tmp_path, 30, A).receives(31)
    (newest,) = tmp_path.glob("ticks-20261123-104237.csv")
    assert RecordingHistory().or_of_rows([newest, old, busy.path]).until == MORNING + 21 * SECOND
    busy.ends(32)
    assert RecordingHistory().or_of_rows([]) == RecordingHistory()


def test_a_recording_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "ticks-1.csv").write_bytes(b"\x00")
    (tmp_path / "ticks-1.gaps.csv").touch()
    assert RecordingHistory().or_of_rows([tmp_path / "ticks-1.csv"]).until is None


def test_a_folder_of_recordings_that_do_not_follow_on_each_other_has_nothing_before(tmp_path: Path) -> None:
    Run(tmp_path, 0, A).begins().receives(1).flushes(2).is_killed()
    clock = Clock(MORNING + 60 * SECOND)
    files = files_in(tmp_path, clock)
    files.write([wants(clock.now, A), live(clock.now), comes(clock.now, A)])
    files.flush(clock.now, sync=False)
    assert len(ledgers_in(tmp_path)) == 2
    files.close()
    assert len(ledgers_in(tmp_path)) == 1  # nobody asks for its own
    assert rows_of(tmp_path / "ticks-20261123-104317.gaps.csv") == []


def continued(path: Path, second: int, *, goes_on: bool = True) -> tuple[Files, Clock]:
    """A file, and the clock that its recording has."""
    clock = Clock(MORNING + second * SECOND)
    place = File(path, Format.CSV, COLUMNS, goes_on)
    return Files(place, NAMES.get, clock, stopwatch=lambda: timed(clock.now)), clock


def record(files: Files, clock: Clock, *, begins: bool = True) -> None:
    """Record A for two seconds; its packet comes after one."""
    if begins:
        files.write([wants(clock.now, A), live(clock.now)])
    clock.now += SECOND
    files.write([comes(clock.now, A)])
    clock.now += SECOND
    files.write([beats(clock.now)])
    files.flush(clock.now, sync=False)


def known(recording: Path) -> tuple[Mapping[int, list[int]], tuple[Outage, ...], int | None] | None:
    """What the ledger of a recording says."""
    state = read_ledger(ledger_of(recording))
    return None if state is None else (state.wanted, state.missing, state.until)


def test_a_file_that_is_continued_goes_on_from_its_ledger_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    files, clock = continued(path, 0)
    record(files, clock)
    files._open.close()
    files, clock = continued(path, 60)
    assert known(path) == ({0: [A]}, (), MORNING + 2 * SECOND)
    record(files, clock)
    (gap,) = rows_of(tmp_path / "ticks.gaps.csv")
    assert (second_of(gap["from"]), second_of(gap["to"]), gap["reason"]) == (2, 61, NOT_RECORDED)
    assert known(path) == ({0: [A]}, (), MORNING + 62 * SECOND)
    files.close()


def test_a_file_that_is_not_continued_has_nothing_of_a_ledger_that_lies_there(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    stale = LedgerFile(ledger_of(path))
    stale.put(LedgerState({0: [A]}, (), MORNING, Moment(MORNING, 1.0)))
    stale.close()
    files, clock = continued(path, 60, goes_on=False)
    record(files, clock)
    assert rows_of(tmp_path / "ticks.gaps.csv") == []
    files.close()


def test_a_file_without_a_ledger_is_continued_from_its_last_row(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    files, clock = continued(path, 0)
    record(files, clock, begins=False)
    files.close()
    ledger_of(path).unlink()
    files, clock = continued(path, 60)
    record(files, clock)
    (gap,) = rows_of(tmp_path / "ticks.gaps.csv")
    assert (second_of(gap["from"]), second_of(gap["to"]), gap["reason"]) == (1, 61, NOT_RECORDED)
    files.close()


def ledger(path: Path, state: LedgerState) -> Path:
    file = LedgerFile(path)
    file.put(replace(state, read=Moment(MORNING, 1.0), boot="another"))
    file.close()
    continued_file(path.with_suffix(".gaps.csv")).close()
    return path


def absent(past: SymbolHistory) -> list[tuple[int, int | None, str]]:
    """What was missing of a symbol: from and to, in nanoseconds of the morning, and why."""
    return [
        (each.since - MORNING, None if each.until is None else each.until - MORNING, each.reason)
        for each in past.outages
    ]


def test_what_is_known_of_a_symbol_is_said_once(tmp_path: Path) -> None:
    missing = (Outage(0, MORNING, "closed", (B,)),)
    before = RecordingHistory.of_ledgers(
        [ledger(tmp_path / "1.ledger", LedgerState({0: [A, B]}, missing, MORNING + 1))]
    )
    assert before.take(C) == SymbolHistory()
    assert absent(before.take(A)) == [(1, None, NOT_RECORDED)]
    assert absent(before.take(B)) == [(0, None, f"closed, then {NOT_RECORDED}")]
    assert (before.take(A), before.take(B)) == (SymbolHistory(), SymbolHistory())


def test_a_ledger_is_taken_over_by_one_that_has_all_its_symbols(tmp_path: Path) -> None:
    one = ledger(tmp_path / "1.ledger", LedgerState({0: [A]}, (), MORNING))
    two = ledger(tmp_path / "2.ledger", LedgerState({0: [A], 1: [B]}, (), MORNING + 1))
    before = RecordingHistory.of_ledgers([one, two])
    assert before.until == MORNING + 1
    assert list(before.take_over([A, C], tmp_path / "3.ledger")) == []
    assert (one.exists(), two.exists()) == (False, True)
    again = RecordingHistory.of_ledgers([two])
    assert again.take(A) == SymbolHistory()
    assert absent(again.take(B)) == [(1, None, NOT_RECORDED)]
    assert list(again.take_over([A, B], tmp_path / "3.ledger")) == []
    assert not two.exists()


def test_the_ledger_of_a_file_that_is_continued_is_never_taken_over(tmp_path: Path) -> None:
    path = ledger(tmp_path / "1.ledger", LedgerState({0: [A]}, (), MORNING))
    before = RecordingHistory.of_ledgers([path])
    assert list(before.take_over([A], path)) == []
    assert path.exists()
    assert absent(before.take(A)) == [(0, None, NOT_RECORDED)]


def test_what_was_missing_of_a_symbol_that_nobody_wants_any_more_is_a_row_up_to_the_last_flush(
    tmp_path: Path,
) -> None:
    missing = (Outage(0, MORNING, "closed"), Outage(1, MORNING + 2, "no answer", (C,)))
    path = ledger(tmp_path / "1.ledger", LedgerState({0: [A, B], 1: [C]}, missing, MORNING + 5))
    before = RecordingHistory.of_ledgers([path])
    assert list(before.take_over([A], tmp_path / "2.ledger")) == [
        GapEntry(MORNING, MORNING + 5, "closed", 0, 1, (B,)),
        GapEntry(MORNING + 2, MORNING + 5, "no answer", 1, 1, (C,)),
    ]
    assert list(before.take_over([A], tmp_path / "2.ledger")) == []
    rest = RecordingHistory.of_ledgers([path])
    assert list(rest.take_over([A], tmp_path / "2.ledger")) == []  # it was said
    for token in (B, C):
        assert absent(rest.take(token)) == [(5, None, NOT_RECORDED)]


def test_the_rows_of_what_is_not_wanted_any_more_and_of_what_is_wanted_again_leave_no_hole(
    tmp_path: Path,
) -> None:
    first = Run(tmp_path, 0, A, B).begins().receives(1).loses(4, since=1).flushes(5).is_killed()
    second = Run(tmp_path, 60, A).begins().receives(61).flushes(62)
    assert sorted(second.gaps()) == [
        (1, 5, "closed", f"{B}"),
        (1, 61, f"closed, then {NOT_RECORDED}", "NSE:INFY"),
    ]
    second.ends(63)
    state = read_ledger(ledger_of(first.path))
    assert state is not None
    assert {token for tokens in state.wanted.values() for token in tokens} == {B}
    third = Run(tmp_path, 80, A, B).begins().receives(81).flushes(82)
    assert sorted(third.gaps()) == [
        (5, 81, NOT_RECORDED, f"{B}"),
        (63, 81, NOT_RECORDED, "NSE:INFY"),
    ]
    assert ledgers_in(tmp_path) == [ledger_of(third.path).name]
    third.ends(83)


def test_a_symbol_that_is_wanted_again_later_in_a_recording_goes_on_from_the_row_that_it_has(
    tmp_path: Path,
) -> None:
    Run(tmp_path, 0, A, B).begins().receives(1).loses(4, since=1).flushes(5).is_killed()
    run = Run(tmp_path, 60, A).begins().receives(61).flushes(62).wants(70, B).receives(71, B).flushes(72)
    found = [(start, end) for start, end, _, which in run.gaps() if which == f"{B}"]
    assert found == [(1, 5), (5, 71)]
    run.ends(73)


def shared(token: int, *spans: tuple[int, int], since: int | None = None) -> list[LedgerState]:
    """The ledgers of recorders that had a symbol, each from a second to another, the first from its own start
    on; `since`: when the last of them had it missing."""
    standings = []
    for number, (start, end) in enumerate(spans):
        joined = {token: MORNING + start * SECOND} if number else {}
        missing: tuple[Outage, ...] = ()
        if since is not None and number == len(spans) - 1:
            missing = (Outage(0, MORNING + since * SECOND, "closed", (token,)),)
        standings.append(LedgerState({0: [token]}, missing, MORNING + end * SECOND, joined=joined))
    return standings


def test_a_hole_between_two_recorders_stays_where_neither_has_the_symbol_any_more(tmp_path: Path) -> None:
    one, two = shared(B, (0, 10), (50, 100), since=90)
    paths = [ledger(tmp_path / "1.ledger", one), ledger(tmp_path / "2.ledger", two)]
    before = RecordingHistory.of_ledgers(paths)
    said = list(before.take_over([A], tmp_path / "3.ledger"))
    assert [(each.start - MORNING, each.end - MORNING) for each in said] == [(90 * SECOND, 100 * SECOND)]
    for known in (RecordingHistory.of_ledgers(paths), before):
        found = [(start, end) for start, end, _ in absent(known.take(B))]
        assert found == [(10 * SECOND, 50 * SECOND), (100 * SECOND, None)]


def test_of_recorders_that_had_a_symbol_in_turns_each_hole_is_an_absence(tmp_path: Path) -> None:
    standings = shared(A, (0, 10), (5, 20), (12, 15), (30, 40), (35, 50))
    paths = [ledger(tmp_path / f"{number}.ledger", each) for number, each in enumerate(standings)]
    assert absent(RecordingHistory.of_ledgers(reversed(paths)).take(A)) == [
        (20 * SECOND, 30 * SECOND, NOT_RECORDED),
        (50 * SECOND, None, NOT_RECORDED),
    ]


def test_a_recorder_that_joined_and_died_together_with_the_first_adds_nothing_to_the_hole(
    tmp_path: Path,
) -> None:
    first = Run(tmp_path, 0, A).begins().receives(1).flushes(2)
    joined = Run(tmp_path, 10, A).begins().receives(11).flushes(12)
    first.flushes(13).is_killed()
    joined.is_killed()
    run = Run(tmp_path, 60, A).begins().receives(61).flushes(62)
    assert run.gaps() == [(13, 61, NOT_RECORDED, "")]
    assert ledgers_in(tmp_path) == [ledger_of(run.path).name]
    run.ends(63)


def test_a_recorder_that_joined_and_outlived_the_first_has_what_came_until_its_own_end(
    tmp_path: Path,
) -> None:
    first = Run(tmp_path, 0, A).begins().receives(1).flushes(2)
    joined = Run(tmp_path, 10, A).begins().receives(11).flushes(12)
    first.flushes(13).is_killed()
    joined.receives(30).flushes(40).is_killed()
    assert joined.gaps() == []
    run = Run(tmp_path, 60, A).begins().receives(61).ends(62)
    assert run.gaps() == [(40, 61, NOT_RECORDED, "")]


def test_a_recorder_that_joined_and_is_at_work_still_leaves_nothing_missing(tmp_path: Path) -> None:
    first = Run(tmp_path, 0, A).begins().receives(1).flushes(2)
    joined = Run(tmp_path, 10, A).begins().receives(11)
    first.flushes(13).is_killed()
    joined.flushes(20)
    run = Run(tmp_path, 60, A).begins().receives(61).ends(62)
    assert run.gaps() == []
    joined.ends(70)


def test_what_the_first_lost_before_another_joined_is_a_row_whether_or_not_that_one_is_at_work(
    tmp_path: Path,
) -> None:
    first = Run(tmp_path, 0, A).begins().receives(1).flushes(2)
    joined = Run(tmp_path, 10, A).begins().receives(11).flushes(12)
    first.is_killed()  # and what it had from second 2 on with it
    second = Run(tmp_path, 30, A).begins().receives(31).flushes(32)
    assert [each[:3] for each in second.gaps()] == [(2, 10, NOT_RECORDED)]
    assert ledger_of(joined.path).name in ledgers_in(tmp_path)
    assert ledger_of(first.path).name not in ledgers_in(tmp_path)
    joined.flushes(33).is_killed()
    second.flushes(40).is_killed()
    last = Run(tmp_path, 60, A).begins().receives(61).flushes(62)
    assert last.gaps() == [(40, 61, NOT_RECORDED, "")]
    last.ends(63)


def test_a_hole_between_one_recorder_and_another_that_joined_it_is_a_row(tmp_path: Path) -> None:
    first = Run(tmp_path, 0, A).begins().receives(1).flushes(2)
    joined = Run(tmp_path, 10, A).begins().receives(11).flushes(20).is_killed()
    first.is_killed()
    assert joined.gaps() == []
    run = Run(tmp_path, 60, A).begins().receives(61).flushes(62)
    assert sorted(each[:3] for each in run.gaps()) == [(2, 10, NOT_RECORDED), (20, 61, NOT_RECORDED)]
    run.ends(63)


def test_what_a_recorder_joined_is_known_in_its_next_file_too(tmp_path: Path) -> None:
    first = Run(tmp_path, 0, A).begins().receives(1).flushes(2)
    joined = Run(tmp_path, 10, A).begins().receives(11).flushes(12)
    joined.files._go_on(MORNING + 15 * SECOND)
    joined.flushes(20).is_killed()
    first.is_killed()
    run = Run(tmp_path, 60, A).begins().receives(61).flushes(62)
    assert sorted(each[:3] for each in run.gaps()) == [(2, 10, NOT_RECORDED), (20, 61, NOT_RECORDED)]
    run.ends(63)


def test_a_symbol_that_went_quiet_with_its_connection_is_missing_since_the_last_frame(tmp_path: Path) -> None:
    run = Run(tmp_path, 0, A).begins().receives(1).flushes(2)
    run._wait(4)
    run.files.flush(run.clock.now, sync=False)  # nobody knows yet whether the connection is up
    run.is_killed()
    assert Run(tmp_path, 60, A).begins().receives(61).ends(62).gaps() == [(2, 61, NOT_RECORDED, "")]
