"""What a reader is told of a feed that is down for good."""

from __future__ import annotations

from typing import Final

from kitetui.errors import UserError

LOG_IN: Final = (
    "log in again, and give the new access token, or a function that returns the one of the moment"
)
DIAL_AGAIN: Final = "look at the network, then stop the manager and start it again"


class FeedDownError(UserError):
    """No connection is live, and none will be: the login was refused, or the attempts ran out."""
