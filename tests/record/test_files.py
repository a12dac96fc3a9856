"""The files of a recording: what goes into which, and when the next ones begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from kitetui.errors import RecordingError, UserError
from kitetui.feed import Lagged
from kitetui.record import Format
from kitetui.record.capture import CaptureReader
from kitetui.record.capture.layout import GapNote, RecordKind, StateNote, parse_note
from kitetui.record.files import Message
from kitetui.record.ledgerfile import Outage, read_ledger
from kitetui.times import stopwatch
from tests.record.helpers import (
    SECOND,
    Clock,
    at,
    beats,
    comes,
    files_in,
    live,
    lost,
    names_in,
    rows_of,
    sequences,
    ticks,
    wants,
)

MORNING = at("2026-11-23T10:42:17")
NAME = "ticks-20261123-104217"
INFY, OTHER = 408065, 738561


def test_a_file_is_named_by_the_date_and_time_of_its_beginning(tmp_path: Path) -> None:
    files = files_in(tmp_path / "new" / "ticks", Clock(MORNING), is_series=True)
    files.write([ticks(MORNING)])
    files.close()
    folder = tmp_path / "new" / "ticks"
    assert names_in(folder) == ["ticks-20261123-104217.csv"]
    assert (folder / f"{NAME}.gaps.csv").exists()
    assert (folder / f"{NAME}.ledger").exists()
    assert files.name == str(folder / "ticks-20261123-104217.csv")


def test_two_recordings_of_the_same_second_have_files_of_their_own(tmp_path: Path) -> None:
    first, second = files_in(tmp_path, Clock(MORNING)), files_in(tmp_path, Clock(MORNING))
    first.write([ticks(MORNING, sequence=1)])
    second.write([ticks(MORNING, sequence=7)])
    first.close()
    second.close()
    assert sequences(tmp_path / "ticks-20261123-104217.csv") == [1]
    assert sequences(tmp_path / "ticks-20261123-104217-2.csv") == [7]


def test_several_formats_have_one_name_and_one_gap_log(tmp_path: Path) -> None:
    files = files_in(tmp_path, Clock(MORNING), formats=[Format.CSV, Format.JSONL])
    files.write([ticks(MORNING)])
    files.close()
    assert names_in(tmp_path) == ["ticks-20261123-104217.csv", "ticks-20261123-104217.jsonl"]
    assert len(list(tmp_path.glob("*.gaps.csv"))) == 1


def test_a_new_day_in_india_has_a_new_file_from_its_first_tick_on(tmp_path: Path) -> None:
    midnight = at("2026-11-24T00:00:00")
    files = files_in(tmp_path, Clock(MORNING), rotate="1d")
    files.write([ticks(MORNING, sequence=1)])
    files.write([ticks(midnight - 2, midnight - 1, midnight, midnight + SECOND, sequence=2)])
    files.write([ticks(midnight + 2 * SECOND, sequence=6)])
    files.close()
    assert names_in(tmp_path) == ["ticks-20261123-104217.csv", "ticks-20261124-000000.csv"]
    assert sequences(tmp_path / "ticks-20261123-104217.csv") == [1, 2, 3]
    assert sequences(tmp_path / "ticks-20261124-000000.csv") == [4, 5, 6]
    assert files.totals.rows == 6


def test_days_without_a_tick_have_no_file(tmp_path: Path) -> None:
    files = files_in(tmp_path, Clock(MORNING), rotate="1d")
    files.write([ticks(MORNING), ticks(at("2026-11-27T09:15:00"), sequence=2)])
    files.close()
    assert names_in(tmp_path) == ["ticks-20261123-104217.csv", "ticks-20261127-091500.csv"]


def test_a_file_that_has_reached_its_size_is_the_last_one_to_grow(tmp_path: Path) -> None:
    files = files_in(tmp_path, Clock(MORNING), rotate="1KB")
    for number in range(6):
        files.write([ticks(MORNING + number * SECOND, sequence=1 + number)])
    files.close()
    written = [number for name in names_in(tmp_path) for number in sequences(tmp_path / name)]
    assert sorted(written) == [1, 2, 3, 4, 5, 6]
    assert len(names_in(tmp_path)) == 6 // 1
    assert files.totals.bytes == sum((tmp_path / name).stat().st_size for name in names_in(tmp_path))


def test_a_clock_that_is_set_back_over_midnight_ends_no_file_and_spoils_none(tmp_path: Path) -> None:
    midnight = at("2026-11-24T00:00:00")
    files = files_in(tmp_path, Clock(MORNING), rotate="1d")
    files.write([ticks(MORNING, sequence=1), ticks(midnight + SECOND, sequence=2)])
    files.write([ticks(midnight - 3600 * SECOND, sequence=3), ticks(midnight + 2 * SECOND, sequence=4)])
    files.close()
    assert sequences(tmp_path / "ticks-20261124-000001.csv") == [2, 3, 4]
    (gap,) = rows_of(tmp_path / "ticks-20261124-000001.gaps.csv")
    assert gap["reason"] == "the clock was set back"


def test_gaps_are_beside_the_file_that_lacks_them(tmp_path: Path) -> None:
    midnight = at("2026-11-24T00:00:00")
    clock = Clock(MORNING)
    files = files_in(tmp_path, clock, rotate="1d")
    files.write([wants(MORNING, INFY), live(MORNING), ticks(MORNING)])
    files.write([lost(MORNING + SECOND, MORNING), live(MORNING + 2 * SECOND)])
    files.write([ticks(MORNING + 3 * SECOND, sequence=2)])
    clock.now = midnight
    files.write([ticks(midnight, sequence=3), Lagged(2, 20, midnight + 1, midnight + 2)])
    clock.now = midnight + SECOND
    files.write([ticks(midnight + SECOND, sequence=24)])
    files.close()
    (first,) = rows_of(tmp_path / f"{NAME}.gaps.csv")
    (second,) = rows_of(tmp_path / "ticks-20261124-000000.gaps.csv")
    assert (first["reason"], first["symbols"], first["seconds"]) == ("closed", "1", "3.000000")
    assert second["reason"].startswith("20 ticks lost")
    assert (files.totals.gaps, files.totals.lost) == (2, 20)


def test_an_outage_over_midnight_is_in_each_log_for_its_own_day(tmp_path: Path) -> None:
    late, midnight = at("2026-11-23T23:59:00"), at("2026-11-24T00:00:00")
    back = midnight + 60 * SECOND
    clock = Clock(MORNING)
    files = files_in(tmp_path, clock, rotate="1d")
    files.write([wants(late, INFY, OTHER), live(late), comes(late, INFY, OTHER)])
    files.write([lost(late + SECOND, late), ticks(midnight, connection=1)])
    files.write([live(midnight + SECOND), comes(back, INFY, OTHER)])
    clock.now = back + SECOND
    files.close()
    (first,) = rows_of(tmp_path / f"{NAME}.gaps.csv")
    (second,) = rows_of(tmp_path / "ticks-20261124-000000.gaps.csv")
    assert (first["from"], first["seconds"]) == ("2026-11-23T23:59:00.000000+05:30", "60.000000")
    assert (second["from"], second["seconds"]) == ("2026-11-24T00:00:00.000000+05:30", "60.000000")
    assert (first["reason"], second["reason"]) == ("closed", "closed")


def test_an_outage_that_is_not_over_is_logged_when_the_recording_ends(tmp_path: Path) -> None:
    clock = Clock(MORNING)
    files = files_in(tmp_path, clock)
    files.write([wants(MORNING, INFY), live(MORNING), ticks(MORNING), lost(MORNING + 1, MORNING)])
    clock.now = MORNING + 5 * SECOND
    files.close()
    (gap,) = rows_of(tmp_path / f"{NAME}.gaps.csv")
    assert (gap["seconds"], gap["reason"]) == ("5.000000", "closed")


def test_the_time_between_two_recordings_of_a_series_is_a_gap(tmp_path: Path) -> None:
    clock = Clock(MORNING)
    files = files_in(tmp_path, clock, is_series=True)
    files.write([wants(MORNING, INFY), live(MORNING), ticks(MORNING)])
    clock.now = MORNING + 5 * SECOND
    files.write([beats(clock.now)])
    files.close()
    begun = MORNING + 60 * SECOND
    files = files_in(tmp_path, Clock(begun), is_series=True)
    files.write([wants(begun, INFY), live(begun), ticks(begun + 35 * SECOND)])
    files.close()
    (gap,) = rows_of(tmp_path / "ticks-20261123-104317.gaps.csv")
    assert (gap["from"], gap["seconds"]) == ("2026-11-23T10:42:22.000000+05:30", "90.000000")
    assert gap["reason"] == "not recorded"


def known(ledger: Path) -> tuple[Mapping[int, list[int]], tuple[Outage, ...], int | None] | None:
    """What a ledger says that anything was recorded for."""
    state = read_ledger(ledger)
    return None if state is None else (state.wanted, state.missing, state.until)


def test_what_is_known_is_beside_the_files_at_once_and_up_to_each_flush(tmp_path: Path) -> None:
    clock = Clock(MORNING)
    files = files_in(tmp_path, clock)
    ledger = tmp_path / f"{NAME}.ledger"
    files.flush(MORNING, sync=False)
    assert known(ledger) is None  # nobody has said what is to be recorded
    files.write([wants(MORNING, INFY), live(MORNING), ticks(MORNING)])
    assert known(ledger) == ({0: [INFY]}, (), MORNING)
    files.flush(MORNING + 7, sync=False)
    assert known(ledger) == ({0: [INFY]}, (), MORNING + 7)
    files.write([lost(MORNING + SECOND, MORNING)])
    files.flush(MORNING + 8, sync=False)
    assert known(ledger) == ({0: [INFY]}, (Outage(0, MORNING, "closed"),), MORNING + 8)
    files.close()
    assert not ledger.exists()  # nobody goes on from here


def test_the_ledger_goes_on_with_the_next_file(tmp_path: Path) -> None:
    midnight = at("2026-11-24T00:00:00")
    files = files_in(tmp_path, Clock(MORNING), rotate="1d", is_series=True)
    files.write([wants(MORNING, INFY), live(MORNING), ticks(MORNING)])
    files.flush(MORNING + 7, sync=False)
    files.write([ticks(midnight, sequence=2)])
    (ledger,) = tmp_path.glob("*.ledger")
    assert ledger.name == "ticks-20261124-000000.ledger"
    assert known(ledger) == ({0: [INFY]}, (), midnight)
    files.close()
    assert ledger.exists()


def stalled(folder: Path, *messages: Message, first: Sequence[Message]) -> list[dict[str, str]]:
    """Write what came first, and eight seconds later what had waited that long for a disk; return the log."""
    clock = Clock(MORNING)
    files = files_in(folder, clock)
    files.write(first)
    clock.now = MORNING + 8 * SECOND
    files.write(messages)
    clock.now = MORNING + 9 * SECOND
    files.close()
    return rows_of(folder / f"{NAME}.gaps.csv")


def test_a_symbol_that_answered_in_time_was_not_missing_though_the_disk_was_late(tmp_path: Path) -> None:
    first: list[Message] = [live(MORNING), wants(MORNING, INFY)]
    assert stalled(tmp_path, comes(MORNING + SECOND, INFY), first=first) == []


def test_an_outage_whose_end_came_in_time_is_one_row_though_the_disk_was_late(tmp_path: Path) -> None:
    lost_at = MORNING - 60 * SECOND
    first: list[Message] = [
        wants(lost_at, INFY),
        live(lost_at),
        ticks(lost_at),
        lost(lost_at + 1, lost_at),
        live(MORNING),
    ]
    (gap,) = stalled(tmp_path, comes(MORNING + SECOND, INFY), first=first)
    assert (gap["seconds"], gap["reason"]) == ("61.000000", "closed")


def test_symbols_that_were_back_together_are_one_row_though_one_is_written_later(tmp_path: Path) -> None:
    lost_at = MORNING - 60 * SECOND
    first: list[Message] = [
        *(wants(lost_at, INFY, OTHER), live(lost_at), comes(lost_at, INFY, OTHER)),
        *(lost(lost_at + 1, lost_at), live(MORNING), comes(MORNING, INFY)),
    ]
    (gap,) = stalled(tmp_path, comes(MORNING + SECOND // 20, OTHER), first=first)
    assert (gap["seconds"], gap["symbols"], gap["which"]) == ("60.050000", "2", "")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UserError, match=r"cannot write to .*taken: .*; name another folder with -o"):
        files_in(tmp_path / "taken", Clock(MORNING))


def test_a_folder_that_is_removed_ends_the_recording(tmp_path: Path) -> None:
    files = files_in(tmp_path, Clock(MORNING))
    files.write([ticks(MORNING)])
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(RecordingError, match="was removed"):
        files.write([ticks(MORNING + SECOND, sequence=2)])
    files.close()


def test_the_totals_add_up(tmp_path: Path) -> None:
    clock = Clock(MORNING)
    files = files_in(tmp_path, clock)
    assert files.totals.written_at is None
    clock.now += SECOND
    files.write([ticks(MORNING, MORNING + 1)])
    path = tmp_path / "ticks-20261123-104217.csv"
    assert (files.totals.rows, files.totals.bytes) == (2, path.stat().st_size)
    assert files.totals.written_at is not None
    assert 0 <= stopwatch() - files.totals.written_at < 60
    files.close()


def test_a_capture_notes_an_outage_behind_what_told_of_it_though_it_began_and_ended_in_one_write(
    tmp_path: Path,
) -> None:
    files = files_in(tmp_path, Clock(MORNING), formats=[Format.CAPTURE])
    files.write([wants(MORNING, INFY), live(MORNING), ticks(MORNING)])
    back = MORNING + 3 * SECOND
    files.write([lost(back, MORNING), live(back), ticks(back, sequence=2), ticks(back + SECOND, sequence=3)])
    files.close()
    (path,) = tmp_path.glob("*.kcap")
    notes = [parse_note(each.data) for each in CaptureReader(path).records() if each.kind is RecordKind.NOTE]
    told = [note for note in notes if isinstance(note, StateNote | GapNote)]
    assert [type(note).__name__ for note in told[-3:]] == ["StateNote", "StateNote", "GapNote"]
    assert told[-1] == GapNote(MORNING, back, 1, "closed")
