"""How a replay runs, in a word."""

from __future__ import annotations

import pytest

from kitetui.replay import Playback
from kitetui.tui.recording import Transport, pace_text, state_text
from tests.tui.tape import Tape


@pytest.mark.parametrize(
    ("speed", "text"), [(1.0, "×1"), (0.5, "×0.5"), (10.0, "×10"), (float("inf"), "max")]
)
def test_a_replay_that_runs_says_its_pace(speed, text):
    assert state_text(Tape(speed=speed)) == pace_text(Tape(speed=speed)) == text


def test_a_pause_and_the_end_take_the_place_of_the_pace():
    tape = Tape(speed=10.0)
    tape.is_paused = True
    assert (state_text(tape), pace_text(tape)) == ("PAUSED", "×10")
    tape.is_ended = True
    assert state_text(tape) == "ENDED"


def test_the_playback_of_a_recording_is_a_transport():
    playback: Transport = Playback(speed=10.0, name="a.capture")
    playback.toggle()
    assert (playback.name, state_text(playback), pace_text(playback)) == ("a.capture", "PAUSED", "×10")
