"""The access token of the moment, for a feed that asks before every dial."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from kitetui.account.vault import DEFAULT, Vault
from kitetui.errors import LoginError, UserError

_LOGGER: Final = logging.getLogger(__name__)


def token_source(vault: Vault, account: str = DEFAULT) -> Callable[[], str]:
    """Return a function that returns the account's access token, and knows of a login made meanwhile.

    It reads the vault only after that has changed. While the vault cannot be read, after a logout, and when
    the account was given another API key, it returns the token that it had. Raises UserError as
    `Vault.read` does, LoginError for an account without a login.
    """
    seen = vault.signature(account)
    first = vault.read(account)
    if first is None:
        raise LoginError(f"account {account} has no login; run kitetui login")
    api_key, token = first.api_key, first.access_token
    complaint = ""

    def current() -> str:
        nonlocal seen, token, complaint
        # Taken before the reading: what is written during it is read the next time.
        if (signature := vault.signature(account)) == seen:
            return token
        try:
            found = vault.read(account)
        except UserError as error:
            if str(error) != complaint:
                complaint = str(error)
                _LOGGER.warning("the login of account %s is not taken up: %s", account, error)
            return token
        seen = signature
        if found is not None and found.api_key == api_key and found.access_token:
            token = found.access_token
        return token

    return current
