"""Programs are started, read and ended; one that fails is one sentence."""

from __future__ import annotations

import sys

import pytest

from kitetui.bench.process import command_of, line_of, megabytes, output_of, running
from kitetui.errors import UserError
from tests.bench.helpers import python


def test_a_module_is_run_with_this_python() -> None:
    assert command_of("kitetui.bench.server", "--rate", 20) == [
        sys.executable,
        "-m",
        "kitetui.bench.server",
        "--rate",
        "20",
    ]


def test_lines_are_read_one_by_one_and_the_program_ends_with_the_block() -> None:
    with running(python("print('a\\nb', flush=True); input()")) as process:
        assert line_of(process) == "a"
        assert line_of(process) == "b"
    assert process.returncode is not None


def test_a_program_that_ends_instead_of_saying_something_is_one_sentence() -> None:
    with running(python("pass")) as process, pytest.raises(UserError, match="ended before it was done"):
        line_of(process)


def test_a_program_that_fails_is_one_sentence_with_its_last_word() -> None:
    with pytest.raises(UserError, match="failed: ValueError: no luck; run the benchmark again"):
        output_of(python("raise ValueError('no luck')"), 10)


def test_a_process_has_memory_where_the_system_says_so() -> None:
    size = megabytes()
    if sys.platform == "linux":
        assert size is not None
        assert size > 1
    assert megabytes(2**30) is None
