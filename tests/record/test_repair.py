from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.record.csv import CsvEncoder, repair
from kitetui.record.csv.schema import HEADER
from tests.record.csv.helpers import infy, name_of


def test_a_file_cut_off_anywhere_is_cut_back_to_its_last_row(tmp_path: Path) -> None:
    row = CsvEncoder(name_of).rows(infy(1))
    content = HEADER.encode() + row * 2
    path = tmp_path / "ticks.csv"
    for end in range(len(content) + 1):
        path.write_bytes(content[:end])
        said = repair(path)
        left = path.read_bytes()
        assert left == content[: content.rfind(b"\n", 0, end) + 1]
        assert (said is None) == (len(left) == end)
        beside = sorted(tmp_path.glob("ticks.csv.torn*"))
        assert b"".join(each.read_bytes() for each in beside) == content[len(left) : end]
        for each in beside:
            each.unlink()


def test_it_says_what_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_bytes(HEADER.encode() + b"2021-07-05T10:41")
    assert repair(path) == "moved the unfinished last row of ticks.csv, 16 bytes, to ticks.csv.torn"
    path.write_bytes(HEADER.encode() + b"2")
    assert repair(path) == "moved the unfinished last row of ticks.csv, 1 byte, to ticks.csv.torn-2"
    assert repair(path) is None


def test_an_end_of_many_blocks_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_bytes(HEADER.encode() + bytes(200_000))
    assert repair(path) == "moved the unfinished last row of ticks.csv, 200,000 bytes, to ticks.csv.torn"
    assert path.read_text() == HEADER


def test_a_file_that_cannot_be_mended_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot repair .*ticks\.csv: No such file"):
        repair(tmp_path / "ticks.csv")


@pytest.mark.parametrize(
    "content", [b"hello", b"hello,world\n1,2\n3", b"received_at;last_price", b"\x00" * 9]
)
def test_what_is_no_recording_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ticks-mine.csv"
    path.write_bytes(content)
    assert repair(path) is None
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]
