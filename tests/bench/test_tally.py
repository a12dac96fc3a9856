"""What a client is measured by begins and ends with what the server says."""

from __future__ import annotations

import json
import time

import pytest

from kitetui.bench.tally import Tally


def said(text: str) -> str:
    return json.dumps({"type": "bench", "data": text})


def printed(tally: Tally, capsys: pytest.CaptureFixture[str], **more: float) -> dict[str, float | None]:
    tally.print(**more)
    found: dict[str, float | None] = json.loads(capsys.readouterr().out)
    return found


def test_the_warm_up_counts_for_losses_and_for_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally(1)
    tally.ticks += 100
    tally.lag.looked(9.0)
    assert not tally.measures
    tally.heard(said("begin"))
    assert tally.measures
    tally.lag.looked(0.002)
    tally.ticks += 50
    tally.heard(said("end 153"))
    assert tally.done
    found = printed(tally, capsys)
    assert found["lost"] == 3
    assert found["lag_p99_ms"] == 2.0
    assert found["ticks_a_second"]


def test_it_is_done_when_every_connection_is(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally(2)
    for text in ("begin", "begin", "end 10"):
        tally.heard(said(text))
    assert not tally.done
    tally.ticks += 25
    tally.heard(said("end 15"))
    assert tally.done
    assert printed(tally, capsys)["lost"] == 0


def test_the_time_of_sending_gives_the_latency(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally(1)
    tally.heard(said("begin"))
    tally.arrived(*divmod(time.monotonic_ns() - 7_000_000_000, 2**32))
    tally.arrived(0, 12)
    tally.heard(said("end 0"))
    found = printed(tally, capsys)
    assert len(tally.latencies) == 1
    assert found["latency_p50_us"] == pytest.approx(7_000_000, rel=0.1)


def test_a_program_may_add_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally(1)
    tally.heard(said("begin"))
    tally.heard(said("end 0"))
    assert printed(tally, capsys, recovery_s=0.5)["recovery_s"] == 0.5
