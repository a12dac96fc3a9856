"""What Kite's REST service, and the network before it, can refuse: each is a sentence with the next step.

The sentences are made here. Of what came over the network only Kite's own message is repeated, as plain
text and without secrets.
"""

from __future__ import annotations

from collections.abc import Collection

from kitetui.errors import LoginError, UserError
from kitetui.formatting import plain
from kitetui.logs import redacted

_LONGEST = 200
"""Characters of a message of Kite's."""


class TokenEndedError(LoginError):
    """The access token is dead: it ended in the morning, or by a logout or another login."""


class RequestTokenError(LoginError):
    """The request token was used before, is too old, or was never one."""


class KeyPairError(LoginError):
    """The API key is not known, or the API secret is not the key's."""


class ServiceDownError(UserError):
    """Kite does not work at the moment, or asks to be left alone for a while."""


class UnreachableError(UserError):
    """No answer came: no network, no such host, nobody there, no secure connection, or not in time."""


class UnexpectedAnswerError(UserError):
    """What answered does not speak as Kite does."""


class RefusedError(UserError):
    """Kite refused for a reason of its own, which is repeated."""


def refusal(
    status: int, kind: str, message: str, *, exchanging: bool, secrets: Collection[str] = ()
) -> UserError:
    """Return the error for a refusal in Kite's envelope.

    kind: the envelope's `error_type`.
    exchanging: whether it was an exchange of a request token that was refused, for which Kite has the same
    type as for a dead access token. The message tells the rest apart, which is not documented.
    secrets: what must not be repeated.
    """
    if status == 429:
        return ServiceDownError(
            "Kite answers that there are too many requests (429)", "try again in a minute"
        )
    if status >= 500 or kind == "NetworkException":
        return down(status)
    if exchanging and "checksum" in message:
        return KeyPairError("the API secret is not that of the API key", "give both with kitetui login --new")
    if exchanging and "api_key" in message:
        return KeyPairError("Kite does not know the API key", "give another with kitetui login --new")
    if exchanging and kind == "TokenException":
        return RequestTokenError(
            "Kite does not take the request token: each works once and for minutes", "run kitetui login again"
        )
    if kind == "TokenException":
        return TokenEndedError(
            "the access token has ended, or was ended by a logout or another login", "run kitetui login"
        )
    said = plain(redacted(message, secrets))[:_LONGEST].strip().rstrip(".")
    return RefusedError(f"Kite refuses ({status}): {said or 'no reason given'}", "see kitetui doctor")


def down(status: int) -> ServiceDownError:
    """Return the error for a service that is down."""
    return ServiceDownError(f"Kite does not work at the moment ({status})", "try again in a few minutes")
