from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.record.csv import HEADER, CsvEncoder, repair
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


def test_it_says_what_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_bytes(HEADER.encode() + b"2021-07-05T10:41")
    assert repair(path) == "cut the unfinished last row, 16 bytes, off ticks.csv"
    path.write_bytes(HEADER.encode() + b"2")
    assert repair(path) == "cut the unfinished last row, 1 byte, off ticks.csv"
    assert repair(path) is None


def test_an_end_of_many_blocks_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_bytes(HEADER.encode() + bytes(200_000))
    assert repair(path) == "cut the unfinished last row, 200,000 bytes, off ticks.csv"
    assert path.read_text() == HEADER


def test_a_file_that_cannot_be_mended_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot mend .*ticks\.csv: No such file"):
        repair(tmp_path / "ticks.csv")
