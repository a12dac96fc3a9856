"""What a recording knows of itself, on the disk."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from kitetui.errors import RecordingError
from kitetui.record import ledgerfile
from kitetui.record.ledgerfile import (
    NOT_RECORDED,
    LedgerFile,
    LedgerState,
    Moment,
    Outage,
    ledger_of,
    read_ledger,
)
from tests.record.helpers import full_disk

T = 1_625_461_887_000_000_000
SECOND = 1_000_000_000
A, B, C = 408065, 738561, 779521

WHOLE = LedgerState(
    wanted={0: [A, B], 2: [C]},
    missing=(Outage(0, T - 5, "closed, 1006", (B,)), Outage(2, T - 7, "no answer")),
    until=T,
    read=Moment(T + 50_000_000, 12.5),
    boot="4f6a",
)


def kept(path: Path, *standings: LedgerState) -> LedgerState | None:
    """Write standings one after the other; return what is read."""
    file = LedgerFile(path)
    for each in standings:
        file.put(each)
    file.close()
    return read_ledger(path)


def kinds(path: Path) -> list[str]:
    """What each line is of."""
    return [next(iter(json.loads(line))) for line in path.read_text().splitlines()]


def test_the_ledger_stands_beside_the_recording() -> None:
    assert ledger_of(Path("day/ticks.csv")) == Path("day/ticks.ledger")


def test_what_is_put_is_read(tmp_path: Path) -> None:
    assert kept(tmp_path / "ticks.ledger", WHOLE) == WHOLE


def test_it_is_there_for_others_at_once(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "ticks.ledger")
    file.put(WHOLE)
    assert read_ledger(file.path) == WHOLE
    file.close()


def test_the_last_of_each_kind_counts_and_only_what_differs_is_added(tmp_path: Path) -> None:
    path = tmp_path / "ticks.ledger"
    later = replace(WHOLE, until=T + SECOND)
    healed = replace(WHOLE, missing=(), until=T + 2 * SECOND)
    more = replace(healed, wanted={0: [A]}, until=T + 3 * SECOND)
    assert kept(path, WHOLE, WHOLE, later, healed, more) == more
    assert kinds(path) == ["wanted", "missing", "until", "until", "missing", "until", "wanted", "until"]


def test_a_ledger_of_nothing_yet_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ticks.ledger"
    assert kept(path) is None
    assert kept(path, LedgerState()) is None


def test_a_new_ledger_has_nothing_of_one_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "ticks.ledger"
    kept(path, WHOLE)
    assert kept(path) is None


def test_a_ledger_that_is_not_there_or_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_ledger(tmp_path / "absent.ledger") is None
    assert read_ledger(tmp_path) is None


def test_a_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "ticks.ledger"
    kept(path, WHOLE, replace(WHOLE, until=T + SECOND))
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for end in range(last, len(whole)):
        path.write_bytes(whole[:end])
        assert read_ledger(path) == WHOLE


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\x00\x00\x00",
        b"\xff\xfe",
        b"until",
        b"7",
        b"[]",
        b'{"until": 1}',
        b'{"until": "noon", "at": 1, "by": 1.0, "boot": "4f6a"}',
        b'{"until": null, "at": 1, "by": 1.0, "boot": "4f6a"}',
        b'{"until": 1, "at": 1, "by": 1.0, "boot": 7}',
        b'{"missing": [[0, 1, "closed"]]}',
        b'{"missing": [[0, 1, "closed", null]]}',
        b'{"missing": [7]}',
        b'{"wanted": {"zero": [1]}}',
        b'{"wanted": {"0": [[]]}}',
        b'{"wanted": [1]}',
        b'{"else": 1}',
        b"[" * 100_000,
    ],
)
def test_a_line_that_says_nothing_is_passed_over(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "ticks.ledger"
    kept(path, WHOLE)
    path.write_bytes(line + b"\n" + path.read_bytes() + line + b"\n")
    assert read_ledger(path) == WHOLE


def test_a_ledger_that_has_grown_is_written_anew_with_what_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgerfile, "_LONGEST", 1_000)
    path = tmp_path / "ticks.ledger"
    file = LedgerFile(path)
    sizes = []
    for number in range(200):
        state = replace(WHOLE, until=T + number * SECOND)
        file.put(state)
        assert read_ledger(path) == state
        sizes.append(path.stat().st_size)
    file.close()
    assert max(sizes) < 1_100
    assert sum(after < before for before, after in pairwise(sizes)) > 3
    assert list(tmp_path.iterdir()) == [path]


def test_a_continued_ledger_stands_until_more_is_known_and_then_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "ticks.ledger"
    kept(path, WHOLE)
    file = LedgerFile(path, is_continued=True)
    assert read_ledger(path) == WHOLE
    now = replace(WHOLE, wanted={1: [A]}, missing=(), until=T + 60 * SECOND)
    file.put(now)
    assert read_ledger(path) == now
    assert kinds(path) == ["wanted", "until"]
    later = replace(now, until=T + 61 * SECOND)
    file.put(later)
    file.close()
    assert read_ledger(path) == later
    assert kinds(path) == ["wanted", "until", "until"]


def test_a_removed_ledger_is_gone_and_may_be_removed_twice(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "ticks.ledger")
    file.put(WHOLE)
    file.remove()
    file.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_ends_the_recording_with_one_sentence() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no full disk here")
    file = LedgerFile(full)
    with pytest.raises(RecordingError, match=r"cannot write to /dev/full: No space left on device"):
        file.put(WHOLE)
    file.close()


LATER = replace(WHOLE, missing=(), until=T + SECOND)


@pytest.mark.parametrize("is_continued", [False, True])
@pytest.mark.parametrize("room", [0, 1, 10, 50])
def test_a_full_disk_leaves_no_half_line_before_the_next(
    tmp_path: Path, room: int, *, is_continued: bool
) -> None:
    path = tmp_path / "ticks.ledger"
    if is_continued:
        kept(path, replace(WHOLE, wanted={0: [C]}))
    file = LedgerFile(path, is_continued=is_continued)
    file.put(WHOLE)
    before = path.read_bytes()
    with (
        full_disk(len(before) + room),
        pytest.raises(RecordingError, match="what was written before is whole"),
    ):
        file.put(LATER)
    assert path.read_bytes() == before
    file.put(LATER)
    file.close()
    assert read_ledger(path) == LATER
    assert path.read_bytes().startswith(before)
    assert kinds(path) == ["wanted", "missing", "until", "missing", "until"]


@pytest.mark.parametrize("is_continued", [False, True])
def test_a_ledger_that_cannot_be_written_anew_stands_and_is_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_continued: bool
) -> None:
    path = tmp_path / "ticks.ledger"
    file = LedgerFile(path)
    file.put(WHOLE)
    if is_continued:
        file.close()
        file = LedgerFile(path, is_continued=True)
    monkeypatch.setattr(ledgerfile, "_LONGEST", 0)
    with full_disk(10), pytest.raises(RecordingError, match=r"cannot write to .*ticks\.ledger: "):
        file.put(LATER)
    assert read_ledger(path) == WHOLE
    assert list(tmp_path.iterdir()) == [path]
    file.put(LATER)
    file.close()
    assert read_ledger(path) == LATER


def test_a_disk_that_takes_a_few_bytes_at_a_time_has_whole_lines(tmp_path: Path) -> None:
    class Slow:
        """A file that takes seven bytes at a time."""

        def write(self, data: memoryview) -> int:
            return whole.write(data[:7])

        def close(self) -> None:
            whole.close()

    path = tmp_path / "ticks.ledger"
    file = LedgerFile(path)
    whole = file._file
    file._file = Slow()  # type: ignore[assignment]  # it has all that is used
    file.put(WHOLE)
    file.put(LATER)
    file.close()
    assert read_ledger(path) == LATER
    assert kinds(path) == ["wanted", "missing", "until", "missing", "until"]


def test_what_another_recorder_had_and_when_connections_were_heard_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "ticks.ledger"
    known = replace(WHOLE, joined={A: T - 9, B: T - 8, C: T - 9}, heard={0: T - 1, 2: T - 2})
    assert kept(path, known) == known
    assert kinds(path) == ["wanted", "joined", "missing", "until"]
    gone = replace(known, joined={}, until=T + SECOND)
    assert kept(path, known, gone) == gone


def test_each_wanted_symbol_is_absent_since_it_was_missing_or_since_the_last_flush() -> None:
    assert {token: (since, reason) for token, since, reason in WHOLE.outages()} == {
        A: (T, NOT_RECORDED),
        B: (T - 5, f"closed, 1006, then {NOT_RECORDED}"),
        C: (T - 7, f"no answer, then {NOT_RECORDED}"),
    }


def test_a_symbol_of_a_connection_that_was_not_heard_since_is_absent_since_its_last_frame() -> None:
    for heard, since in ((T - 3, T - 3), (T + 3, T)):
        state = replace(WHOLE, heard={0: heard, 2: T - 20})
        assert {token: at for token, at, _ in state.outages()} == {A: since, B: T - 5, C: T - 7}


def test_what_was_not_recorded_and_is_not_again_is_said_once() -> None:
    state = LedgerState({0: [A]}, (Outage(0, T, NOT_RECORDED),), T + SECOND)
    assert list(state.outages()) == [(A, T, NOT_RECORDED)]
    twice = LedgerState({0: [A]}, (Outage(0, T, f"closed, then {NOT_RECORDED}"),), T + SECOND)
    assert list(twice.outages()) == [(A, T, f"closed, then {NOT_RECORDED}")]


def test_nothing_is_known_of_when_a_recording_stopped_that_never_flushed() -> None:
    assert list(LedgerState({0: [A]}, (), None).outages()) == []
