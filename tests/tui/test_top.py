"""The first line, for every state of the feed: it cannot say live when it is not."""

from __future__ import annotations

import pytest

from kitetui.feed import ConnectionState, feed_status
from kitetui.tui.hours import Hours
from kitetui.tui.render.bars import Signs, state_text, top_line
from kitetui.tui.render.replay import recorded_state
from kitetui.tui.render.spans import Style, text_of, width_of
from tests.tui.rows import NOW, all_stats, stats
from tests.tui.tape import Tape

LIVE, RETRYING = ConnectionState.LIVE, ConnectionState.RETRYING
DOWN, CONNECTING, UNUSED = ConnectionState.DOWN, ConnectionState.CONNECTING, ConnectionState.UNUSED

LOST = {"reason": "silent for 5 s", "silence": 11.4, "attempt": 3, "retry_in": 2.2, "round_trip": None}
REFUSED = {"reason": "login refused (403): the access token has expired or is wrong", "silence": None}
OLD = {"quiet_for": 45.9}
NEVER = {"quiet_for": 31.0, "has_ticked": False}
MUTE = {"quiet_for": 75.4, "is_mute": True}
SIGNS = Signs(renewal="run kitetui login")
CLOSED = Hours("market closed", "opens Fri 09:15")
DOUBTED = "holidays after 31 Dec 2026 are not known"


def status_of(connections, market_open=None):
    """The status of a manager with these connections."""
    stats = all_stats(*connections)
    return feed_status(
        [each.state for each in connections],
        [each.symbols for each in connections],
        mute=[each.is_mute for each in connections],
        quiet_for=stats.quiet_for,
        has_ticked=stats.has_ticked,
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
            "! STALE 1/2  ws2 down, login refused (403): the access token has expired or is wrong",
        ),
        (
            [stats(0, **MUTE), stats(1, RETRYING, **LOST), stats(2)],
            "! STALE 2/3  ws1 mute for 75s; ws2 silent 11s, retry 3 in 2s",
        ),
        (
            [stats(0), stats(1, RETRYING, **(LOST | {"symbols": 0}))],
            "! DEGRADED 1/2  ws2 silent 11s, retry 3 in 2s",
        ),
        ([stats(0), stats(1, **MUTE)], "! NO TICKS ws2 75s  connected, and the market is open"),
        ([stats(0, **MUTE), stats(1, **OLD)], "! NO TICKS ws1 75s  connected, and the market is open"),
        ([stats(0, RETRYING, **LOST)], "! RETRY 3 in 2s  ws1 silent for 5 s"),
        ([stats(0, RETRYING, **LOST), stats(1, CONNECTING)], "! RETRY 3 in 2s  ws1 silent for 5 s"),
        ([stats(0, CONNECTING), stats(1, RETRYING, **LOST)], "! RETRY 3 in 2s  ws2 silent for 5 s"),
        ([stats(0, DOWN, **REFUSED)], " ✗ LOGIN REFUSED  run kitetui login"),
        (
            [stats(0, DOWN, **REFUSED), stats(1, DOWN, **REFUSED), stats(2, RETRYING, **LOST)],
            " ✗ LOGIN REFUSED  run kitetui login",
        ),
        ([stats(0, RETRYING, **LOST), stats(1, DOWN, **REFUSED)], " ✗ LOGIN REFUSED  run kitetui login"),
        (
            [stats(0, DOWN, reason="gave up after 5 attempts: nothing listens at that address")],
            " ✗ DOWN   gave up after 5 attempts: nothing listens at that address; press q and start again",
        ),
    ],
)
def test_each_state_of_the_feed_has_its_own_sentence(connections, text):
    status = status_of(connections)
    assert text_of(state_text(status, all_stats(*connections), 412.4, SIGNS)).rstrip() == text


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


@pytest.mark.parametrize("market_open", [None, True, False])
def test_a_mute_connection_is_an_alarm_and_is_named_whatever_is_known_of_the_market(market_open):
    connections = [stats(0), stats(1, **MUTE)]
    line = state_text(status_of(connections, market_open), all_stats(*connections), 412, SIGNS)
    assert line[0] == ("! NO TICKS ws2 75s", Style.STALE)


def test_few_symbols_that_are_still_in_an_open_market_are_quiet_and_no_alarm():
    connections = [stats(0, **OLD)]
    line = state_text(status_of(connections, market_open=True), all_stats(*connections), 412, SIGNS)
    assert text_of(line) == "● QUIET 45s   connected, and no symbol has changed"


@pytest.mark.parametrize("connections", [[stats(0, **OLD)], [stats(0, quiet_for=0.1, has_ticked=False)]])
@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (CLOSED, "○ MARKET CLOSED  opens Fri 09:15"),
        (Hours("pre-open", "opens Fri 09:15"), "○ PRE-OPEN  opens Fri 09:15"),
        (Hours("closing auction"), "○ CLOSING AUCTION"),
        (
            Hours("market closed", "opens Mon 09:15, Muhurat trading", DOUBTED),
            f"○ MARKET CLOSED  opens Mon 09:15, Muhurat trading; {DOUBTED}",
        ),
        (Hours(), "○ CLOSED"),
    ],
)
def test_a_closed_market_says_so_at_once_and_when_it_opens(connections, hours, text):
    status = status_of(connections, market_open=False)
    line = state_text(status, all_stats(*connections), 412, Signs(hours=hours))
    assert text_of(line).rstrip() == text


def test_what_ticks_though_the_calendar_says_closed_is_live():
    connections = [stats(0)]
    line = state_text(
        status_of(connections, market_open=False), all_stats(*connections), 9, Signs(hours=CLOSED)
    )
    assert text_of(line).startswith("● LIVE 1/1")


def test_a_quiet_feed_says_what_is_not_known_of_the_day():
    connections = [stats(0, **OLD)]
    line = state_text(status_of(connections), all_stats(*connections), 412, Signs(hours=Hours(doubt=DOUBTED)))
    assert text_of(line) == f"● QUIET 45s   connected, and no symbol has changed; {DOUBTED}"


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
def test_no_part_of_a_replays_line_has_the_style_of_a_live_feed(paused):
    tape = Tape()
    tape.is_paused = paused
    line = top_line(feed_status([LIVE]), all_stats(stats(0)), 412.4, NOW, 120, Signs(replay=tape))
    styles = {style for _, style in line}
    assert Style.LIVE not in styles
    assert Style.REPLAY in styles
    assert (Style.STALE in styles) is paused
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
    assert text_of(recorded_state(status, all_stats(*connections), 412.4, *signs)).strip() == text


def test_where_there_is_room_a_replay_names_its_file_and_how_far_it_is():
    assert " 20261122.capture  42%  22 Nov 2026 " in line_with(Signs(replay=Tape()), 120)
    assert " 42%  22 Nov 2026 " in (narrow := line_with(Signs(replay=Tape()), 80))
    assert "20261122.capture" not in narrow
    assert "xxx…  42%  22 Nov" in line_with(Signs(replay=NAMED), 200)
    assert "�[2J" in line_with(Signs(replay=Tape(name="\x1b[2J")), 200)


@pytest.mark.parametrize(
    ("market_open", "start"),
    [
        (None, " kitetui  ● QUIET       market closed, opens Fri 09:15 "),
        (False, " kitetui  ○ MARKET CLOSED  opens Fri 09:15 "),
    ],
)
def test_a_still_feed_of_a_closed_market_says_when_it_opens_on_the_narrow_screen(market_open, start):
    connections = [stats(0, **OLD)]
    line = top_line(
        status_of(connections, market_open), all_stats(*connections), 5.0, NOW, 80, Signs(hours=CLOSED)
    )
    assert text_of(line).startswith(start)
    assert text_of(line).endswith(" IST ")


def test_what_to_do_about_a_refused_login_fits_the_narrow_screen():
    text = line_with(Signs(renewal="run kitetui login; no restart needed"), 80, [stats(0, DOWN, **REFUSED)])
    assert "LOGIN REFUSED  run kitetui login; no restart needed " in text
    assert text.endswith("IST ")


def test_what_needs_help_is_told_before_what_is_tried_again_and_that_before_what_is_mute():
    ranked = [
        stats(0, DOWN, **REFUSED),
        stats(1, RETRYING, failed_for=2.0),
        stats(2, RETRYING, failed_for=9.0),
        stats(3, **MUTE),
        stats(4, is_still=True),
        stats(5, DOWN, symbols=0),
        stats(6, RETRYING, symbols=0),
    ]
    for place, worst in enumerate(ranked):
        assert all_stats(stats(9), *reversed(ranked[place:])).worst is worst
    assert all_stats(stats(9)).worst is None
