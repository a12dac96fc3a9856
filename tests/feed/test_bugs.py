"""Errors of the program's own: told, counted, logged without a secret, and never without a gap."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kitetui.feed import ConnectionState, Gap, KiteManagerConfig, KiteTickerManager, OrderUpdate, Ticks
from kitetui.feed.bugs import log_bug, place_of_log
from kitetui.logs import start_logging, stop_logging
from kitetui.wire import TickBatch, decode_frames, encode_order
from tests.feed.helpers import becomes, ltp_frame, manager_on, next_of, prices, running, ticks_from
from tests.feed.server import ScriptedServer
from tests.wire.packets import INFY

URL = "wss://ws.kite.trade/?api_key=K3Y&access_token=T0KEN"


def fails_on(price: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the decoder fail of messages with this price, with a text that holds secrets."""

    def decode(frames: Sequence[bytes]) -> TickBatch:
        batch = decode_frames(frames)
        if price in batch.words[:, 1].tolist():
            raise RuntimeError(f"{URL} and secret-token")
        return batch

    monkeypatch.setattr("kitetui.feed.batcher.decode_frames", decode)


def bug_records(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [each for each in caplog.records if each.name == "kitetui.feed" and each.levelno == logging.ERROR]


async def test_frames_that_a_bug_costs_are_a_gap_from_the_last_good_one_on(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fails_on(13, monkeypatch)
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(ltp_frame(1))
        (good,) = await ticks_from(reader, 1)
        peer.send_together(ltp_frame(2), ltp_frame(13), ltp_frame(3))
        lost = await becomes(reader, ConnectionState.RETRYING)
        assert lost.reason.startswith("a bug of this program (RuntimeError): its details are in the log")
        await (await server.accept()).send(ltp_frame(4))
        gap = await next_of(reader, Gap)
        (after,) = await ticks_from(reader, 1)
        assert (gap.start, gap.end) == (good.received_at[0], after.received_at[0])
        assert gap.reason == lost.reason
        assert prices([after]) == [4]
        assert after.sequence == 2, "what no reader was told of has no number"
        stats = manager.get_stats().connections[0]
        assert (stats.bugs, stats.gaps, stats.frames, stats.ticks) == (1, 1, 5, 2)
    (record,) = bug_records(caplog)
    assert "3 frames are lost" in record.getMessage()
    assert "in decode" in caplog.text
    for secret in ("K3Y", "T0KEN", "ws.kite.trade"):
        assert secret not in caplog.text


async def test_what_comes_after_a_failure_in_the_same_session_lies_in_the_gap_too(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitetui.feed.batcher._FULL_BYTES", 1)  # each frame is a batch of its own
    fails_on(13, monkeypatch)
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        peer.send_together(ltp_frame(1), ltp_frame(13), ltp_frame(3))
        (good,) = await ticks_from(reader, 1)
        await (await server.accept()).send(ltp_frame(4))
        gap = await next_of(reader, Gap)
        assert gap.start == good.received_at[0]
        assert prices(await ticks_from(reader, 1)) == [4]


async def test_an_order_is_told_though_the_ticks_before_it_are_lost(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_on(13, monkeypatch)
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.carries({INFY: "quote"})
        text = encode_order({"order_id": "1"}).encode()
        for head, payload in ((b"\x82", ltp_frame(13)), (b"\x81", text)):
            peer.transport.write(head + bytes([len(payload)]) + payload)
        assert (await next_of(reader, OrderUpdate)).order == {"order_id": "1"}
        await becomes(reader, ConnectionState.RETRYING)


async def test_a_failure_with_the_last_frames_of_a_session_ends_nothing_but_the_session(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_on(13, monkeypatch)
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.carries({INFY: "quote"})
        peer.send_together(ltp_frame(13))
        peer.drop()
        assert "bug" in (await becomes(reader, ConnectionState.RETRYING)).reason
        await becomes(reader, ConnectionState.LIVE)


async def test_a_bug_anywhere_in_a_session_is_logged_and_redialled(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> bool:
        raise LookupError(f"cannot open {URL} with {secret}")

    secret = "secret-token"
    monkeypatch.setattr("kitetui.feed.connection._LOOK", 0.01)
    monkeypatch.setattr("kitetui.feed.activity.Activity.is_mute", broken)
    config = KiteManagerConfig(endpoint=server.endpoint, max_connections=1, reconnect_delay=0.01)
    manager = KiteTickerManager("the-key", secret, config)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        assert "LookupError" in (await becomes(reader, ConnectionState.RETRYING)).reason
        await becomes(reader, ConnectionState.LIVE)
        assert manager.get_stats().connections[0].bugs >= 1
    assert "LookupError: cannot open [hidden] with [hidden]" in caplog.text
    assert secret not in caplog.text


async def test_failures_that_are_known_are_no_bugs(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        (await server.accept()).drop()
        await becomes(reader, ConnectionState.RETRYING)
        assert manager.get_stats().connections[0].bugs == 0
    assert not bug_records(caplog)


async def test_a_bug_outside_of_the_sessions_is_logged_and_raised_by_stop(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> bool:
        raise LookupError(URL)

    monkeypatch.setattr("kitetui.feed.rebalancer.Rebalancer._is_lost", broken)
    manager = manager_on(server)
    reader = manager.stream()
    await manager.start()
    assert not [each async for each in reader if isinstance(each, Ticks)]
    with pytest.raises(ExceptionGroup):
        await manager.stop()
    assert "the feed ended by a bug" in caplog.text
    assert "T0KEN" not in caplog.text


def test_causes_are_logged_without_secrets_too(caplog: pytest.LogCaptureFixture) -> None:
    def cause() -> None:
        raise KeyError("a b/c+d")

    try:
        try:
            cause()
        except KeyError as error:
            raise ValueError("a%20b%2Fc%2Bd") from error
    except ValueError as error:
        log_bug("something failed", error, ["a b/c+d"])
    assert "ValueError: [hidden]" in caplog.text
    assert "KeyError: '[hidden]'" in caplog.text
    assert "in cause" in caplog.text


def test_an_exception_whose_text_cannot_be_read_is_logged_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class SilentError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    log_bug("something failed", SilentError())
    assert "SilentError: its text cannot be read" in caplog.text


def test_the_place_of_the_log_is_its_file_if_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    assert place_of_log() == "the log of kitetui.feed"
    path = start_logging(tmp_path).path
    try:
        assert place_of_log() == f"the log, {path}"
    finally:
        stop_logging()
