"""Folders: there, not there yet, and not to be had."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from kitetui.doctor import State
from kitetui.doctor.machine import ROOM, folder, room, roomy


def test_a_folder_that_is_there_is_written_to_and_left_as_it_was(tmp_path: Path) -> None:
    assert folder(tmp_path).state is State.OK
    assert folder(tmp_path).found == f"{tmp_path} can be written to"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down"
    assert folder(path).state is State.OK
    assert folder(path).found == f"{path} is not there yet, and can be made"
    assert list(tmp_path.iterdir()) == []


def test_where_a_file_is_no_folder_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        finding = folder(path)
        assert finding.state is State.FAILED
        assert finding.next == f"make {path} a folder of yours, or set KITETUI_HOME to another place"


def test_a_full_disk_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> object:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("kitetui.doctor.machine.tempfile.TemporaryFile", full)
    assert folder(tmp_path).found == f"{tmp_path} cannot be written to (No space left on device)"


def test_a_folder_of_others_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # to root nothing is closed
    path = tmp_path / "below"
    assert folder(path).state is State.FAILED
    assert folder(path).found == f"{path} cannot be made in {tmp_path}"


def test_little_room_is_a_warning() -> None:
    assert roomy(Path("/there"), ROOM).state is State.OK
    assert roomy(Path("/there"), ROOM - 1).state is State.WARNING
    assert roomy(Path("/there"), 400_000_000).sentence == (
        "0.4 GB free in /there; make room, or record elsewhere with -o"
    )


def test_the_room_is_that_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert room().found.endswith(f" GB free in {tmp_path}")


def test_a_current_folder_that_is_gone_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    shutil.rmtree(gone)
    assert room().found == "the current folder cannot be looked at (No such file or directory)"
