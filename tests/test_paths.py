"""Folders are the platform's, or all below one of the user's choice; looking one up creates nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.paths import cache_folder, config_folder, data_folder, log_folder, sessions_file

FOLDERS = (config_folder, log_folder, cache_folder, data_folder)


def test_one_variable_puts_every_folder_below_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KITETUI_HOME", str(tmp_path / "home"))
    assert [folder() for folder in FOLDERS] == [
        tmp_path / "home" / name for name in ("config", "log", "cache", "data")
    ]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("home", [None, ""])
def test_without_it_every_folder_is_the_platforms(monkeypatch: pytest.MonkeyPatch, home: str | None) -> None:
    monkeypatch.delenv("KITETUI_HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("KITETUI_HOME", home)
    found = [folder() for folder in FOLDERS]
    assert all(folder.is_absolute() and "kitetui" in folder.parts for folder in found)
    assert len(set(found)) == len(found)


def test_a_home_may_be_relative_or_begin_with_a_tilde(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KITETUI_HOME", "here")
    assert config_folder() == tmp_path / "here" / "config"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KITETUI_HOME", "~/portable")
    assert config_folder() == tmp_path / "portable" / "config"


def test_the_users_own_holidays_are_beside_the_configuration() -> None:
    assert sessions_file() == config_folder() / "sessions.toml"
