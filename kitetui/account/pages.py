"""What the browser shows when it comes back from the login: plain pages, each whole in itself."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from kitetui.account.loopback import Response

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>kitetui</title>
<style>
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 20vh auto; padding: 0 1.5rem }
  @media (prefers-color-scheme: dark) { body { background: #14161a; color: #dfe3ea } }
</style>
<h1>$title</h1>
<p>$text</p>
"""

_HEADERS: Final = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    # The address of this page holds the request token.
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def _page(status: HTTPStatus, title: str, text: str) -> Response:
    return Response(status, _PAGE.replace("$title", title).replace("$text", text).encode(), _HEADERS)


RECEIVED: Final = _page(
    HTTPStatus.OK, "Received", "The terminal says whether you are logged in. This page can be closed."
)

NOT_LOGGED_IN: Final = _page(
    HTTPStatus.OK, "Not logged in", "The terminal says why, and what to do. This page can be closed."
)

NOT_FOUND: Final = _page(
    HTTPStatus.NOT_FOUND,
    "Nothing here",
    "This is not where the login that kitetui waits for comes back to. Log in on the page that it opened.",
)
