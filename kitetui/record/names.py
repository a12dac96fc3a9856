"""How a recording names instruments."""

from __future__ import annotations

from collections.abc import Callable

NameOf = Callable[[int], tuple[str, str] | None]
"""Gives the exchange and tradingsymbol of a token, or None if they are not known.

Whoever writes may keep an answer: for another one to the same token it is to be told to `rename`.
"""
