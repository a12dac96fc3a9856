"""What a finding says."""

from __future__ import annotations

from kitetui.doctor import Finding, State
from kitetui.doctor.checks import failure_of, milliseconds, ok, warning
from kitetui.errors import UserError


def test_a_finding_is_one_sentence_with_its_next_step() -> None:
    assert ok("it is there").sentence == "it is there"
    assert warning("it is small", "make it larger").sentence == "it is small; make it larger"


def test_an_error_is_a_failure_whose_remedy_is_the_next_step() -> None:
    error = UserError("cannot read /tmp/a; b: no", "make it readable")
    assert failure_of(error) == Finding(State.FAILED, "cannot read /tmp/a; b: no", "make it readable")
    assert failure_of(UserError("no more")) == Finding(State.FAILED, "no more")


def test_short_times_are_in_milliseconds() -> None:
    assert milliseconds(0.0124) == "12 ms"
