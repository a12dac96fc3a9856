"""What a user is told of an error, and what programs are."""

from __future__ import annotations

from kitetui.errors import LoginError, UserError


def test_an_error_has_its_problem_and_its_remedy_and_says_both() -> None:
    error = LoginError("cannot read a; b", "make it readable")
    assert (error.problem, error.remedy) == ("cannot read a; b", "make it readable")
    assert str(error) == "cannot read a; b; make it readable"


def test_a_problem_that_says_all_needs_no_remedy() -> None:
    assert (str(UserError("it is over")), UserError("it is over").remedy) == ("it is over", "")
