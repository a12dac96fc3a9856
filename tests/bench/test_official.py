"""The rival is asked for nothing where it is not installed."""

from __future__ import annotations

import pytest

from kitetui.bench.frames import frames_of_kind
from kitetui.bench.official import is_installed, parser
from kitetui.wire import decode_frame
from tests.bench.helpers import without_the_official_client


def test_its_parser_reads_the_same_prices_as_ours() -> None:
    (frame,) = frames_of_kind("mixed", 50, 1, symbols=50)
    parse = parser()
    assert parse is not None
    ours = decode_frame(frame).to_dicts()
    assert [each["last_price"] for each in parse(frame)] == [each["last_price"] for each in ours]


def test_there_is_none_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_installed()
    without_the_official_client(monkeypatch)
    assert not is_installed()
    assert parser() is None
