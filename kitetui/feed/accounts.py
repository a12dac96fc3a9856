"""The accounts that a manager dials with: each has its own key, its own token and its own connections."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from kitetui.feed.endpoint import Credentials
from kitetui.feed.retry import TokenUnreadable

TokenSource = Callable[[], str]
"""Returns the access token of the moment; called before every dial."""

DEFAULT_ACCOUNT: Final = "default"
"""The name of the account of a manager that was given no names."""


class Distribution(StrEnum):
    """How symbols find their connection when no account is named."""

    ROUND_ROBIN = "round_robin"
    """Evenly over the connections of all accounts."""
    MANUAL = "manual"
    """They do not: every subscription names one."""
    FILL_FIRST = "fill_first"
    """On the first connection until it is full, then on the next; once placed they stay. Only the first
    connection is dialled without symbols (`KiteManagerConfig.connect_when_idle`)."""


@dataclass(frozen=True, slots=True)
class Account:
    """One API key under a name; the token is a text, or a function that returns the current one."""

    name: str
    api_key: str | None = field(repr=False)
    access_token: str | TokenSource | None = field(repr=False)

    def credentials(self) -> Credentials | None:
        """Return the pair to dial with now, None for an account without a key.

        Raises TokenUnreadable when the token's source fails.
        """
        if self.api_key is None:
            return None
        try:
            token = self.access_token() if callable(self.access_token) else self.access_token
        except Exception as error:
            # By its type alone: a text could hold what the source had read of the token.
            raise TokenUnreadable(type(error).__name__) from error
        return Credentials(self.api_key, token or "")


def checked(accounts: Iterable[Account]) -> tuple[Account, ...]:
    """Return the accounts. Raises ValueError when there are none, or two share a name or a key."""
    listed = tuple(accounts)
    if not listed:
        raise ValueError("a manager needs at least one account")
    if len({account.name for account in listed}) < len(listed):
        raise ValueError("two accounts have the same name; give each its own")
    keys = [account.api_key for account in listed if account.api_key is not None]
    if len(set(keys)) < len(keys):
        raise ValueError("two accounts have the same API key, whose connections Kite counts together")
    return listed
