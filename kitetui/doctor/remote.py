"""The checks of an account and of the service that it belongs to, and what they rest on.

What several of them need is asked once. A check whose ground is missing says so and is skipped, so that one
thing that does not work is one failure and not seven.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from kitetui.account import EndpointProfile, Vault
from kitetui.account.rest import User
from kitetui.doctor import service, stream
from kitetui.doctor.checks import Check, Fact, in_thread
from kitetui.doctor.finding import Finding, Group, State, skipped
from kitetui.doctor.hosts import look_at_host
from kitetui.doctor.instruments import Summary, instruments_check
from kitetui.doctor.login import Login, permissions, read_login
from kitetui.doctor.service import Answer, ask_service
from kitetui.doctor.stream import Dialled, dial
from kitetui.errors import UserError

T = TypeVar("T")

_NO_LOGIN: Final = skipped("there is no login to try")

Profiles = Callable[[str], EndpointProfile]
"""Gives the service of a name, or raises UserError."""

Instruments = Callable[[EndpointProfile], Summary]
"""Gives what is known of the instruments of a service; may take its time."""


class Remote:
    """An account's checks; each instance looks once."""

    def __init__(
        self,
        vault: Vault,
        account: str,
        endpoint: str | None,
        profiles: Profiles,
        instruments: Instruments,
        limit: float,
        now: Callable[[], float],
    ) -> None:
        """Take the account's name, and that of another service than its own, if that is to be looked at."""
        self._vault = vault
        self._account = account
        self._endpoint = endpoint
        self._profiles = profiles
        self._summary = instruments
        self._limit = limit
        self._now = now
        self._login = Fact(self._read_login)
        self._rest_host = Fact(self._look_at_rest_host)
        self._socket_host = Fact(self._look_at_socket_host)
        self._answer = Fact(self._ask)
        self._dialled = Fact(self._dial)

    def checks(self) -> list[Check]:
        """Return the checks in their order."""
        return [
            Check(Group.ACCOUNT, "login", self._login_finding),
            Check(Group.ACCOUNT, "permissions", self._permissions),
            Check(Group.ACCOUNT, "token", self._token),
            Check(Group.KITE, "REST host", lambda: _value(self._rest_host)),
            Check(Group.KITE, "REST service", self._service),
            Check(Group.KITE, "clock", self._clock),
            Check(Group.KITE, "socket host", lambda: _value(self._socket_host)),
            Check(Group.KITE, "market data", self._market_data),
            Check(Group.KITE, "heartbeat", self._of_dialled(stream.heartbeat)),
            Check(Group.KITE, "connections", self._of_dialled(stream.connections)),
            Check(Group.INSTRUMENTS, "instruments", self._instruments),
        ]

    async def _read_login(self) -> Login:
        return await read_login(self._vault, self._account, self._endpoint, self._profiles, self._limit)

    async def _look_at_rest_host(self) -> Finding:
        return await look_at_host((await self._login).endpoint.rest, self._limit)

    async def _look_at_socket_host(self) -> Finding:
        return await look_at_host((await self._login).endpoint.socket, self._limit)

    async def _ask(self) -> Answer | Finding:
        if (await self._rest_host).state is State.FAILED:
            return skipped("the REST host cannot be reached")
        return await ask_service(await self._login, self._limit, self._now)

    async def _dial(self) -> Dialled | Finding:
        login, answer = await self._login, await self._answer
        if login.secrets is None:
            return _NO_LOGIN
        if (await self._socket_host).state is State.FAILED:
            return skipped("the socket's host cannot be reached")
        user_id = login.secrets.user_id
        if isinstance(answer, Answer) and answer.came:
            if isinstance(answer.said, UserError):
                return skipped("the access token is not alive")
            user_id = answer.said.user_id
        return await dial(login.endpoint, login.secrets, user_id, self._limit)

    async def _login_finding(self) -> Finding:
        return (await self._login).finding

    async def _permissions(self) -> Finding:
        return await in_thread(lambda: permissions(self._account), self._limit)

    async def _token(self) -> Finding:
        login, answer = await self._login, await self._answer
        if login.secrets is None:
            return _NO_LOGIN
        return answer if isinstance(answer, Finding) else service.token(answer, self._now())

    async def _service(self) -> Finding:
        login, answer = await self._login, await self._answer
        return answer if isinstance(answer, Finding) else service.service(login.endpoint, answer)

    async def _clock(self) -> Finding:
        answer = await self._answer
        return answer if isinstance(answer, Finding) else service.clock(answer)

    async def _market_data(self) -> Finding:
        dialled, answer = await self._dialled, await self._answer
        if isinstance(dialled, Finding):
            return dialled
        is_alive = isinstance(answer, Answer) and isinstance(answer.said, User)
        return stream.market_data(dialled, token_is_alive=is_alive)

    def _of_dialled(self, judge: Callable[[Dialled], Finding]) -> Callable[[], Awaitable[Finding]]:
        async def look() -> Finding:
            dialled = await self._dialled
            return dialled if isinstance(dialled, Finding) else judge(dialled)

        return look

    async def _instruments(self) -> Finding:
        endpoint = (await self._login).endpoint
        summary = await in_thread(lambda: self._summary(endpoint), self._limit)
        return instruments_check(summary, is_live=not endpoint.is_loopback, now=self._now())


async def _value(fact: Fact[T]) -> T:
    return await fact
