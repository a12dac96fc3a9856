"""A calendar is read whole, or one sentence says what is wrong with its file."""

from __future__ import annotations

import os
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.errors import UserError
from kitetui.market.calendar import Calendar, Closure, Hours, Known, Special
from kitetui.market.calendarfile import parse_calendar, read_calendar
from kitetui.wire import Exchange

EVERYTHING = """\
holidays = [2026-11-24, 2027-01-26]

[[hours]]
segments = ["NFO", "BFO"]
since = [2027-04-01, 2026-08-03]
pre_open = 09:00:00
opens = 09:15:00
auction = 15:30:00
closes = 15:40:00

[[hours]]
segments = ["CDS"]
opens = 09:00:00
closes = 17:00:00

[[closed]]
days = [2026-11-10]
segments = ["MCX"]
after = 12:00:00
until = 17:00:00

[[special]]
days = [2026-11-08]
segments = ["NSE"]
opens = 18:00:00
closes = 19:00:00
name = "Muhurat trading"

[[known]]
segments = ["NFO", "BFO"]
until = 2027-12-31
"""

DERIVATIVES = frozenset({Exchange.NFO, Exchange.BFO})
WITH_HOURS = frozenset(Exchange) - {Exchange.INDICES, Exchange.UNKNOWN}

KNOWN = '[[known]]\nsegments = ["NSE"]\nuntil = 2027-12-31\n'

SPECIAL = '[[special]]\ndays = [2026-11-08]\nsegments = ["NSE"]\nopens = 18:00:00\ncloses = 19:00:00\n'


def problem(text: str) -> str:
    """What is wrong with a file of this text, without its name."""
    with pytest.raises(UserError) as caught:
        parse_calendar(text, "sessions.toml")
    sentence = str(caught.value)
    assert sentence.startswith("sessions.toml: ")
    assert sentence.isprintable()
    return sentence.removeprefix("sessions.toml: ")


def derivatives(since: date) -> Hours:
    return Hours(DERIVATIVES, time(9, 15), time(15, 40), time(9), time(15, 30), since)


def test_every_field_is_read_and_hours_come_in_the_order_of_their_days() -> None:
    assert parse_calendar(EVERYTHING, "sessions.toml") == Calendar(
        hours=(
            Hours(frozenset({Exchange.CDS}), time(9), time(17)),
            derivatives(date(2026, 8, 3)),
            derivatives(date(2027, 4, 1)),
        ),
        closures=(
            Closure(frozenset({date(2026, 11, 24), date(2027, 1, 26)}), WITH_HOURS),
            Closure(frozenset({date(2026, 11, 10)}), frozenset({Exchange.MCX}), time(12), time(17)),
        ),
        specials=(
            Special(
                frozenset({date(2026, 11, 8)}),
                frozenset({Exchange.NSE}),
                time(18),
                time(19),
                "Muhurat trading",
            ),
        ),
        known=(Known(DERIVATIVES, date(2027, 12, 31)),),
    )


def test_a_name_can_only_be_printed() -> None:
    (special,) = parse_calendar(f'{SPECIAL}name = "a\\u001b[31mb"\n', "sessions.toml").specials
    assert special.name.isprintable()


@pytest.mark.parametrize("text", ["", "# nothing\n", "holidays = []\n"])
def test_a_file_may_say_nothing(text: str) -> None:
    calendar = parse_calendar(text, "sessions.toml")
    assert not calendar.hours
    assert not calendar.specials
    assert not calendar.known
    assert not any(closure.days for closure in calendar.closures)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("holidays = 2026-12-25", "holidays must be a list of days like [2026-12-25]"),
        ('holidays = ["2026-12-25"]', "holidays must be a list of days like [2026-12-25]"),
        ("holidays = [2026-12-25T00:00:00]", "holidays must be a list of days like [2026-12-25]"),
        ("holiday = []", 'no field "holiday"; did you mean holidays?'),
        ("zzz = 1", 'no field "zzz"; expected one of holidays, hours, closed, special, known'),
        ("[special]\n", "special must be written as [[special]], with a line for each field below it"),
        ("closed = [1]\n", "closed must be written as [[closed]], with a line for each field below it"),
        ("[[closed]]\ndays = []\n", "[[closed]] number 1: there is no segments; add it"),
        (f"{SPECIAL}closse = 1\n", '[[special]] number 1: no field "closse"; did you mean closes?'),
        (f'{SPECIAL}{SPECIAL}name = ["x"]\n', "[[special]] number 2: name must be a text"),
        (SPECIAL.replace("18:00:00", "19:00:00"), "[[special]] number 1: closes must be later than opens"),
        (SPECIAL.replace("18:00:00", '"18:00"'), "[[special]] number 1: opens must be a time like 09:15:00"),
        (
            KNOWN.replace("2027-12-31", "17:00:00"),
            "[[known]] number 1: until must be a day like 2026-12-31",
        ),
        (
            KNOWN.replace("2027-12-31", "[2027-12-31]"),
            "[[known]] number 1: until must be a day like 2026-12-31",
        ),
        (
            KNOWN.replace("2027-12-31", "2027-12-31T00:00:00"),
            "[[known]] number 1: until must be a day like 2026-12-31",
        ),
        (KNOWN.replace("NSE", "NES"), '[[known]] number 1: no segment "NES"; did you mean NSE?'),
        (f"{KNOWN}untill = 1\n", '[[known]] number 1: no field "untill"; did you mean until?'),
        ("[known]\n", "known must be written as [[known]], with a line for each field below it"),
        ("[[knwon]]\n", 'no field "knwon"; did you mean known?'),
        (SPECIAL.replace("NSE", "NES"), '[[special]] number 1: no segment "NES"; did you mean NSE?'),
        (SPECIAL.replace("NSE", "nse"), '[[special]] number 1: no segment "nse"; did you mean NSE?'),
        (SPECIAL.replace("NSE", "INDICES"), '[[special]] number 1: no segment "INDICES"; expected one of'),
        (
            SPECIAL.replace('["NSE"]', '"NSE"'),
            "[[special]] number 1: segments must be a list of segments like",
        ),
        (SPECIAL.replace('["NSE"]', "[]"), "[[special]] number 1: segments must be a list of segments like"),
        (SPECIAL.replace('["NSE"]', "[[1]]"), "[[special]] number 1: segments must be a list of segments"),
        (
            EVERYTHING.replace("09:00:00\nopens = 09:15", "09:20:00\nopens = 09:15"),
            "[[hours]] number 1: opens must be later than pre_open, on the same day",
        ),
        (
            EVERYTHING.replace("auction = 15:30:00", "auction = 15:45:00"),
            "[[hours]] number 1: closes must be later than auction, on the same day",
        ),
        (
            EVERYTHING.replace("until = 17", "until = 11"),
            "[[closed]] number 1: until must be later than after, on the same day",
        ),
        (
            f'{SPECIAL}"\\u001b[31m" = 1\n',
            '[[special]] number 1: no field "\\u001b[31m"; expected one of days',
        ),
    ],
)
def test_a_wrong_value_is_one_sentence_with_what_was_expected(text: str, expected: str) -> None:
    assert problem(text).startswith(expected)


@pytest.mark.parametrize(
    ("kind", "table", "name"),
    [
        *(("special", SPECIAL, name) for name in ("segments", "opens", "closes", "days")),
        *(("known", KNOWN, name) for name in ("segments", "until")),
    ],
)
def test_what_is_needed_is_missed_by_name(kind: str, table: str, name: str) -> None:
    text = "".join(line for line in table.splitlines(keepends=True) if not line.startswith(name))
    assert problem(text) == f"[[{kind}]] number 1: there is no {name}; add it"


@pytest.mark.parametrize(
    "text",
    [
        "\nopens = 9:15\n",
        "\nopens = 09:15\n",
        "\nholidays = [2026-12-32]\n",
        "\n???\n",
    ],
)
def test_what_is_no_toml_has_its_line_and_an_example(text: str) -> None:
    assert "(at line 2, column " in problem(text)
    assert problem(text).endswith("; expected lines of TOML like opens = 09:15:00")


@pytest.mark.parametrize("text", [f"a = {'[' * 5000}", f"a = {'9' * 5000}"])
def test_what_is_beyond_all_size_is_one_sentence(text: str) -> None:
    assert problem(text)


def test_a_name_that_never_ends_is_shortened() -> None:
    assert len(problem(f"{'x' * 5000} = 1")) < 200


@given(st.text())
def test_any_text_is_a_calendar_or_one_sentence(text: str) -> None:
    try:
        found = parse_calendar(text, "sessions.toml")
    except UserError:
        assert problem(text)
    else:
        assert isinstance(found, Calendar)


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert read_calendar(tmp_path / "sessions.toml") == Calendar()


def test_a_file_of_windows_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "sessions.toml"
    path.write_bytes(b"\xef\xbb\xbf" + EVERYTHING.replace("\n", "\r\n").encode())
    assert read_calendar(path) == parse_calendar(EVERYTHING, "sessions.toml")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_one_sentence(make, tmp_path: Path) -> None:
    path = tmp_path / "sessions.toml"
    make(path)
    with pytest.raises(UserError, match=r"sessions\.toml is not a file; move it away$"):
        read_calendar(path)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "sessions.toml"
    path.symlink_to(path)
    with pytest.raises(UserError, match=r"^cannot read .*symbolic links; make it readable$"):
        read_calendar(path)


def test_a_file_that_is_no_utf8_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "sessions.toml"
    path.write_bytes(b"name = '\xff'\n")
    with pytest.raises(UserError, match=r"sessions\.toml is not UTF-8; save the file as UTF-8$"):
        read_calendar(path)
