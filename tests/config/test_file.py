"""The file on disk: written whole or not at all, and never over what somebody else wrote."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from kitetui.config import Config, ConfigError, ConfigFile, Entry, FeedSettings, Group, feed_config, template
from kitetui.errors import UserError
from tests.config.helpers import VOCABULARY


@pytest.fixture
def file(tmp_path: Path) -> ConfigFile:
    """Return a file that is not there yet, in a folder that is not there either."""
    return ConfigFile(tmp_path / "kitetui" / "config.toml", VOCABULARY)


@pytest.fixture
def mine(file: ConfigFile) -> ConfigFile:
    """Return a file with something in it."""
    file.path.parent.mkdir()
    file.path.write_text("# mine\nbell = true\n")
    file.read()
    return file


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_that_is_not_there_holds_the_defaults(file: ConfigFile) -> None:
    assert file.read() == Config()
    assert not file.changed()
    assert not file.path.parent.exists()


def test_the_first_change_writes_the_commented_file_for_its_owner_alone(file: ConfigFile) -> None:
    assert file.update(theme="kitetui-light") == Config(theme="kitetui-light") == file.read()
    assert set(template(VOCABULARY).splitlines()) < set(file.path.read_text().splitlines())
    assert mode_of(file.path) == 0o600
    assert mode_of(file.path.parent) == 0o700


def test_a_change_is_made_to_what_is_on_the_disk_now(mine: ConfigFile) -> None:
    mine.path.write_text("flash = false # by hand\n")
    assert mine.update(bell=True) == Config(flash=False, bell=True)
    assert mine.path.read_text() == "flash = false # by hand\nbell = true\n"


def test_what_changes_nothing_writes_nothing(mine: ConfigFile, file: ConfigFile) -> None:
    before = mine.path.stat()
    assert mine.update(bell=True) == Config(bell=True)
    assert mine.path.stat() == before
    mine.path.unlink()
    assert file.update(bell=False) == Config()
    assert not file.path.exists()


def test_permissions_stay(mine: ConfigFile) -> None:
    mine.path.chmod(0o640)
    mine.update(bell=False)
    assert mode_of(mine.path) == 0o640


def test_a_link_stays_a_link(mine: ConfigFile, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.toml"
    mine.path.rename(kept)
    mine.path.symlink_to(kept)
    mine.update(bell=False)
    assert mine.path.is_symlink()
    assert kept.read_text() == "# mine\nbell = false\n"
    assert os.listdir(mine.path.parent) == ["config.toml"]


def test_line_breaks_of_windows_stay(mine: ConfigFile) -> None:
    mine.path.write_bytes("\ufeff# mine\r\nbell = true\r\n".encode())
    mine.update(bell=False, groups=(Group("A", (Entry("B"),)),))
    text = mine.path.read_bytes()
    assert text.startswith(b"# mine\r\nbell = false\r\n")
    assert text.count(b"\n") == text.count(b"\r\n")


def test_a_broken_file_is_never_written_over(mine: ConfigFile) -> None:
    mine.path.write_text("bell = \n")
    with pytest.raises(ConfigError, match=r"^config.toml:1: "):
        mine.update(flash=False)
    assert mine.path.read_text() == "bell = \n"
    assert mine.changed()


def test_wrong_values_are_never_written(mine: ConfigFile) -> None:
    for wrong in ({"columns": ("NONE",)}, {"theme": ""}, {"groups": tuple(map(Group, "ABCDEFGHIJ"))}):
        with pytest.raises(ConfigError):
            mine.update(**wrong)
    assert mine.path.read_text() == "# mine\nbell = true\n"


def test_a_change_by_somebody_else_is_seen_once(mine: ConfigFile) -> None:
    assert not mine.changed()
    mine.path.write_text("bell = false\n# and more\n")
    assert mine.changed()
    mine.read()
    assert not mine.changed()
    mine.path.unlink()
    assert mine.changed()


def test_a_broken_file_is_seen_once(mine: ConfigFile) -> None:
    mine.path.write_text("broken")
    with pytest.raises(ConfigError):
        mine.read()
    assert not mine.changed()


def test_a_change_of_our_own_is_not_seen_as_somebody_elses(mine: ConfigFile) -> None:
    mine.update(bell=False)
    assert not mine.changed()


def test_a_change_by_somebody_else_is_still_seen_after_one_of_our_own(mine: ConfigFile) -> None:
    mine.path.write_text("flash = false\n")
    mine.update(bell=True)
    assert mine.changed()
    assert mine.read() == Config(flash=False, bell=True)
    assert not mine.changed()


def test_a_file_that_is_no_utf8_has_the_line(mine: ConfigFile) -> None:
    mine.path.write_bytes(b"bell = true\ntheme = '\xff'\n")
    with pytest.raises(ConfigError, match=r"^config.toml:2: this is not UTF-8"):
        mine.read()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_one_sentence(make, file: ConfigFile) -> None:
    file.path.parent.mkdir()
    make(file.path)
    for use in (file.read, lambda: file.update(bell=True)):
        with pytest.raises(ConfigError, match="is not a file; move it away"):
            use()


def test_a_file_below_another_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "kitetui").write_text("")
    file = ConfigFile(tmp_path / "kitetui" / "config.toml", VOCABULARY)
    with pytest.raises(UserError, match="is below a file; set HOME or KITETUI_HOME to a folder"):
        file.update(bell=True)
    with pytest.raises(UserError, match=r"Not a directory|File exists"):
        file.init()


def test_a_file_that_cannot_be_read_is_one_sentence(file: ConfigFile) -> None:
    file.path.parent.mkdir()
    file.path.symlink_to(file.path)
    with pytest.raises(ConfigError, match="Too many levels of symbolic links; make it readable"):
        file.read()


def test_a_write_that_fails_leaves_the_file_as_it_was(
    mine: ConfigFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device; nothing was changed"):
        mine.update(bell=False)
    assert mine.path.read_text() == "# mine\nbell = true\n"
    assert os.listdir(mine.path.parent) == ["config.toml"]


def test_a_file_to_begin_with_is_written_once(file: ConfigFile) -> None:
    file.init()
    assert file.path.read_text() == template(VOCABULARY)
    assert not file.changed()
    with pytest.raises(UserError, match="is there already"):
        file.init()


def test_a_link_to_nothing_is_there_too(file: ConfigFile) -> None:
    file.path.parent.mkdir()
    file.path.symlink_to("nowhere")
    with pytest.raises(UserError, match="is there already"):
        file.init()


def test_a_run_without_a_screen_has_the_defaults_where_there_is_no_file(tmp_path: Path) -> None:
    assert feed_config(tmp_path / "config.toml") == Config()
    (tmp_path / "config.toml").write_text("theme = 3\n[feed]\nconnections = 2\n")
    assert feed_config(tmp_path / "config.toml") == Config(feed=FeedSettings(connections=2))


def test_a_home_that_is_a_file_is_said_with_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    file = ConfigFile(tmp_path / "home" / "kitetui" / "config.toml", VOCABULARY)
    with pytest.raises(ConfigError, match=r"is below a file; set HOME or KITETUI_HOME to a folder"):
        file.read()
