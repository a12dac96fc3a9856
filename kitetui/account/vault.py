"""The secrets of the accounts: in the system's keyring, or in files that their owner alone can read.

Each account has a file of its own in any case. With a keyring the file says only that, so that one look at
it tells whether there was another login, and a keyring that is locked is not taken for an account unknown.

`keyring` always finds something, if only a backend that forgets or one that fails; only a backend that it
would itself recommend counts here. Each look may ask a service of the desktop, and even the user, and may
never have an answer: so it is a thread's that is left to itself after a while.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final, TypeVar

from kitetui.account.profiles import SIMULATOR
from kitetui.account.secrets import (
    NewerVersion,
    Secrets,
    Unreadable,
    from_table,
    from_text,
    to_table,
    to_text,
)
from kitetui.errors import LoginError, UserError
from kitetui.paths import data_folder
from kitetui.writing import put_whole

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend


Signature = tuple[int, int, int, int]
"""What differs between two files of one name: device, inode, time of the last change, size."""

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_IS_POSIX: Final = os.name == "posix"


def read_private(path: Path) -> str | None:
    """Return the text of a file, None where there is none.

    Raises UserError when others can read it or its folder, UnicodeDecodeError, OSError.
    """
    try:
        file = open(path, "rb", opener=_no_links)  # noqa: SIM115 - closed below
    except FileNotFoundError:
        return None
    with file:
        _refuse_others(path.parent, path.parent.stat().st_mode, "700")
        # Of the open file, so that it cannot be another one by the time it is read.
        _refuse_others(path, os.fstat(file.fileno()).st_mode, "600")
        return file.read().decode()


def write_private(path: Path, text: str) -> None:
    """Put a text in the place of a file's, all of it or nothing. Raises UserError, OSError."""
    path.parent.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    _refuse_others(path.parent, path.parent.stat().st_mode, "700")
    put_whole(path, text.encode())


def signature(path: Path) -> Signature | None:
    """Return what changes whenever the file does, None where there is none; costs one look at the disk."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _no_links(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _refuse_others(path: Path, mode: int, wanted: str) -> None:
    if _IS_POSIX and mode & _OTHERS:
        raise UserError(f"others can read {path}, which holds secrets", f"run chmod {wanted} {path}")


_SERVICE: Final = "kitetui"
_RECOMMENDED: Final = 1

KEYRING_PATIENCE: Final = 5.0
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
                self._waiting.join(KEYRING_PATIENCE)
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


DEFAULT: Final = "default"
"""The account that is meant where none is named."""

API_KEY: Final = "KITE_API_KEY"
ACCESS_TOKEN: Final = "KITE_ACCESS_TOKEN"  # noqa: S105 - the variable's name

NOT_SET: Final = "not set"

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")

_IN_KEYRING: Final = {"keyring": True}
"""The table of a file whose secrets are in the keyring."""


class SilentKeyringError(LoginError):
    """The system's keyring does not answer, and a login is there and nowhere else."""


def is_account_name(text: str) -> bool:
    """Whether an account can have this name."""
    return _NAME.fullmatch(text) is not None


def login_command(account: str) -> str:
    """Return the command that logs an account in."""
    return "kitetui login" if account == DEFAULT else f"kitetui login --account {account}"


@dataclass(frozen=True, slots=True)
class Origins:
    """Where each value of an account comes from, in words that can be shown."""

    api_key: str = NOT_SET
    api_secret: str = NOT_SET
    access_token: str = NOT_SET


class Vault:
    """The secrets of all accounts, by the account's name; each method works on the disk at once.

    A look at the keyring may ask the user, and is given up where it takes longer than
    `KEYRING_PATIENCE`.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        keyring: Keyring | None = None,
        environment: Mapping[str, str] = os.environ,
        hide: Callable[[str], None] = lambda secret: None,
    ) -> None:
        """Keep accounts in a folder: `accounts` among the program's own data, unless told.

        hide: is given each secret that is read, which is to be in no log.
        """
        self._hide = hide
        self._folder = folder or data_folder() / "accounts"
        self._keyring = keyring or Keyring()
        self._environment = environment

    def read(self, account: str = DEFAULT) -> Secrets | None:
        """Return what holds for an account, None where there is nothing.

        The pair of the environment, where it is set, is that of the default account, and wins. Raises
        UserError as `stored` does, and for a pair of which only one half is set.
        """
        return (self.of_environment() if account == DEFAULT else None) or self.stored(account)

    def meant(self, named: str | None, configured: str = DEFAULT) -> str:
        """Return the account to use: the one that is named, that of the environment's pair, the configured.

        Raises LoginError for half a pair where none is named.
        """
        return named or (configured if self.of_environment() is None else DEFAULT)

    def of_environment(self) -> Secrets | None:
        """Return the pair of the environment, None where it is not set. Raises LoginError for half of it."""
        api_key, access_token = (self._environment.get(each, "").strip() for each in (API_KEY, ACCESS_TOKEN))
        if bool(api_key) != bool(access_token):
            given, missing = (API_KEY, ACCESS_TOKEN) if api_key else (ACCESS_TOKEN, API_KEY)
            raise LoginError(
                f"{missing} is not set and {given} is", "set both, or neither and use kitetui login"
            )
        return Secrets(api_key=api_key, access_token=access_token) if api_key else None

    def stored(self, account: str = DEFAULT) -> Secrets | None:
        """Return what is kept of an account, None where nothing is, whatever the environment says.

        Raises UserError where it cannot be read; a file that is damaged is then set aside.
        """
        found = self._found(account)
        return None if found is None else found[0]

    def store(self, account: str, secrets: Secrets) -> str:
        """Keep the secrets of an account, and return where: in a file, where the keyring does not answer.

        Raises UserError, with nothing lost.
        """
        path = self._path(account)
        self._table(path)  # what must not be touched is refused here
        table = to_table(secrets)
        in_keyring = self._keyring.put(account, to_text(table))
        try:
            write_private(path, to_text(_IN_KEYRING if in_keyring else table))
        except OSError as error:
            raise UserError(
                f"the login cannot be kept in {path}: {error.strerror}; what was kept before is still there"
            ) from None
        if not in_keyring:
            self._keyring.forget(account)
        why = ", for the system's keyring does not answer" if self._keyring.is_silent else ""
        return f"{self._place(path, in_keyring=in_keyring)}{why}"

    def forget(self, account: str = DEFAULT) -> None:
        """Keep nothing of an account any more. Raises UserError, and forgets nothing then."""
        path = self._path(account)
        table = self._table(path)  # what must not be touched is refused here
        self._keyring.forget(account)
        if self._keyring.is_silent and table is not None and _is_in_keyring(table):
            raise SilentKeyringError(
                f"the system's keyring, which has the login of account {account}, does not answer; "
                "unlock it, and forget the login then"
            )
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"cannot remove {path}: {error.strerror}", "remove it by hand") from None

    def where(self, account: str = DEFAULT) -> Origins:
        """Return where each value comes from, and none of the values. Raises UserError."""
        found = self._found(account)
        origins = Origins()
        if found is not None:
            kept, place = found
            values = (kept.api_key, kept.api_secret, kept.access_token)
            origins = Origins(*(place if value else NOT_SET for value in values))
        if account == DEFAULT and self.of_environment() is not None:
            return replace(
                origins, api_key=f"environment: {API_KEY}", access_token=f"environment: {ACCESS_TOKEN}"
            )
        return origins

    def signature(self, account: str = DEFAULT) -> Signature | None:
        """Return what changes with every login and logout, at the cost of one look at the disk."""
        return signature(self._path(account))

    def _found(self, account: str) -> tuple[Secrets, str] | None:
        """What is kept of an account, and in which place."""
        path = self._path(account)
        table = self._table(path)
        if table is None:
            return None
        in_keyring = _is_in_keyring(table)
        try:
            kept = self._of_keyring(account) if in_keyring else from_table(table)
        except Unreadable:
            raise self._set_aside(path) from None
        self._keep_out_of_logs(kept)
        return kept, self._place(path, in_keyring=in_keyring)

    def _of_keyring(self, account: str) -> Secrets:
        text = self._keyring.get(account)
        if text is None and self._keyring.is_silent:
            other = f", set {API_KEY} and {ACCESS_TOKEN}" if account == DEFAULT else ""
            raise SilentKeyringError(
                f"the login of account {account} is in the system's keyring, which does not answer; "
                f"unlock the keyring{other}, or log in anew with {login_command(account)} --new"
            )
        if text is None:
            raise LoginError(
                f"the login of account {account} is in the system's keyring, which does not give it",
                f"unlock the keyring, or log in anew with {login_command(account)} --new",
            )
        try:
            return from_table(from_text(text))
        except NewerVersion:
            raise _newer("the system's keyring") from None
        except Unreadable:
            raise LoginError(
                f"the login of account {account} in the system's keyring is damaged",
                f"log in anew with {login_command(account)} --new",
            ) from None

    def _table(self, path: Path) -> dict[str, Any] | None:
        """What the file holds, None where there is none. Raises UserError for one to leave alone."""
        try:
            text = read_private(path)
            return None if text is None else from_text(text)
        except NewerVersion:
            raise _newer(str(path)) from None
        except (Unreadable, UnicodeDecodeError):
            raise self._set_aside(path) from None
        except OSError as error:
            raise UserError(
                f"cannot read {path}: {error.strerror}", "make it readable, or move it away"
            ) from None

    def _set_aside(self, path: Path) -> LoginError:
        """Give a damaged file another name, which leaves the place to the next login; return what to say."""
        names = (path.with_name(f"{path.name}.damaged-{number}") for number in count(1))
        aside = next(name for name in names if not name.exists())
        try:
            path.rename(aside)
        except OSError as error:
            return LoginError(
                f"{path} is damaged and cannot be set aside: {error.strerror}", "remove it by hand"
            )
        anew = login_command(path.stem)
        return LoginError(f"{path} is damaged, and is now {aside.name}", f"log in anew with {anew}")

    def _keep_out_of_logs(self, secrets: Secrets) -> None:
        for value in (secrets.api_secret, secrets.access_token):
            self._hide(value)
        if secrets.endpoint != SIMULATOR.name:  # whose key is a word
            self._hide(secrets.api_key)

    def _place(self, path: Path, *, in_keyring: bool) -> str:
        return f"keyring: {self._keyring.name or 'of the system'}" if in_keyring else f"file: {path}"

    def _path(self, account: str) -> Path:
        if not is_account_name(account):
            raise UserError(f"{account[:40]!a} names no account", "names are of a-z, 0-9, - and _")
        return self._folder / f"{account}.json"


def _is_in_keyring(table: Mapping[str, Any]) -> bool:
    return _IN_KEYRING.items() <= table.items()


def _newer(place: str) -> UserError:
    return UserError(f"{place} was written by a later kitetui and is left as it is", "update this kitetui")
