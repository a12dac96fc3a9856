"""Files written whole: what is there is the old content or the new, with nothing left beside it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from kitetui.writing import put_whole


def test_content_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old, and longer")
    put_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        put_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
@pytest.mark.parametrize(("permissions", "expected"), [(None, 0o600), (0o644, 0o644)])
def test_it_is_its_owners_alone_unless_told_otherwise(
    permissions: int | None, expected: int, tmp_path: Path
) -> None:
    put_whole(tmp_path / "file", b"", permissions)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == expected
