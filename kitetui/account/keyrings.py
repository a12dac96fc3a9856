"""The operating system's keyring, where there is one that works.

`keyring` always finds something, if only a backend that forgets or one that fails; only a backend that it
would itself recommend counts here. Each look may ask a service of the desktop, and even the user.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_SERVICE: Final = "kitetui"
_RECOMMENDED: Final = 1


class Keyring:
    """The keyring's entries of this program, by the account's name."""

    @property
    def name(self) -> str | None:
        """What the keyring is called, None where there is none that works."""
        backend = _backend()
        return None if backend is None else backend.name

    def get(self, account: str) -> str | None:
        """Return an entry, None where there is none or the keyring does not answer."""
        backend = _backend()
        if backend is not None:
            with suppress(Exception):
                return backend.get_password(_SERVICE, account)
        return None

    def put(self, account: str, text: str) -> bool:
        """Keep an entry, and return whether the keyring has it: some take what they cannot give back."""
        backend = _backend()
        if backend is None:
            return False
        with suppress(Exception):
            backend.set_password(_SERVICE, account, text)
        return self.get(account) == text

    def forget(self, account: str) -> None:
        """Remove an entry, if there is one."""
        backend = _backend()
        if backend is not None:
            with suppress(Exception):
                backend.delete_password(_SERVICE, account)


def _backend() -> KeyringBackend | None:
    # Backends raise whatever their platform does, and those that a user configured need not even load.
    try:
        import keyring

        backend = keyring.get_keyring()
        return backend if backend.priority >= _RECOMMENDED else None
    except Exception:
        return None
