"""What is kept of an account, and the text that it is kept as."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

VERSION: Final = 1
"""The version of the text."""

_LATEST: Final = 1e11
"""UTC seconds of a year with four digits."""


class Unreadable(Exception):  # noqa: N818 - what the user is told is said by whoever knows the place
    """A text that is not what was written; it says nothing of what the text holds."""


class NewerVersion(Exception):  # noqa: N818 - as above
    """A text that a later kitetui wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """An account's API key and secret, and the access token of its last login.

    api_key, api_secret, access_token: empty where there is none.
    user_id: Kite's id of the user, `AB1234`; empty before the first login.
    issued_at: when the token was issued, in UTC seconds by the server's clock; None if that is not known.
    endpoint: the name of the service that the key belongs to.
    redirect_url: where the login page of this key comes back to.
    """

    api_key: str = field(repr=False)
    api_secret: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    user_id: str = ""
    issued_at: float | None = None
    endpoint: str = "kite"
    redirect_url: str = ""


def to_text(table: dict[str, Any]) -> str:
    """Return a table as a text of this version."""
    return json.dumps({"version": VERSION, **table}, indent=1)


def from_text(text: str) -> dict[str, Any]:
    """Return the table of a text. Raises Unreadable, NewerVersion."""
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        # Without its cause, which carries the whole text.
        raise Unreadable from None
    version = table.get("version") if isinstance(table, dict) else None
    if not isinstance(version, int) or version < 1:
        raise Unreadable
    if version > VERSION:
        raise NewerVersion
    return {str(name): value for name, value in table.items()}


def to_table(secrets: Secrets) -> dict[str, Any]:
    """Return secrets as a table of plain values."""
    return asdict(secrets)


def from_table(table: dict[str, Any]) -> Secrets:
    """Return the secrets of a table. Raises Unreadable where a value is missing or of another type."""
    values = {each.name: table[each.name] for each in fields(Secrets) if each.name in table}
    issued_at = values.get("issued_at")
    texts = [value for name, value in values.items() if name != "issued_at"]
    if not values.get("api_key") or not all(isinstance(value, str) for value in texts):
        raise Unreadable
    if issued_at is not None and not (isinstance(issued_at, int | float) and 0 <= issued_at < _LATEST):
        raise Unreadable
    return Secrets(**values)
