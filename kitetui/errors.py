"""What can go wrong for a user: the problem, the next step, and the exit code that it has."""

from __future__ import annotations

__all__ = ["CrashError", "LoginError", "RecordingError", "UserError"]


class UserError(Exception):
    """Something that the user can put right.

    problem: what is wrong, the beginning of a sentence. remedy: the next step, empty where the problem says
    all. The text of the error has both.
    """

    exit_code = 2

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}; {remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy


class LoginError(UserError):
    """No credentials, or none that Kite accepts."""

    exit_code = 3


class RecordingError(UserError):
    """What was received can no longer be written; what was written before is whole."""

    exit_code = 4


class CrashError(UserError):
    """A bug of the program's own; the log has its traceback."""

    exit_code = 1
