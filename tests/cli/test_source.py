"""Which feed a run uses, and that no token ever goes to another service than its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kitetui import logs
from kitetui.account import DEFAULT, EndpointProfile, Secrets, Vault
from kitetui.cli.source import Feed, Source, choose_source
from kitetui.config import Config, FeedSettings
from kitetui.errors import LoginError, UserError
from kitetui.instruments import Universe
from kitetui.market.calendarfile import load_calendar
from kitetui.wire import Exchange
from tests.account.helpers import SECRETS
from tests.market.moments import at

ENV = {"KITE_API_KEY": "key", "KITE_ACCESS_TOKEN": "t0ken"}
WS_URL = "ws://127.0.0.1:9001/"
TODAY = date(2026, 11, 22)
KITE, SANDBOX = "wss://ws.kite.trade/", "wss://ws-sandbox.kite.trade/"
MINE = EndpointProfile("mine", "https://mine.example", "https://mine.example/login", "wss://mine.example")


def choose(
    environment: Mapping[str, str] = {},
    *,
    config: Config | None = None,
    simulate: bool = False,
    **options: Any,
) -> Source:
    """Choose as a recorder does, or as a monitor with `simulate`, without options unless given."""
    wanted: dict[str, Any] = {"feed": None, "ws_url": None, "account": None, "endpoint": None, **options}
    vault = Vault(environment=environment)
    return choose_source(**wanted, config=config or Config(), vault=vault, simulate=simulate)


def configured(**feed: Any) -> Config:
    return Config(feed=FeedSettings(**feed), endpoints=(MINE,))


def store(account: str = DEFAULT, **changes: Any) -> Secrets:
    secrets = replace(SECRETS, **changes)
    Vault(environment={}).store(account, secrets)
    return secrets


def pair_of(source: Source) -> tuple[object, object]:
    account = asyncio.run(source.account.at_this_moment())
    return account.api_key, account.access_token


STORED = (SECRETS.api_key, SECRETS.access_token)
OF_ENV = ("key", "t0ken")


def test_a_login_means_the_service_that_it_is_of() -> None:
    store()
    store("second", endpoint="sandbox")
    kite, sandbox = choose(), choose(account="second")
    assert (kite.endpoint.root, kite.endpoint.query) == (KITE, ())
    assert (sandbox.endpoint.root, sandbox.endpoint.query) == (SANDBOX, (("user_id", "AB1234"),))
    assert pair_of(kite) == pair_of(sandbox) == STORED
    assert not kite.simulated
    assert (kite.account.name, sandbox.account.name) == ("default", "second")


def test_the_environment_wins_over_the_login_and_the_configuration() -> None:
    store("second")
    source = choose(ENV, config=configured(account="second"))
    assert pair_of(source) == OF_ENV
    assert source.endpoint.root == KITE


def test_an_account_that_is_named_wins_over_the_environment() -> None:
    store("second")
    assert pair_of(choose(ENV, account="second")) == STORED
    assert pair_of(choose(ENV, account="default")) == OF_ENV


def test_the_configuration_names_the_account_where_no_option_does() -> None:
    store(api_key="first")
    store("second", api_key="second")
    assert choose(config=configured(account="second")).account.api_key == "second"
    assert choose(config=configured(account="second"), account="default").account.api_key == "first"


def test_a_service_of_the_configuration_is_dialled() -> None:
    store(endpoint="mine")
    for config in (configured(), configured(endpoint="mine")):
        assert choose(config=config).endpoint.root == "wss://mine.example/"
    assert choose(ENV, config=configured(endpoint="mine")).endpoint.root == "wss://mine.example/"
    with pytest.raises(UserError, match="no endpoint 'mine'; there are kite, sandbox, simulator"):
        choose()


def test_the_pair_of_the_environment_goes_to_the_service_that_is_named() -> None:
    source = choose(ENV, endpoint="simulator", config=configured(endpoint="mine"))
    assert source.endpoint.root == "ws://127.0.0.1:9001/"
    with pytest.raises(LoginError, match="endpoint sandbox wants the user's id, which comes with a login"):
        choose(ENV, endpoint="sandbox")


@pytest.mark.parametrize("how", [{"endpoint": "mine"}, {"config": configured(endpoint="mine")}])
def test_a_token_is_not_sent_to_another_service_than_its_own(how: dict[str, Any]) -> None:
    store()
    with pytest.raises(LoginError, match="is logged in at kite and not at mine; log in there"):
        choose(**{"config": configured(), **how})


def test_the_simulated_exchanges_prices_are_made_up() -> None:
    store(endpoint="simulator")
    source = choose()
    assert source.simulated
    assert not source.embedded


@pytest.mark.parametrize(
    ("moment", "lasting", "is_open"),
    [
        ("Fri 2026-11-20 11:00", 0.0, True),
        ("Fri 2026-11-20 09:16", 30.0, True),
        ("Fri 2026-11-20 09:16", 90.0, False),
        ("Fri 2026-11-20 20:00", 0.0, False),
        ("Tue 2026-11-24 11:00", 0.0, False),
    ],
)
def test_a_manager_knows_the_hours_of_its_market_and_that_made_up_prices_have_none(
    moment: str, lasting: float, is_open: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitetui.cli.source.time", SimpleNamespace(time=lambda: at(moment)))
    shares = [Exchange.NSE, Exchange.INDICES]
    calendar = load_calendar()
    real, made_up = (each.manager(3, calendar).config for each in (choose(ENV), choose(simulate=True)))
    assert real.market_is_open is not None
    assert made_up.market_is_open is not None
    assert real.market_is_open(shares, lasting) is is_open
    assert made_up.market_is_open(shares, lasting)


def test_a_monitor_without_a_login_is_simulated() -> None:
    source = choose(simulate=True)
    assert source.simulated
    assert source.embedded


def test_a_recorder_without_a_login_is_not() -> None:
    with pytest.raises(LoginError, match="account default has no login; run kitetui login, or use") as error:
        choose()
    assert error.value.exit_code == 3


@pytest.mark.parametrize(
    ("wanted", "command"),
    [
        ({"feed": Feed.LIVE}, "kitetui login,"),
        ({"account": "second"}, "kitetui login --account second,"),
        ({"endpoint": "sandbox"}, "kitetui login --endpoint sandbox,"),
    ],
)
def test_what_is_asked_for_is_not_simulated_instead(wanted: dict[str, Any], command: str) -> None:
    with pytest.raises(LoginError, match=f"has no login; run {command} or use"):
        choose(simulate=True, **wanted)


@pytest.mark.parametrize("given", ENV)
def test_half_a_pair_of_credentials_names_the_other_half(given: str) -> None:
    (missing,) = ENV.keys() - {given}
    store("second")
    with pytest.raises(LoginError, match=f"^{missing} is not set"):
        choose({given: "x"}, simulate=True, config=configured(account="second"))
    assert pair_of(choose({given: "x"}, account="second")) == STORED


def test_a_vault_that_cannot_be_read_is_told_and_nothing_simulated(home: Path) -> None:
    store()
    (home / "data" / "accounts").chmod(0o755)
    with pytest.raises(UserError, match="others can read"):
        choose(simulate=True)


def test_the_simulated_exchange_can_be_asked_for_in_spite_of_a_login() -> None:
    store()
    assert choose(ENV, feed=Feed.SIM).embedded


def test_credentials_in_the_url_win() -> None:
    source = choose(ENV, ws_url="ws://127.0.0.1:9001/?api_key=a&access_token=b")
    assert pair_of(source) == ("a", "b")


def test_a_url_gets_the_pair_of_the_environment_and_never_a_login() -> None:
    store()
    url = "wss://example.com"
    assert pair_of(choose(ENV, ws_url=url)) == OF_ENV
    source = choose(ws_url=url)
    assert pair_of(source) == (None, None)
    assert source.endpoint.root == "wss://example.com/"


def test_kite_by_its_url_needs_them() -> None:
    with pytest.raises(LoginError, match="leave it out and run kitetui login"):
        choose(ws_url="wss://ws.kite.trade")


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1/", "ws://", "ws://:80", "ws://h:99999/"])
def test_a_url_that_is_none_is_one_sentence(url: str) -> None:
    with pytest.raises(UserError, match=r"^--ws-url: ") as error:
        choose(ENV, ws_url=url)
    assert error.value.exit_code == 2


def test_an_empty_url_is_none() -> None:
    assert choose(ENV, ws_url="").endpoint.root == KITE


def test_a_token_is_not_sent_in_the_clear_to_another_machine() -> None:
    with pytest.raises(UserError, match="use wss://"):
        choose(ENV, ws_url="ws://example.com/")


@pytest.mark.parametrize(
    ("options", "superfluous"),
    [
        ({"feed": Feed.SIM, "ws_url": "ws://127.0.0.1:9001/"}, r"--ws-url \(KITETUI_WS_URL\)"),
        ({"feed": Feed.SIM, "account": "second"}, "--account"),
        ({"feed": Feed.SIM, "endpoint": "kite"}, "--endpoint"),
        ({"ws_url": "ws://127.0.0.1:9001/", "account": "second"}, "--account"),
        ({"ws_url": "ws://127.0.0.1:9001/", "endpoint": "kite"}, "--endpoint"),
    ],
)
def test_options_that_contradict_each_other_are_one_sentence(
    options: dict[str, Any], superfluous: str
) -> None:
    with pytest.raises(UserError, match=f"leave out {superfluous}$"):
        choose(**options)


@pytest.mark.parametrize(
    ("options", "environment", "renewal"),
    [
        ({}, {}, "run kitetui login"),
        ({"account": "second"}, {}, "run kitetui login --account second"),
        ({}, ENV, "set KITE_ACCESS_TOKEN anew and start again"),
        (
            {"ws_url": "ws://127.0.0.1/"},
            ENV,
            "start again with an access_token of today in KITE_ACCESS_TOKEN",
        ),
        ({"ws_url": "ws://127.0.0.1/"}, {}, "give --ws-url an api_key and an access_token"),
    ],
)
def test_who_is_refused_is_told_what_to_do(
    options: dict[str, Any], environment: dict[str, str], renewal: str
) -> None:
    store()
    store("second")
    source = choose(environment, **options)
    assert source.renewal == renewal
    assert source.follows_logins == renewal.startswith("run kitetui login")


def test_a_token_that_has_ended_is_told_of_and_dialled_with_all_the_same() -> None:
    store("second", issued_at=1_795_000_000.0)
    source = choose(account="second")
    assert source.ended == (
        "the access token ended on Thu 06:00 IST; log in with kitetui login --account second"
    )
    assert pair_of(source) == STORED
    store(issued_at=4e9)
    assert choose().ended == ""


def test_no_secret_shows_in_the_source() -> None:
    store()
    shown = repr(choose(ENV)) + repr(choose())
    secrets = (ENV["KITE_ACCESS_TOKEN"], SECRETS.api_key, SECRETS.api_secret, SECRETS.access_token)
    assert not [secret for secret in secrets if secret in shown]


def test_the_pair_of_the_environment_is_hidden_in_the_log_but_for_the_words_of_this_machine() -> None:
    choose(ENV, ws_url=WS_URL)
    assert not logs._hidden
    choose(ENV)
    assert logs._hidden == {"key", "t0ken"}


async def test_made_up_and_expired_tokens_are_for_this_machine_only() -> None:
    here = (await choose(ENV, ws_url="ws://127.0.0.1:9001/").instruments(TODAY)).universe
    kite = (await choose(ENV).instruments(TODAY)).universe
    assert all(each.listed and (each.expiry is None or each.expiry >= TODAY) for each in kite)
    assert len(kite) < len(here)


def test_a_source_can_be_asked_for_what_is_tradable_there() -> None:
    everything = Universe.load()
    store(endpoint="simulator")
    assert len(choose().tradable(everything, TODAY)) == len(everything)
    assert all(each.tradable_on(TODAY) for each in choose(ENV).tradable(everything, TODAY))


def test_what_the_embedded_exchange_does_not_have_is_said() -> None:
    source = choose_source(
        feed=Feed.SIM,
        ws_url=None,
        account=None,
        endpoint=None,
        config=Config(),
        vault=Vault(environment={}),
        simulate=True,
    )
    universe = Universe.load()
    assert source.strangers([universe.resolve("NSE:INFY")]) == []
    assert source.strangers([universe.resolve("5633")]) == [
        "the simulated exchange does not have NSE:5633: nothing will come for it"
    ]
    several = [universe.resolve(str(number << 8 | 1)) for number in range(900_001, 900_006)]
    (said,) = source.strangers(several)
    assert said.count("NSE:") == 3
    assert " and 2 more: " in said
