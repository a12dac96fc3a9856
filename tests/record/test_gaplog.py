"""The small file beside a recording that says what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.record.gaplog import GapEntry, GapLog, gap_log_of, repair_log
from tests.record.helpers import rows_of

T = 1_625_461_887_000_000_000


def test_the_log_stands_beside_the_recording() -> None:
    assert gap_log_of(Path("day/ticks.csv")) == Path("day/ticks.gaps.csv")
    assert gap_log_of(Path("day/ticks.gaps.csv")) == Path("day/ticks.gaps.csv")


def test_a_log_without_rows_says_that_nothing_is_lacking(tmp_path: Path) -> None:
    GapLog.beside(tmp_path / "ticks.csv").close()
    assert (tmp_path / "ticks.gaps.csv").read_text() == "from,to,seconds,connection,symbols,reason,which\n"


def test_every_lack_is_a_row_at_once(tmp_path: Path) -> None:
    log = GapLog.beside(tmp_path / "ticks.csv")
    log.add(GapEntry(T, T + 1_500_000_000, "closed, 1006", 0, 3000))
    assert rows_of(tmp_path / "ticks.gaps.csv") == [
        {
            "from": "2021-07-05T10:41:27.000000+05:30",
            "to": "2021-07-05T10:41:28.500000+05:30",
            "seconds": "1.500000",
            "connection": "1",
            "symbols": "3000",
            "reason": "closed, 1006",
            "which": "",
        }
    ]
    log.close()


def test_what_is_not_known_of_a_lack_is_empty(tmp_path: Path) -> None:
    log = GapLog.beside(tmp_path / "ticks.csv")
    log.add(GapEntry(T, T, "not recorded"))
    (row,) = rows_of(tmp_path / "ticks.gaps.csv")
    assert (row["connection"], row["symbols"], row["seconds"]) == ("", "", "0.000000")
    log.close()


def test_a_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    for reason in ("first", "second"):
        log = GapLog.beside(tmp_path / "ticks.csv")
        log.add(GapEntry(T, T, reason))
        log.close()
    assert [row["reason"] for row in rows_of(tmp_path / "ticks.gaps.csv")] == ["first", "second"]


def test_a_reason_from_the_network_cannot_reach_a_terminal_as_more_than_text(tmp_path: Path) -> None:
    log = GapLog.beside(tmp_path / "ticks.csv")
    log.add(GapEntry(T, T, "\x1b[31mred\nnext"))
    (row,) = rows_of(tmp_path / "ticks.gaps.csv")
    assert "\x1b" not in row["reason"]
    assert "\n" not in row["reason"]
    log.close()


def test_which_symbols_a_row_is_of_are_named_and_where_nobody_knows_a_name_numbered(tmp_path: Path) -> None:
    names = {408065: ("NSE", "INFY"), 256265: ("NSE", "NIFTY 50"), 7: ("NSE", "a\x1b[2Jb")}
    log = GapLog.beside(tmp_path / "ticks.csv", names.get)
    log.add(GapEntry(T, T, "no answer", 0, 3, (256265, 408065, 738561)))
    log.add(GapEntry(T, T, "no answer", 0, 1, (7,)))
    named, hostile = rows_of(tmp_path / "ticks.gaps.csv")
    assert (named["symbols"], named["which"]) == ("3", "NSE:NIFTY 50;NSE:INFY;738561")
    assert "\x1b" not in hostile["which"]
    log.close()


HEAD_BEFORE = "from,to,seconds,connection,symbols,reason\n"
ROW_BEFORE = '2021-07-05T10:41:27.000000+05:30,2021-07-05T10:41:28.000000+05:30,1.000000,1,3,"closed, 1006"\n'


def test_a_log_of_0_1_0_is_continued_with_a_column_more(tmp_path: Path) -> None:
    (tmp_path / "ticks.gaps.csv").write_text(HEAD_BEFORE + ROW_BEFORE)
    log = GapLog.beside(tmp_path / "ticks.csv")
    log.add(GapEntry(T, T, "second", 0, 1, (5,)))
    log.close()
    text = (tmp_path / "ticks.gaps.csv").read_text()
    assert text.startswith(f"{HEAD_BEFORE[:-1]},which\n{ROW_BEFORE[:-1]},\n")
    assert [(row["reason"], row["which"]) for row in rows_of(tmp_path / "ticks.gaps.csv")] == [
        ("closed, 1006", ""),
        ("second", "5"),
    ]


@pytest.mark.parametrize("head", [HEAD_BEFORE, f"{HEAD_BEFORE[:-1]},which\n"])
def test_a_torn_log_of_this_or_the_last_version_is_mended(tmp_path: Path, head: str) -> None:
    path = tmp_path / "ticks.gaps.csv"
    path.write_text(head + ROW_BEFORE + "2021-07-05T10:4")
    assert repair_log(path) is not None
    assert path.read_text() == head + ROW_BEFORE
    assert repair_log(path) is None
