"""The first line, for every state of the feed: it cannot say live when it is not."""

from __future__ import annotations

import pytest

from kitetui.feed import ConnectionState, feed_status
from kitetui.tui.paint.ink import Ink, text_of, width_of
from kitetui.tui.paint.replay import recorded_state
from kitetui.tui.paint.top import Signs, state_text, top_line
from tests.tui.rows import NOW, all_stats, stats
from tests.tui.tape import Tape

LIVE, RETRYING = ConnectionState.LIVE, ConnectionState.RETRYING
DOWN, CONNECTING, UNUSED = ConnectionState.DOWN, ConnectionState.CONNECTING, ConnectionState.UNUSED

LOST = {"reason": "silent for 5 s", "silence": 11.4, "attempt": 3, "retry_in": 2.2, "round_trip": None}
REFUSED = {"reason": "login refused (403): the access token has expired or is wrong", "silence": None}
OLD = {"last_tick_at": int((NOW - 45) * 1e9)}
NEVER = {"last_tick_at": None, "connected_at": int((NOW - 31) * 1e9)}
SIGNS = Signs(renewal="run kitetui login")


def status_of(connections, market_open=None):
    """The status of a manager with these connections."""
    return feed_status(
        [each.state for each in connections],
        [each.symbols for each in connections],
        quiet_for=all_stats(*connections).quiet_for(int(NOW * 1e9)),
        market_open=market_open,
    )


@pytest.mark.parametrize(
    ("connections", "text"),
    [
        ([stats(0, symbols=0), stats(1, UNUSED, symbols=0)], "○ NO SYMBOLS  press a to add one"),
        ([stats(0, UNUSED)], "○ IDLE"),
        ([stats(0, CONNECTING), stats(1, CONNECTING)], "◌ CONNECTING 0/2"),
        ([stats(0), stats(1, CONNECTING)], "◌ CONNECTING 1/2"),
        ([stats(0), stats(1), stats(2, UNUSED)], "● LIVE 2/2      412/s   rtt  38ms"),
        ([stats(0, round_trip=None)], "● LIVE 1/1      412/s   rtt   …"),
        ([stats(0, **OLD), stats(1, **OLD)], "● QUIET 45s   connected, and no symbol has changed"),
        ([stats(0, **OLD), stats(1)], "● LIVE 2/2      412/s   rtt  38ms"),
        ([stats(0, **NEVER)], "● QUIET 31s   connected, and no symbol has changed"),
        ([stats(0), stats(1, RETRYING, **LOST)], "! STALE 1/2  ws2 silent 11s, retry 3 in 2s"),
        (
            [stats(0), stats(1, RETRYING, **(LOST | {"retry_in": None}))],
            "! STALE 1/2  ws2 silent 11s, retry 3 now",
        ),
        (
            [stats(0), stats(1, DOWN, **REFUSED)],
            "! STALE 1/2  ws2 login refused (403): the access token has expired or is wrong, down",
        ),
        (
            [stats(0), stats(1, RETRYING, **(LOST | {"symbols": 0}))],
            "! DEGRADED 1/2  ws2 silent 11s, retry 3 in 2s",
        ),
        ([stats(0, RETRYING, **LOST)], "! RETRY 3 in 2s  silent for 5 s"),
        ([stats(0, RETRYING, **LOST), stats(1, CONNECTING)], "! RETRY 3 in 2s  silent for 5 s"),
        ([stats(0, DOWN, **REFUSED)], " ✗ LOGIN REFUSED  run kitetui login"),
        (
            [stats(0, DOWN, reason="gave up after 5 attempts: nothing listens at that address")],
            " ✗ DOWN   gave up after 5 attempts: nothing listens at that address; press q and start again",
        ),
    ],
)
def test_each_state_of_the_feed_has_its_own_sentence(connections, text):
    status = status_of(connections)
    assert text_of(state_text(status, all_stats(*connections), 412.4, NOW, SIGNS)).rstrip() == text


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("connections", [[stats(0)], [stats(0), stats(1, DOWN, **REFUSED)]])
def test_the_line_keeps_its_width_the_clock_and_the_word_simulated(width, connections):
    status = status_of(connections)
    line = top_line(status, all_stats(*connections), 5.0, NOW, width, Signs(simulated=True))
    assert width_of(line) == width
    assert text_of(line).endswith(" SIMULATED   10:42:17 IST ")


def test_nothing_moves_while_the_figures_do():
    def places(rate, trip):
        line = top_line(feed_status([LIVE]), all_stats(stats(0, round_trip=trip)), rate, NOW, 80, Signs())
        text = text_of(line)
        return text.index("/s"), text.index("rtt"), text.index("IST")

    assert places(0, None) == places(3.2, 0.0004) == places(56_789, 0.412)


def test_a_quiet_feed_of_an_open_market_is_an_alarm():
    connections = [stats(0, **OLD)]
    line = state_text(status_of(connections, market_open=True), all_stats(*connections), 412, NOW, SIGNS)
    assert text_of(line) == "! NO TICKS 45s  connected, and the market is open"


def line_with(signs, width, connections=None):
    connections = connections or [stats(0)]
    line = top_line(status_of(connections), all_stats(*connections), 5.0, NOW, width, signs)
    assert width_of(line) == width
    return text_of(line)


EVERYTHING = Signs(simulated=True, recorded=12_04_118, held_for=75.0)


def test_a_recording_and_a_held_display_are_said_beside_the_clock():
    assert line_with(EVERYTHING, 120).endswith("⏺ rec 12.04L     HELD 1m    SIMULATED   10:42:17 IST ")
    assert "rec 0 " in line_with(Signs(recorded=0), 80)


@pytest.mark.parametrize("width", range(60, 201))
def test_where_not_all_fits_the_state_and_what_makes_prices_unreal_stay(width):
    text = line_with(EVERYTHING, width)
    assert "LIVE 1/1" in text
    assert " HELD 1m " in text
    assert " SIMULATED " in text


FAILED = [stats(0), stats(1, RETRYING, **LOST)]
NAMED = Tape(speed=10.0, name="nifty-" + 60 * "x")


@pytest.mark.parametrize("connections", [[stats(0)], FAILED, [stats(0, DOWN, **REFUSED)]])
@pytest.mark.parametrize("recorded", [None, 12_04_118])
def test_at_every_width_a_replay_keeps_badge_pace_and_date_and_is_never_called_live(connections, recorded):
    signs = Signs(recorded=recorded, replay=NAMED, renewal="run kitetui login")
    for width in range(60, 201):
        text = line_with(signs, width, connections)
        assert text.startswith(" kitetui   REPLAY  ×10 ")
        assert text.endswith(" 22 Nov 2026 10:42:17 IST ")
        assert "LIVE" not in text
        assert "run kitetui" not in text


@pytest.mark.parametrize("paused", [False, True])
def test_no_part_of_a_replays_line_has_the_ink_of_a_live_feed(paused):
    tape = Tape()
    tape.is_paused = paused
    line = top_line(feed_status([LIVE]), all_stats(stats(0)), 412.4, NOW, 120, Signs(replay=tape))
    inks = {ink for _, ink in line}
    assert Ink.LIVE not in inks
    assert Ink.REPLAY in inks
    assert (Ink.STALE in inks) is paused
    assert ("412/s" in text_of(line)) is not paused


@pytest.mark.parametrize(
    ("connections", "text"),
    [
        ([stats(0, symbols=0)], "○ no symbols  press a to add one"),
        ([stats(0, UNUSED)], "○ was not connected"),
        ([stats(0), stats(1, CONNECTING)], "◌ was connecting 1/2"),
        ([stats(0), stats(1)], "412/s   2/2 up"),
        ([stats(0, **OLD)], "was quiet 45s  market closed"),
        (FAILED, "! was stale 1/2  ws2 silent for 5 s"),
        ([stats(0, DOWN, **REFUSED)], f"! was down 0/1  ws1 {REFUSED['reason']}"),
    ],
)
def test_what_connections_did_is_said_of_the_time_of_the_recording(connections, text):
    status, signs = status_of(connections), (Tape(), "market closed")
    assert text_of(recorded_state(status, all_stats(*connections), 412.4, NOW, *signs)).strip() == text


def test_where_there_is_room_a_replay_names_its_file_and_how_far_it_is():
    assert " 20261122.capture  42%  22 Nov 2026 " in line_with(Signs(replay=Tape()), 120)
    assert " 42%  22 Nov 2026 " in (narrow := line_with(Signs(replay=Tape()), 80))
    assert "20261122.capture" not in narrow
    assert "xxx…  42%  22 Nov" in line_with(Signs(replay=NAMED), 200)
    assert "�[2J" in line_with(Signs(replay=Tape(name="\x1b[2J")), 200)


def test_a_quiet_feed_of_a_closed_market_says_when_it_opens():
    connections = [stats(0, **OLD)]
    text = line_with(Signs(closed="market closed, opens Mon 09:15"), 80, connections)
    assert text.startswith(" kitetui  ● QUIET       market closed, opens Mon 09:15 ")


def test_what_to_do_about_a_refused_login_fits_the_narrow_screen():
    text = line_with(Signs(renewal="run kitetui login; no restart needed"), 80, [stats(0, DOWN, **REFUSED)])
    assert "LOGIN REFUSED  run kitetui login; no restart needed " in text
    assert text.endswith("IST ")
