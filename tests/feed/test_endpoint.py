"""URLs taken apart and put together, and secrets kept out of sight."""

from __future__ import annotations

import traceback
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.feed import Account, Endpoint

KEY, TOKEN = "kitefront7", "s3cr3t+/=&%?#ü token"  # a token as awkward as a token can be
SECRETS = Account("default", KEY, TOKEN)


def test_kites_own_url_has_the_slash_and_both_secrets_percent_encoded() -> None:
    url = Endpoint().url(SECRETS)
    assert url.startswith(
        f"wss://ws.kite.trade/?api_key={KEY}&access_token=s3cr3t%2B%2F%3D%26%25%3F%23%C3%BC%20"
    )


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_credentials_come_out_of_the_url_as_they_went_in(key: str, token: str) -> None:
    query = urlsplit(Endpoint("ws://127.0.0.1:9001/").url(Account("default", key, token))).query
    assert parse_qsl(query, keep_blank_values=True) == [("api_key", key), ("access_token", token)]


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("ws://127.0.0.1:9001", "ws://127.0.0.1:9001/"),
        ("ws://127.0.0.1:9001?x=1", "ws://127.0.0.1:9001/"),
        ("wss://ws.kite.trade/?x=1", "wss://ws.kite.trade/"),
        ("wss://proxy.example/kite/ws", "wss://proxy.example/kite/ws"),
        ("WSS://ws.kite.trade/", "wss://ws.kite.trade/"),
        ("ws://[::1]:9001", "ws://[::1]:9001/"),
    ],
)
def test_the_root_has_a_path_even_where_the_url_had_none(url: str, root: str) -> None:
    endpoint, _ = Endpoint.parse(url)
    assert endpoint.root == endpoint.shown == root


def test_a_url_with_both_secrets_gives_them_and_keeps_neither() -> None:
    endpoint, credentials = Endpoint.parse(Endpoint("ws://127.0.0.1:9001/").url(SECRETS))
    assert credentials == SECRETS
    assert endpoint == Endpoint("ws://127.0.0.1:9001/")


def test_further_parameters_are_sent_along_in_their_order() -> None:
    endpoint, credentials = Endpoint.parse("wss://ws-sandbox.kite.trade/?user_id=AB1234&b=2&a=")
    assert credentials is None
    assert endpoint.url(Account("default", "k", "t")) == (
        "wss://ws-sandbox.kite.trade/?user_id=AB1234&b=2&a=&api_key=k&access_token=t"
    )


def test_without_credentials_or_parameters_the_root_is_dialled() -> None:
    assert Endpoint("ws://127.0.0.1:9001/").url(None) == "ws://127.0.0.1:9001/"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "kite",
        "http://127.0.0.1/",
        "ws:///path",
        "ws://:9001/",
        "ws://127.0.0.1:0/",
        "ws://127.0.0.1:99999/",
        "ws://127.0.0.1:port/",
        "ws://[::1/",
        "ws://user:pass@127.0.0.1/",
        "ws://user@127.0.0.1/",
        "ws://127.0.0.1/#part",
    ],
)
def test_what_is_no_websocket_url_is_a_sentence_without_the_url(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+ \w+") as caught:
        Endpoint.parse(url and f"{url}?api_key=SECRET-KEY&access_token=SECRET-TOKEN")
    report = "".join(traceback.format_exception(caught.value))
    assert "SECRET" not in str(caught.value)
    assert "Error: " in report
    assert "\nDuring handling of" not in report
    assert "\nThe above exception" not in report


def test_no_secret_is_in_what_is_shown() -> None:
    endpoint, credentials = Endpoint.parse(
        "ws://127.0.0.1:9001/?api_key=SECRET-KEY&access_token=SECRET-TOKEN"
    )
    for text in (repr(credentials), str(credentials), repr(endpoint), str(endpoint), endpoint.shown):
        assert "SECRET" not in text


@pytest.mark.parametrize("name", ["api_key", "access_token"])
def test_one_secret_alone_is_refused_and_not_shown(name: str) -> None:
    with pytest.raises(ValueError, match="takes both or neither") as error:
        Endpoint.parse(f"ws://127.0.0.1:9001/?{name}=SECRET")
    assert "SECRET" not in str(error.value)


def test_loopback_and_encryption_are_told_from_the_root() -> None:
    for root in ("ws://127.0.0.1:9001/", "ws://localhost/", "ws://[::1]:9001/"):
        assert Endpoint(root).is_loopback
        assert not Endpoint(root).is_encrypted
    for root in ("wss://ws.kite.trade/", "wss://localhost.example/"):
        assert not Endpoint(root).is_loopback
        assert Endpoint(root).is_encrypted


def test_the_official_sandbox_is_a_matter_of_configuration() -> None:
    endpoint = Endpoint("wss://ws-sandbox.kite.trade/", (("user_id", "AB1234"),))
    url = endpoint.url(Account("default", "key", "token"))
    assert url == "wss://ws-sandbox.kite.trade/?user_id=AB1234&api_key=key&access_token=token"


@pytest.mark.parametrize("root", ["", "https://api.kite.trade", "wss://ws.kite.trade/?user_id=AB1234"])
def test_a_root_that_is_none_is_refused(root: str) -> None:
    with pytest.raises(ValueError, match=r"WebSocket URL|has no query"):
        Endpoint(root)
