"""The operating system's keyring, where there is one that works.

`keyring` always finds something, if only a backend that forgets or one that fails; only a backend that it
would itself recommend counts here. Each look may ask a service of the desktop, and even the user, and may
never have an answer: so it is a thread's that is left to itself after a while.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_SERVICE: Final = "kitetui"
_RECOMMENDED: Final = 1

PATIENCE: Final = 5.0
"""Seconds that the keyring has to answer."""

T = TypeVar("T")


class Keyring:
    """The keyring's entries of this program, by the account's name; one that does not answer has none."""

    def __init__(self) -> None:
        self._waiting: Thread | None = None
        self._lock = Lock()

    @property
    def is_silent(self) -> bool:
        """Whether the last look still waits for its answer; another one is not even begun until then."""
        return self._waiting is not None and self._waiting.is_alive()

    @property
    def name(self) -> str | None:
        """What the keyring is called, None where there is none that works."""
        return self._asked(lambda backend: backend.name, None)

    def get(self, account: str) -> str | None:
        """Return an entry, None where there is none or the keyring does not answer."""
        return self._asked(lambda backend: backend.get_password(_SERVICE, account), None)

    def put(self, account: str, text: str) -> bool:
        """Keep an entry, and return whether the keyring has it: some take what they cannot give back."""

        def put(backend: KeyringBackend) -> bool:
            with suppress(Exception):
                backend.set_password(_SERVICE, account, text)
            return backend.get_password(_SERVICE, account) == text

        return self._asked(put, False)

    def forget(self, account: str) -> None:
        """Remove an entry, if there is one."""
        self._asked(lambda backend: backend.delete_password(_SERVICE, account), None)

    def _asked(self, question: Callable[[KeyringBackend], T], otherwise: T) -> T:
        """Return the answer of the backend, or what holds where there is none, or none in time."""
        answers: list[T] = []

        def ask() -> None:
            if (backend := _backend()) is not None:
                with suppress(Exception):
                    answers.append(question(backend))

        with self._lock:
            if not self.is_silent:
                # A daemon, so that the end of the program does not wait for it either.
                self._waiting = Thread(target=ask, name="kitetui keyring", daemon=True)
                self._waiting.start()
                self._waiting.join(PATIENCE)
            # What comes in the very moment of giving up counts for nothing.
            return otherwise if self.is_silent or not answers else answers[0]


def _backend() -> KeyringBackend | None:
    # Backends raise whatever their platform does, and those that a user configured need not even load.
    try:
        import keyring

        backend = keyring.get_keyring()
        return backend if backend.priority >= _RECOMMENDED else None
    except Exception:
        return None
