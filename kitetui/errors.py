"""What can go wrong for a user, said in one sentence with the next step, and the exit code that it has."""

from __future__ import annotations


class UserError(Exception):
    """Something that the user can put right; its text is one clear sentence with the next step."""

    exit_code = 2


class LoginError(UserError):
    """No credentials, or none that Kite accepts."""

    exit_code = 3


class RecordingError(UserError):
    """What was received can no longer be written; what was written before is whole."""

    exit_code = 4


class CrashError(UserError):
    """A bug of the program's own; the log has its traceback."""

    exit_code = 1
