"""Without what Textual does not promise the program starts, and does without."""

from __future__ import annotations

import sys

import pytest
from textual._styles_cache import StylesCache

from kitetui.tui.textual_private import QuietCrash, forget_borders


def test_a_textual_without_the_cache_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual._styles_cache", None)
    forget_borders()


def test_a_textual_whose_cache_cannot_be_cleared_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StylesCache, "get_inner_outer", None)
    forget_borders()


@pytest.mark.parametrize("lacks", ["_close_messages_no_wait", "_fatal_error"])
async def test_an_app_ends_with_its_bug_whatever_textual_lacks(
    lacks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(QuietCrash):
        def on_mount(self) -> None:
            raise RuntimeError("a bug")

    if lacks == "_fatal_error":
        monkeypatch.delattr(QuietCrash, lacks)
    else:
        monkeypatch.setattr(QuietCrash, lacks, property())
    app = Broken()
    with pytest.raises(RuntimeError, match="a bug"):
        async with app.run_test():
            pass
    assert not app.is_running
