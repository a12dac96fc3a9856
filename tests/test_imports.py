"""What is heavy is loaded only by what needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import kitetui


def modules_after(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_command_line_loads_nothing_heavy() -> None:
    assert not modules_after("import kitetui.cli.app") & {"numpy", "textual", "websockets"}


def test_the_protocol_needs_numpy_alone() -> None:
    loaded = modules_after("import kitetui.wire")
    assert "numpy" in loaded
    assert not loaded & {"asyncio", "websockets", "textual", "rich", "typer"}


def test_the_library_does_not_load_the_terminal() -> None:
    program = "import kitetui; kitetui.KiteTickerManager; kitetui.decode_frame; import kitetui.compat"
    assert not modules_after(program) & {"textual", "rich", "typer"}


@pytest.mark.parametrize("name", kitetui.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(kitetui, name).__doc__


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Ticker'"):
        kitetui.Ticker  # noqa: B018 - the access is what is tested
