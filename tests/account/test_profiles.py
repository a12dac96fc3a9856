"""A service is its addresses, and secrets go nowhere else, and never in the clear."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from kitetui.account import KITE, SANDBOX, SIMULATOR, EndpointProfile, endpoint_named
from kitetui.errors import UserError
from kitetui.feed import Endpoint


def test_routes_of_kite_stand_below_its_root() -> None:
    assert KITE.url("/user/profile") == "https://api.kite.trade/user/profile"
    assert KITE.url("/instruments/NSE") == "https://api.kite.trade/instruments/NSE"


def test_the_sandbox_has_a_prefix_before_all_but_the_instruments() -> None:
    assert SANDBOX.url("/session/token") == "https://sandbox.kite.trade/oms/session/token"
    assert SANDBOX.url("/instruments") == "https://sandbox.kite.trade/instruments"
    assert SANDBOX.url("/instruments/NSE") == "https://sandbox.kite.trade/instruments/NSE"


def test_only_the_sandbox_wants_the_user_on_its_socket() -> None:
    assert SANDBOX.socket_query("AB1234") == (("user_id", "AB1234"),)
    assert KITE.socket_query("AB1234") == SIMULATOR.socket_query("AB1234") == ()


@pytest.mark.parametrize("service", [KITE, SANDBOX, SIMULATOR], ids=lambda each: each.name)
def test_the_socket_of_a_service_is_one_that_the_feed_dials(service: EndpointProfile) -> None:
    assert Endpoint(service.socket, service.socket_query("AB1234")).root == service.socket


def test_the_login_page_is_given_what_is_to_come_back() -> None:
    url = urlsplit(KITE.login_url("a key&", "state+/="))
    assert url.netloc + url.path == "kite.zerodha.com/connect/login"
    query = parse_qs(url.query)
    assert (query["v"], query["api_key"]) == (["3"], ["a key&"])
    assert parse_qs(query["redirect_params"][0]) == {"state": ["state+/="]}


def test_a_service_is_found_by_its_name_and_the_users_own_goes_first() -> None:
    own = EndpointProfile("kite", "https://kite.example", "https://kite.example/login", "wss://kite.example/")
    assert endpoint_named("sandbox") is SANDBOX
    assert endpoint_named("kite", [own]) is own
    with pytest.raises(UserError, match=r"^no endpoint 'kit\\x1be'; there are kite, sandbox, simulator$"):
        endpoint_named("kit\x1be")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "ftp://host",
        "https://",
        "https://h:99999",
        "https://h?a=b",
        "https://user:pass@h",
        "https://[",
    ],
)
def test_an_address_that_is_none_is_one_sentence(url: str) -> None:
    with pytest.raises(UserError, match=r"^endpoint mine: rest is (no|a) URL"):
        EndpointProfile("mine", url, "https://h/login", "wss://h/")


@pytest.mark.parametrize(
    ("rest", "login", "socket", "what"),
    [
        ("http://h", "https://h", "wss://h", "rest would send secrets in the clear .* use https://"),
        ("https://h", "http://h", "wss://h", "login would send secrets in the clear .* use https://"),
        ("https://h", "https://h", "ws://h", "socket would send secrets in the clear .* use wss://"),
    ],
)
def test_no_secret_goes_to_another_machine_in_the_clear(
    rest: str, login: str, socket: str, what: str
) -> None:
    with pytest.raises(UserError, match=what):
        EndpointProfile("mine", rest, login, socket)


def test_a_root_of_routes_has_no_slash_at_its_end() -> None:
    with pytest.raises(UserError, match="rest has a slash at its end; leave it out"):
        EndpointProfile("mine", "https://h/", "https://h/login", "wss://h/")


@pytest.mark.parametrize("prefix", ["oms", "/oms/", "/", "/o ms", "/oms?a=b", "/\u202e"])
def test_a_prefix_is_a_path(prefix: str) -> None:
    with pytest.raises(UserError, match="prefix is no path; write it like /oms"):
        EndpointProfile("mine", "https://h", "https://h/login", "wss://h/", prefix=prefix)


def test_this_machine_may_be_spoken_to_in_the_clear() -> None:
    assert SIMULATOR.is_loopback
    assert not KITE.is_loopback
