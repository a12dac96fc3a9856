"""`kitetui instruments`: what is printed for people, for programs, and for what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any

import pytest

from kitetui.cli.main import run
from kitetui.instruments.archive import Archive
from kitetui.paths import cache_folder, config_folder
from kitetui.times import IST
from tests.cli.served import Served

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served() as served:
        yield served


@pytest.fixture(autouse=True)
def _configured(served: Served) -> Iterator[None]:
    config_folder().mkdir(parents=True, exist_ok=True)
    served.configure("simulator")
    yield
    served.exchange.rest.faults.lift()


def output(capsys: Captured, *arguments: str) -> str:
    assert run(["instruments", *arguments, "--endpoint", "simulator"]) == 0
    return capsys.readouterr().out


def complaint(capsys: Captured, *arguments: str) -> str:
    assert run(["instruments", *arguments, "--endpoint", "simulator"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def entries(capsys: Captured, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(output(capsys, *arguments, "--json"))
    return found


def test_a_sync_says_how_many_there_are_and_where(capsys: Captured, served: Served) -> None:
    text = output(capsys, "sync")
    assert text.startswith(f"{len(served.exchange.instruments)} instruments of simulator in ")
    assert text.rstrip().endswith(str(cache_folder() / "instruments" / "simulator.v1.sqlite"))


def test_a_sync_that_fails_is_one_sentence_and_keeps_what_there_is(capsys: Captured, served: Served) -> None:
    output(capsys, "sync")
    served.exchange.rest.faults.refuse(HTTPStatus.BAD_GATEWAY)
    assert complaint(capsys, "sync").startswith("kitetui: Kite does not work at the moment (502)")
    assert entries(capsys, "search", "infy")[0]["symbol"] == "NSE:INFY"


def test_a_search_prints_a_line_each_under_a_head(capsys: Captured) -> None:
    output(capsys, "sync")
    head, first, *_ = output(capsys, "search", "nifty", "dec", "ce").splitlines()
    assert head.split() == ["symbol", "kind", "expiry", "strike", "lot_size", "instrument_token", "name"]
    assert first.split()[:2] == ["NFO:NIFTY26DEC25000CE", "CE"]
    assert not first.endswith(" ")


def test_the_words_of_a_search_may_come_as_one_or_as_several(capsys: Captured) -> None:
    output(capsys, "sync")
    assert output(capsys, "search", "hdfc bank") == output(capsys, "search", "hdfc", "bank")


def test_a_search_shows_no_more_than_asked_for(capsys: Captured) -> None:
    output(capsys, "sync")
    assert len(entries(capsys, "search", "n", "--limit", "3")) == 3


def test_programs_get_prices_as_texts_and_nothing_as_null(capsys: Captured) -> None:
    output(capsys, "sync")
    assert entries(capsys, "show", "408065") == [
        {
            "symbol": "NSE:INFY",
            "name": "INFOSYS",
            "kind": "EQ",
            "segment": "NSE",
            "instrument_token": 408065,
            "expiry": None,
            "strike": None,
            "tick_size": "0.10",
            "lot_size": 1,
        }
    ]


def test_a_symbol_is_shown_field_by_field(capsys: Captured) -> None:
    output(capsys, "sync")
    fields = dict(line.split(maxsplit=1) for line in output(capsys, "show", "nse:infy").splitlines())
    assert fields["instrument_token"] == "408065"
    assert fields["expiry"] == "-"


def test_a_pattern_and_a_set_are_shown_as_a_table(capsys: Captured) -> None:
    output(capsys, "sync")
    assert len(output(capsys, "show", "nse:hdfc*").splitlines()) == 4
    assert len(output(capsys, "show", "@niftybank").splitlines()) == 13


def test_without_a_list_the_built_in_one_is_searched_and_said(capsys: Captured) -> None:
    assert run(["instruments", "search", "infy", "--endpoint", "simulator"]) == 0
    captured = capsys.readouterr()
    assert "NSE:INFY" in captured.out
    assert captured.err.startswith("kitetui: no instruments of simulator are here yet")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["search", "xyzzy"], "nothing is found for 'xyzzy'"),
        (["show", "NSE:RELIANC"], "no NSE:RELIANC; did you mean NSE:RELIANCE?"),
        (["show", "@nobody"], "no set @nobody"),
        (["search", "n", "--limit", "0"], "--limit"),
    ],
)
def test_what_is_wrong_is_one_sentence(capsys: Captured, arguments: list[str], said: str) -> None:
    run(["instruments", "sync", "--endpoint", "simulator"])
    capsys.readouterr()
    text = complaint(capsys, *arguments)
    assert text.startswith("kitetui: ")
    assert said in text
    assert text.count("\n") == 1


def test_a_past_day_is_shown_as_it_was(capsys: Captured) -> None:
    row = (513, "NFO", "GONE26NOVFUT", "GONE", "FUT", "2026-11-24", None, 5, 75, 0, 1)
    Archive.of("simulator").keep([row], datetime(2026, 11, 20, 9, tzinfo=IST).timestamp())
    (entry,) = entries(capsys, "show", "NFO:GONE26NOVFUT", "--on", "2026-11-23")
    assert (entry["instrument_token"], entry["expiry"]) == (513, "2026-11-24")
    assert [each["symbol"] for each in entries(capsys, "search", "gone", "--on", "2026-11-23")] == [
        "NFO:GONE26NOVFUT"
    ]
    assert "no NFO:GONE26NOVFUT" in complaint(capsys, "show", "NFO:GONE26NOVFUT")


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("yesterday", "--on takes a day like 2026-11-25, not 'yesterday'"),
        ("2999-01-01", "--on 2999-01-01 is still to come; name a day up to today"),
        ("2001-01-01", "no instruments of simulator are kept of 01 Jan 2001 or before"),
    ],
)
def test_a_day_that_cannot_be_shown_is_told_why(capsys: Captured, day: str, sentence: str) -> None:
    assert sentence in complaint(capsys, "show", "NSE:INFY", "--on", day)
