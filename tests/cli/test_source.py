from __future__ import annotations

from datetime import date

import pytest

from kitetui.cli.source import Feed, choose_source
from kitetui.errors import LoginError, UserError

ENV = {"KITE_API_KEY": "key", "KITE_ACCESS_TOKEN": "t0ken"}
TODAY = date(2026, 11, 22)


def test_credentials_mean_kite() -> None:
    source = choose_source(None, None, ENV, simulate=True)
    assert source.endpoint.root == "wss://ws.kite.trade/"
    assert not source.simulated


def test_a_monitor_without_credentials_is_simulated() -> None:
    assert choose_source(None, None, {}, simulate=True).simulated


def test_a_recorder_without_credentials_is_not() -> None:
    with pytest.raises(LoginError, match="KITE_API_KEY and KITE_ACCESS_TOKEN") as error:
        choose_source(None, None, {}, simulate=False)
    assert error.value.exit_code == 3


def test_asking_for_kite_without_credentials_is_refused() -> None:
    with pytest.raises(LoginError):
        choose_source(Feed.LIVE, None, {}, simulate=True)


@pytest.mark.parametrize("given", ENV)
def test_half_a_pair_of_credentials_names_the_other_half(given: str) -> None:
    (missing,) = ENV.keys() - {given}
    with pytest.raises(LoginError, match=f"^{missing} is not set"):
        choose_source(None, None, {given: "x"}, simulate=True)


def test_the_simulated_exchange_can_be_asked_for_in_spite_of_credentials() -> None:
    assert choose_source(Feed.SIM, None, ENV, simulate=False).simulated


def test_credentials_in_the_url_win() -> None:
    source = choose_source(None, "ws://127.0.0.1:9001/?api_key=a&access_token=b", ENV, simulate=False)
    assert source.credentials is not None
    assert (source.credentials.api_key, source.credentials.access_token) == ("a", "b")


def test_another_service_may_need_no_credentials() -> None:
    source = choose_source(None, "ws://127.0.0.1:9001", {}, simulate=False)
    assert source.credentials is None
    assert source.endpoint.root == "ws://127.0.0.1:9001/"


def test_kite_by_its_url_needs_them() -> None:
    with pytest.raises(LoginError):
        choose_source(None, "wss://ws.kite.trade", {}, simulate=False)


@pytest.mark.parametrize("url", ["", "nonsense", "http://127.0.0.1/", "ws://", "ws://:80", "ws://h:99999/"])
def test_a_url_that_is_none_is_one_sentence(url: str) -> None:
    if not url:
        assert choose_source(None, url, ENV, simulate=False).endpoint.root == "wss://ws.kite.trade/"
        return
    with pytest.raises(UserError, match=r"^--ws-url: ") as error:
        choose_source(None, url, ENV, simulate=False)
    assert error.value.exit_code == 2


def test_a_token_is_not_sent_in_the_clear_to_another_machine() -> None:
    with pytest.raises(UserError, match="use wss://"):
        choose_source(None, "ws://example.com/", ENV, simulate=False)


def test_a_url_and_the_simulated_exchange_contradict_each_other() -> None:
    with pytest.raises(UserError, match="leave out --ws-url"):
        choose_source(Feed.SIM, "ws://127.0.0.1:9001/", {}, simulate=False)


def test_no_secret_shows_in_the_source() -> None:
    assert "t0ken" not in repr(choose_source(None, None, ENV, simulate=False))


def test_made_up_and_expired_tokens_are_for_this_machine_only() -> None:
    here = choose_source(None, "ws://127.0.0.1:9001/", ENV, simulate=False).universe(TODAY)
    kite = choose_source(None, None, ENV, simulate=False).universe(TODAY)
    assert all(each.listed and (each.expiry is None or each.expiry >= TODAY) for each in kite)
    assert len(kite) < len(here)
