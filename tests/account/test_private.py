"""A private file is its owner's alone, whole or not there, and not read when others could read it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from kitetui.account.vault import read_private, signature, write_private
from kitetui.errors import UserError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet, in a folder that is not there either."""
    return tmp_path / "accounts" / "default.json"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_read(path: Path) -> None:
    assert read_private(path) is None
    write_private(path, "first ₹")
    write_private(path, "second ₹")
    assert read_private(path) == "second ₹"
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_file_and_folder_are_their_owners_alone_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        write_private(path, "text")
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


@pytest.mark.parametrize("open_to", [0o640, 0o604, 0o620])
def test_a_file_open_to_others_is_not_read(path: Path, open_to: int) -> None:
    write_private(path, "text")
    path.chmod(open_to)
    with pytest.raises(UserError, match=rf"others can read {path}, .* run chmod 600 {path}$"):
        read_private(path)


def test_a_folder_open_to_others_is_neither_read_nor_written(path: Path) -> None:
    write_private(path, "text")
    path.parent.chmod(0o750)
    for attempt in (lambda: read_private(path), lambda: write_private(path, "other")):
        with pytest.raises(UserError, match=rf"run chmod 700 {path.parent}$"):
            attempt()
    path.parent.chmod(0o700)
    assert read_private(path) == "text"


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    write_private(path, "text")
    link = path.with_name("other.json")
    link.symlink_to(path)
    with pytest.raises(OSError, match="symbolic links"):
        read_private(link)


@pytest.mark.parametrize(("owner", "failing"), [(os, "fsync"), (Path, "replace")])
def test_a_write_that_fails_leaves_what_was_there_and_nothing_else(
    path: Path, owner: object, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    write_private(path, "text")
    monkeypatch.setattr(owner, failing, full)
    with pytest.raises(OSError, match="No space left"):
        write_private(path, "other")
    assert read_private(path) == "text"
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_signature_differs_after_each_write(path: Path) -> None:
    assert signature(path) is None
    write_private(path, "text")
    first = signature(path)
    assert first == signature(path)
    write_private(path, "text")
    assert signature(path) not in (None, first)
