"""A terminal that counts and looks through what a program writes."""

from __future__ import annotations

import os
import re

import pytest

from kitetui.bench import terminal as terminals
from kitetui.bench.terminal import Terminal
from kitetui.errors import UserError
from tests.bench.helpers import python

pytest.importorskip("termios", reason="there are no pseudo-terminals on this system")


@pytest.fixture(autouse=True)
def _no_patience_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let none of these programs, which know no Ctrl-C, be waited for."""
    monkeypatch.setattr(terminals, "_END", 0.0)


def test_what_is_written_is_counted_and_found() -> None:
    program = "import sys, time; print('ab' * 10, flush=True); time.sleep(60)"
    with Terminal(python(program), {}) as terminal:
        assert terminal.wait_for(re.compile(rb"(ab){10}")) > 0
        assert terminal.written >= 20


def test_a_key_is_typed_and_what_came_before_it_is_not_found_again() -> None:
    program = (
        "import os, tty; tty.setraw(0); print('ready', flush=True)\n"
        "while key := os.read(0, 1): print('got', key)"
    )
    with Terminal(python(program), {}) as terminal:
        terminal.wait_for(re.compile(b"ready"))
        terminal.press("j")
        terminal.wait_for(re.compile(rb"got b'j'"))
        terminal.press("k")
        terminal.wait_for(re.compile(rb"^(?!.*ready).*got b'k'", re.DOTALL))


def test_it_has_the_size_that_figures_are_of() -> None:
    with Terminal(python("import os; print(os.get_terminal_size(), flush=True); input()"), {}) as terminal:
        terminal.wait_for(re.compile(rb"columns=120, lines=40"))


def test_a_program_that_ends_is_not_waited_for() -> None:
    with Terminal(python("pass"), {}) as terminal, pytest.raises(UserError, match="did not draw"):
        terminal.wait_for(re.compile(b"never"))


def test_waiting_for_another_source_reads_the_terminal_meanwhile() -> None:
    there, here = os.pipe()
    program = f"import os; print('x' * 500_000, flush=True); os.write({here}, b'!'); input()"
    with Terminal(python(program), {}, (here,)) as terminal:
        terminal.read_until(there)
        assert terminal.written > 400_000
    os.close(there)
    os.close(here)
