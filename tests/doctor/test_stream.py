"""One dial of the socket, and what it proves."""

from __future__ import annotations

import asyncio

import pytest

from kitetui.account import EndpointProfile, Secrets
from kitetui.doctor import State
from kitetui.doctor.network import Dialled, connections, dial, heartbeat, market_data
from tests.doctor.helpers import serving

SECRETS = Secrets(api_key="k3y", access_token="t0ken/+")


def profile(socket: str, *, sends_user_id: bool = False) -> EndpointProfile:
    return EndpointProfile("it", "http://127.0.0.1", "http://127.0.0.1", socket, sends_user_id=sends_user_id)


async def test_a_dial_has_the_pair_and_ends_politely() -> None:
    async with serving(says=b"\0") as (url, seen):
        dialled = await dial(profile(url), SECRETS, "AB1234", limit=5)
        async with asyncio.timeout(5):
            while len(seen) < 2:  # noqa: ASYNC110 - the server's side of the close
                await asyncio.sleep(0.001)
    assert seen == ["/?api_key=k3y&access_token=t0ken%2F%2B", "closed 1000"]
    assert market_data(dialled, token_is_alive=True).state is State.OK
    assert connections(dialled).state is State.OK
    assert heartbeat(dialled).state is State.OK


async def test_the_user_is_named_where_the_service_wants_that() -> None:
    async with serving(says=b"\0") as (url, seen):
        await dial(profile(url, sends_user_id=True), SECRETS, "AB1234", limit=5)
    assert seen[0] == "/?user_id=AB1234&api_key=k3y&access_token=t0ken%2F%2B"


async def test_a_socket_that_is_closed_at_once_says_why_without_secrets() -> None:
    async with serving(close="no t0ken/+ here") as (url, _):
        dialled = await dial(profile(url), SECRETS, "", limit=5)
    assert market_data(dialled, token_is_alive=True).state is State.OK
    assert heartbeat(dialled).found == (
        "the socket opens and stays silent: closed by the server (1008: no [hidden] here)"
    )


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_condemns_the_plan_only_where_the_token_is_alive(status: int) -> None:
    refused = Dialled(refusal=f"login refused ({status})", status=status)
    assert market_data(refused, token_is_alive=True).found.startswith("the API key has no market-data plan")
    assert market_data(refused, token_is_alive=False).sentence == (
        f"login refused ({status}); run kitetui login"
    )
    assert connections(refused).state is State.SKIPPED
    assert heartbeat(refused).state is State.SKIPPED


def test_too_many_connections_say_nothing_of_the_plan() -> None:
    crowded = Dialled(refusal="too many", status=429)
    assert market_data(crowded, token_is_alive=True).state is State.SKIPPED
    assert connections(crowded).state is State.FAILED
