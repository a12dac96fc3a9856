"""The whole login: a browser, the exchange's REST, the vault, and a feed that goes on with the new token."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from http import HTTPStatus

import pytest
from websockets.asyncio.client import connect

from kitetui.account import DEFAULT, KeptToken, Secrets, Vault, valid_until
from kitetui.account.login import LoggedIn, log_in, log_in_by_browser, log_out, new_state
from kitetui.account.problems import KeyPairError, RequestTokenError, TokenEndedError
from kitetui.account.rest import KiteRest, User
from kitetui.errors import LoginError
from kitetui.feed import Endpoint, FeedState, KiteManagerConfig, KiteTickerManager, Ticks
from kitetui.simulator import SimulatedExchange
from tests.account.helpers import Browser, account_at, an_hour_ahead, request_token, service_of

INFY = 408065
PATIENCE = 20.0


@pytest.fixture
def account(exchange: SimulatedExchange) -> Secrets:
    return account_at(exchange)


async def log_in_at(exchange: SimulatedExchange, account: Secrets) -> LoggedIn:
    return await log_in_by_browser(service_of(exchange), account, Browser(), PATIENCE)


async def test_a_browser_that_follows_the_page_logs_in(exchange: SimulatedExchange, account: Secrets) -> None:
    browser = Browser()
    given = await log_in_by_browser(service_of(exchange), account, browser, PATIENCE)
    assert given.name == "Simulated User"
    assert given.unproven == ""
    assert abs(given.clock_ahead) < 5
    assert given.secrets == replace(
        account,
        access_token=given.secrets.access_token,
        user_id="SIM001",
        issued_at=given.secrets.issued_at,
    )
    (page,) = browser.pages
    assert (page.status_code, "Received" in page.text) == (200, True)


async def test_the_socket_takes_the_new_token_and_the_old_one_no_more(
    exchange: SimulatedExchange, account: Secrets
) -> None:
    before = exchange.url_with_credentials
    given = await log_in_at(exchange, account)
    assert given.secrets.access_token in exchange.url_with_credentials
    async with connect(exchange.url_with_credentials):
        assert len(exchange.clients) == 1
    with pytest.raises(Exception, match="403"):
        await connect(before)


async def test_a_running_feed_takes_up_a_login_by_itself(
    exchange: SimulatedExchange, account: Secrets
) -> None:
    vault = Vault(environment={})
    vault.store(DEFAULT, (await log_in_at(exchange, account)).secrets)
    exchange.expire_token("of another program")
    config = KiteManagerConfig(endpoint=Endpoint(exchange.url), max_connections=1, health_check_interval=0.02)
    manager = KiteTickerManager("simulated", KeptToken.of(vault), config)
    await manager.subscribe_symbols([INFY])
    async with asyncio.timeout(PATIENCE), manager:
        async for _ in manager:
            if manager.get_status().state is FeedState.DOWN:
                break
        vault.store(DEFAULT, (await log_in_at(exchange, account)).secrets)
        async for message in manager:
            if isinstance(message, Ticks):
                break
        assert manager.get_status().state is not FeedState.DOWN


async def test_a_login_that_is_cancelled_changes_nothing(
    exchange: SimulatedExchange, account: Secrets
) -> None:
    exchange.rest.faults.cancelled = True
    before = exchange.url_with_credentials
    with pytest.raises(LoginError, match="was cancelled in the browser"):
        await log_in_at(exchange, account)
    assert exchange.url_with_credentials == before


async def test_a_redirect_with_a_foreign_state_does_not_log_in(
    exchange: SimulatedExchange, account: Secrets
) -> None:
    browser = Browser(lambda address: address.replace("state=", "state=x"))
    with pytest.raises(LoginError, match="only one of another login"):
        await log_in_by_browser(service_of(exchange), account, browser, patience=0.2)
    assert browser.pages[0].status_code == 404


async def test_a_wrong_secret_is_found_out_at_the_exchange(
    exchange: SimulatedExchange, account: Secrets
) -> None:
    with pytest.raises(KeyPairError):
        await log_in_at(exchange, replace(account, api_secret="wrong"))


async def test_a_request_token_is_exchanged_once(exchange: SimulatedExchange, account: Secrets) -> None:
    token = await request_token(exchange)
    first = await log_in(service_of(exchange), account, token)
    with pytest.raises(RequestTokenError):
        await log_in(service_of(exchange), account, token)
    assert await log_out(service_of(exchange), first.secrets) == ""


async def test_a_token_that_cannot_be_tried_is_not_thrown_away(
    exchange: SimulatedExchange, account: Secrets
) -> None:
    token = await request_token(exchange)
    exchange.rest.faults.route = "/user"
    exchange.rest.faults.refuse(HTTPStatus.BAD_GATEWAY)
    given = await log_in(service_of(exchange), account, token)
    assert "Kite does not work at the moment (502)" in given.unproven
    assert given.secrets.access_token in exchange.url_with_credentials
    assert given.secrets.user_id == "SIM001"


async def test_a_token_that_is_dead_at_once_is_no_login(
    exchange: SimulatedExchange, account: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tried_too_late(self: KiteRest, access_token: str) -> User:
        exchange.expire_token("of another login")
        return await trying(self, access_token)

    trying = KiteRest.user
    monkeypatch.setattr(KiteRest, "user", tried_too_late)
    with pytest.raises(TokenEndedError):
        await log_in(service_of(exchange), account, await request_token(exchange))


async def test_a_clock_an_hour_off_is_told_and_the_token_ends_by_kites(
    account: Secrets,
) -> None:
    async with SimulatedExchange(rate=0, rest_port=0, now=an_hour_ahead) as exchange:
        given = await log_in(service_of(exchange), account, await request_token(exchange))
    assert given.clock_ahead == pytest.approx(-3600, abs=5)
    assert given.secrets.issued_at == pytest.approx(an_hour_ahead(), abs=5)
    assert valid_until(given.secrets.issued_at or 0) > an_hour_ahead()


async def test_a_logout_that_cannot_be_made_says_why(exchange: SimulatedExchange, account: Secrets) -> None:
    given = await log_in_at(exchange, account)
    service = service_of(exchange)
    assert await log_out(service, given.secrets) == ""
    assert "has ended" in await log_out(service, given.secrets)
    exchange.rest.faults.refuse(HTTPStatus.BAD_GATEWAY)
    assert "502" in await log_out(service, given.secrets)


def test_no_state_is_like_another() -> None:
    states = {new_state() for _ in range(100)}
    assert len(states) == 100
    assert min(map(len, states)) >= 32
