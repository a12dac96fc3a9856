"""A terminal that takes nothing is noticed before anything blocks, and said when it takes again."""

from __future__ import annotations

import os

import pytest

from kitetui.tui.back_pressure import STALLED_AFTER, WORTH_A_WORD, BackPressure


class Reading:
    """A pipe in the place of a terminal, its clock, and what was said."""

    def __init__(self):
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.writer, False)
        self.now = 0.0
        self.said = []
        self.back_pressure = BackPressure(self.writer, self.said.append, lambda: self.now)

    def fill(self):
        try:
            while True:
                os.write(self.writer, b"." * 4096)
        except BlockingIOError:
            pass

    def after(self, seconds):
        self.now += seconds
        return self.back_pressure.is_stalled()


@pytest.fixture
def terminal():
    made = Reading()
    yield made
    os.close(made.reader)
    os.close(made.writer)


def test_a_terminal_that_reads_is_never_stalled(terminal):
    assert not any(terminal.after(1) for _ in range(5))
    assert terminal.said == []


def test_a_full_buffer_is_a_stall_only_when_it_lasts(terminal):
    terminal.fill()
    assert not terminal.after(0)
    assert not terminal.after(STALLED_AFTER - 0.1)
    assert terminal.after(0.1)
    assert terminal.after(60)


def test_it_goes_on_when_the_terminal_reads_again_and_says_for_how_long_it_did_not(terminal):
    terminal.fill()
    terminal.after(0)
    assert terminal.after(12)
    os.read(terminal.reader, 1 << 20)
    assert not terminal.after(1)
    assert terminal.said == [13]
    assert not terminal.after(1)
    assert terminal.said == [13]


def test_a_terminal_that_has_gone_is_stalled_at_once(terminal):
    assert not terminal.after(1)
    os.close(terminal.reader)
    assert terminal.after(0)
    assert terminal.after(60)
    assert terminal.said == []
    terminal.reader = os.open(os.devnull, os.O_RDONLY)


def test_a_buffer_that_is_full_for_a_moment_is_not_worth_a_word(terminal):
    terminal.fill()
    terminal.after(0)
    assert terminal.after(WORTH_A_WORD - 0.2)
    os.read(terminal.reader, 1 << 20)
    assert not terminal.after(0.1)
    terminal.fill()
    assert not terminal.after(0)
    assert terminal.said == []


def test_without_a_terminal_there_is_nothing_to_stall():
    assert not BackPressure(None, pytest.fail).is_stalled()
