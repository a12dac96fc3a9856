"""`kitetui config` prints where the configuration is, and nothing else; `init` writes one."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.cli.config import config_app
from kitetui.config import Config, ConfigFile
from kitetui.errors import UserError
from kitetui.tui.settings import VOCABULARY


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return where the configuration is to be."""
    monkeypatch.setenv("KITETUI_HOME", str(tmp_path))
    return tmp_path / "config" / "config.toml"


def run(*arguments: str) -> None:
    config_app(args=list(arguments), prog_name="kitetui config", standalone_mode=False)


def test_the_path_is_printed_and_nothing_is_made(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run()
    assert capfd.readouterr().out == f"{path}\n"
    assert not path.parent.exists()


def test_a_commented_file_is_written_and_can_be_read(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run("init")
    assert capfd.readouterr().out == f"{path}\n"
    assert ConfigFile(path, VOCABULARY).read() == Config()
    assert all(name in path.read_text() for name in (*VOCABULARY.columns, *VOCABULARY.commands))


def test_a_file_that_is_there_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("bell = true\n")
    with pytest.raises(UserError, match="is there already"):
        run("init")
    assert path.read_text() == "bell = true\n"
