"""How a recording names instruments."""

from __future__ import annotations

from collections.abc import Callable

NameOf = Callable[[int], tuple[str, str] | None]
"""Gives the exchange and tradingsymbol of a token, or None if they are not known."""
