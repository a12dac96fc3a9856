"""The access token of the moment, for a feed that asks before every dial, and until when a token is valid."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, time, timedelta
from threading import Thread
from typing import Final, Self

from kitetui.account.secrets import Secrets
from kitetui.account.vault import DEFAULT, Signature, Vault, login_command
from kitetui.errors import UserError
from kitetui.formatting import weekday_clock
from kitetui.times import IST

PATIENCE: Final = 0.25
"""Seconds that an asker waits for a new login to be read; a keyring may take as long as its user does."""

_LOGGER: Final = logging.getLogger(__name__)


class KeptToken:
    """The access token of an account, as its newest login left it; call it to have it.

    It reads the vault only after that has changed, and never holds up whoever asks: what cannot be read at
    once is there at a later call. While the vault cannot be read, after a logout, and when the account was
    given another API key or service, it is the token of before.

    login: what was kept of the account at first.
    """

    def __init__(self, vault: Vault, account: str, login: Secrets, seen: Signature | None) -> None:
        """Begin with what the vault had of an account when its signature was `seen`."""
        self.login = login
        self._vault, self._account = vault, account
        self._seen = seen
        self._token = login.access_token
        self._reader: Thread | None = None
        self._complaint = ""

    @classmethod
    def of(cls, vault: Vault, account: str = DEFAULT) -> Self | None:
        """Read an account, None for one without a login. Raises UserError as `Vault.stored` does."""
        # Taken before the reading: what is written during it is read the next time.
        seen = vault.signature(account)
        login = vault.stored(account)
        return cls(vault, account, login, seen) if login is not None and login.access_token else None

    async def __call__(self) -> str:
        """Return the token."""
        reader = self._reader
        if reader is None or not reader.is_alive():
            if (signature := self._vault.signature(self._account)) == self._seen:
                return self._token
            # A daemon, since a keyring that waits for its user must not hold up the end of the program.
            reader = Thread(target=self._read, args=(signature,), name="kitetui login", daemon=True)
            self._reader = reader
            reader.start()
        # Whoever asks meanwhile waits too: connections dial together, and the token of before is refused.
        await asyncio.to_thread(reader.join, PATIENCE)
        return self._token

    def _read(self, signature: Signature | None) -> None:
        try:
            found = self._vault.stored(self._account)
        except UserError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                _LOGGER.warning("the login of account %s is not taken up: %s", self._account, error)
            return
        if found is not None and found.access_token and _is_of_one_key(found, self.login):
            self._token = found.access_token
        self._seen = signature


def _is_of_one_key(one: Secrets, other: Secrets) -> bool:
    return (one.api_key, one.endpoint) == (other.api_key, other.endpoint)


_ENDS: Final = time(6, 0)


def valid_until(issued_at: float) -> float:
    """Return when a token that was issued then ends: the next six o'clock in India, in UTC seconds."""
    issued = datetime.fromtimestamp(issued_at, IST)
    end = datetime.combine(issued.date(), _ENDS, IST)
    return (end if issued < end else end + timedelta(days=1)).timestamp()


def ended(secrets: Secrets, now: float, account: str = DEFAULT) -> str | None:
    """Return the sentence that says that the token has ended, None while it may be alive.

    Of a token whose time of issue is not known, nothing is said.
    """
    if secrets.issued_at is None or now < (end := valid_until(secrets.issued_at)):
        return None
    return f"the access token ended on {weekday_clock(end)} IST; log in with {login_command(account)}"
