"""Without what Textual does not promise the program starts, and does without."""

from __future__ import annotations

import sys

import pytest
from textual._styles_cache import StylesCache

from kitetui.tui.textual_private import close_at_once, forget_borders


def test_a_textual_without_the_cache_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual._styles_cache", None)
    forget_borders()


def test_a_textual_whose_cache_cannot_be_cleared_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StylesCache, "get_inner_outer", None)
    forget_borders()


def test_an_app_that_cannot_be_closed_at_once_exits() -> None:
    class App:
        is_over = False

        def exit(self) -> None:
            self.is_over = True

    app = App()
    close_at_once(app)
    assert app.is_over
