"""The small file beside a recording that says what it lacks."""

from __future__ import annotations

import csv
from pathlib import Path

from kitetui.record.gaplog import GapLog, Lack, gap_log_of

T = 1_625_461_887_000_000_000


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_log_stands_beside_the_recording() -> None:
    assert gap_log_of(Path("day/ticks.csv")) == Path("day/ticks.gaps.csv")
    assert gap_log_of(Path("day/ticks.gaps.csv")) == Path("day/ticks.gaps.csv")


def test_a_log_without_rows_says_that_nothing_is_lacking(tmp_path: Path) -> None:
    GapLog.beside(tmp_path / "ticks.csv").close()
    assert (tmp_path / "ticks.gaps.csv").read_text() == "from,to,seconds,connection,symbols,reason\n"


def test_every_lack_is_a_row_at_once(tmp_path: Path) -> None:
    log = GapLog.beside(tmp_path / "ticks.csv")
    log.add(Lack(T, T + 1_500_000_000, "closed, 1006", 0, 3000))
    assert rows_of(tmp_path / "ticks.gaps.csv") == [
        {
            "from": "2021-07-05T10:41:27.000000+05:30",
            "to": "2021-07-05T10:41:28.500000+05:30",
            "seconds": "1.500000",
            "connection": "1",
            "symbols": "3000",
            "reason": "closed, 1006",
        }
    ]
    log.close()


def test_what_is_not_known_of_a_lack_is_empty(tmp_path: Path) -> None:
    log = GapLog.beside(tmp_path / "ticks.csv")
    log.add(Lack(T, T, "not recorded"))
    (row,) = rows_of(tmp_path / "ticks.gaps.csv")
    assert (row["connection"], row["symbols"], row["seconds"]) == ("", "", "0.000000")
    log.close()


def test_a_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    for reason in ("first", "second"):
        log = GapLog.beside(tmp_path / "ticks.csv")
        log.add(Lack(T, T, reason))
        log.close()
    assert [row["reason"] for row in rows_of(tmp_path / "ticks.gaps.csv")] == ["first", "second"]


def test_a_reason_from_the_network_cannot_reach_a_terminal_as_more_than_text(tmp_path: Path) -> None:
    log = GapLog.beside(tmp_path / "ticks.csv")
    log.add(Lack(T, T, "\x1b[31mred\nnext"))
    (row,) = rows_of(tmp_path / "ticks.gaps.csv")
    assert "\x1b" not in row["reason"]
    assert "\n" not in row["reason"]
    log.close()
