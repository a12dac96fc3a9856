"""Bash, zsh and fish complete commands, options and their values."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.landing

ON_TAB = [
    ("kitetui --mo", "--mode"),
    ("kitetui --mode ", "ltp"),
    ("kitetui --mode q", "quote"),
    ("kitetui --feed ", "sim"),
    ("kitetui rep", "replay"),
    ("kitetui config ", "init"),
    ("kitetui instruments se", "search"),
    ("kitetui serve --ex", "--expose"),
]

BASH = """
eval "$(kitetui --show-completion)"
COMP_WORDS=($LINE); [[ $LINE == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_kitetui_completion kitetui
printf '%s\\n' "${COMPREPLY[@]}"
"""

FISH = """
kitetui --show-completion | source
complete -C "$LINE" | string replace --regex '\\t.*' ''
"""

on_tab = pytest.mark.parametrize(("line", "expected"), ON_TAB, ids=[line for line, _ in ON_TAB])


@pytest.fixture(autouse=True)
def _command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put `kitetui` on the path, as an installation has it."""
    command = tmp_path / "kitetui"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kitetui "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent.parent))
    monkeypatch.setenv("HOME", str(tmp_path))


def said_by(shell: str, program: str, **environment: str) -> list[str]:
    """Return the lines that a shell prints. Skips where the shell is not installed."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run(
        [shell, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@on_tab
def test_bash_completes(line: str, expected: str) -> None:
    assert expected in said_by("bash", BASH, LINE=line)


@on_tab
def test_fish_completes(line: str, expected: str) -> None:
    assert expected in said_by("fish", FISH, LINE=line)


def test_zsh_takes_the_script() -> None:
    said_by("zsh", 'autoload -U compinit; compinit -u; eval "$(kitetui --show-completion)"')


@on_tab
def test_zsh_is_answered(line: str, expected: str) -> None:
    """What its script asks when Tab is pressed, which needs no zsh."""
    asked = {"_TYPER_COMPLETE_ARGS": line, "_KITETUI_COMPLETE": "complete_zsh"}
    assert f'"{expected}"' in "\n".join(said_by("sh", "kitetui", **asked))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_it_is_installed_for_the_shell_that_runs(shell: str, tmp_path: Path) -> None:
    said = said_by(shell, "kitetui --install-completion; true")
    assert said[0].startswith(f"{shell} completion installed in {tmp_path}")


def test_what_is_completed_does_not_run(tmp_path: Path) -> None:
    asked = {
        "COMP_WORDS": "kitetui --headless --csv -o ",
        "COMP_CWORD": "4",
        "_KITETUI_COMPLETE": "complete_bash",
    }
    said_by("sh", "cd && kitetui", **asked)
    assert [each.name for each in tmp_path.iterdir()] == ["kitetui"]
