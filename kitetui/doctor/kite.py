"""What the account and the service say: the login, what REST answers, and the list of instruments."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kitetui.account import DEFAULT, KITE, EndpointProfile, Secrets, Vault, login_command, valid_until
from kitetui.account.problems import ServiceDownError, UnexpectedAnswerError, UnreachableError
from kitetui.account.rest import KiteRest, User
from kitetui.account.vault import ACCESS_TOKEN, API_KEY, Origins
from kitetui.doctor.checks import (
    Finding,
    State,
    failed,
    failure_of,
    in_thread,
    milliseconds,
    ok,
    skipped,
    warning,
)
from kitetui.errors import UserError
from kitetui.formatting import age, duration, weekday_clock
from kitetui.instruments.master import Master, is_due
from kitetui.paths import data_folder

CLOCK_IS_RIGHT: Final = 2.0
"""Seconds that a clock may be off; the answers' dates are in whole ones."""

CLOCK_IS_WRONG: Final = 60.0
"""Seconds from which on what is derived from the clock is wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said when it was asked whose token it is.

    said: whose, or why it does not say.
    clock_ahead: seconds that this machine's clock is ahead of the service's, None where that is not known.
    seconds: how long the answer took.
    """

    said: User | UserError
    clock_ahead: float | None
    seconds: float

    @property
    def came(self) -> bool:
        """Whether the service itself answered, be it with a refusal."""
        return not isinstance(self.said, ServiceDownError | UnreachableError | UnexpectedAnswerError)


async def ask_service(login: Login, limit: float, now: Callable[[], float]) -> Answer:
    """Ask the service whose token it is; without one too, since a refusal has a date as well."""
    api_key, access_token = (
        (login.secrets.api_key, login.secrets.access_token) if login.secrets is not None else ("", "")
    )
    said: User | UserError
    async with KiteRest(login.endpoint, api_key, timeout=limit, now=now) as kite:
        started = time.monotonic()
        try:
            said = await kite.user(access_token)
        except UserError as error:
            said = error
        return Answer(said, kite.clock_ahead, time.monotonic() - started)


def service(endpoint: EndpointProfile, answer: Answer) -> Finding:
    """Say whether the service works."""
    if isinstance(answer.said, UserError) and not answer.came:
        return failure_of(answer.said)
    return ok(f"{endpoint.name} answers in {milliseconds(answer.seconds)}")


def token(answer: Answer, now: float) -> Finding:
    """Say whether the access token is alive, and until when.

    now: by this machine's clock, in UTC seconds.
    """
    if not answer.came:
        return skipped("the REST service does not answer")
    if isinstance(answer.said, UserError):
        return failure_of(answer.said)
    # A token that is alive ends at the next six o'clock, whenever it was given.
    until = weekday_clock(valid_until(now - (answer.clock_ahead or 0.0)))
    return ok(f"alive until {until} IST, of user {answer.said.user_id}")


def clock(answer: Answer) -> Finding:
    """Say whether this machine's clock is right; ages and market hours rest on it."""
    if answer.clock_ahead is None:
        return skipped("there was no answer with a date")
    off = abs(answer.clock_ahead)
    if off <= CLOCK_IS_RIGHT + answer.seconds:
        return ok(f"within {CLOCK_IS_RIGHT:.0f} seconds of the service's")
    found = f"{duration(off)} {'ahead of' if answer.clock_ahead > 0 else 'behind'} the service's"
    if off <= CLOCK_IS_WRONG:
        return warning(found, "have it set over the network, or ages are off by as much")
    return failed(found, "have it set over the network, or ages and market hours are wrong by as much")


@dataclass(frozen=True, slots=True)
class Login:
    """What an account has, before anything is dialled.

    endpoint: the service that is looked at: Kite where nobody names another.
    secrets: None where there is no login that can be tried there; `finding` then says why.
    """

    endpoint: EndpointProfile
    secrets: Secrets | None
    finding: Finding


async def read_login(
    vault: Vault,
    account: str,
    service: str | None,
    profile: Callable[[str], EndpointProfile],
    limit: float,
) -> Login:
    """Read the login of an account; a keyring may take its time, or ask the user.

    service: the name of another service than the account's own; only a pair of the environment goes there.
    profile: gives the service of a name. Raises UserError for a `service` that is not known.
    """
    asked = profile(service or KITE.name)
    try:
        pair = vault.of_environment() if account == DEFAULT else None
        kept = await in_thread(lambda: _kept(vault, account), limit)
        if kept is None:
            return Login(asked, None, skipped("it is not read while others can read it too"))
        stored, origins = kept
        secrets = pair or stored
        if secrets is None:
            found = failed(f"there is no login of account {account}", f"run {login_command(account)}")
            return Login(asked, None, found)
        own = asked if pair else profile(secrets.endpoint)
    except UserError as error:
        return Login(asked, None, failure_of(error))
    except TimeoutError:
        step = f"unlock it, or set {API_KEY} and {ACCESS_TOKEN}"
        return Login(asked, None, failed("the system's keyring does not answer", step))
    if service and own != asked:
        found = failed(
            f"the login of account {account} is for {own.name}, and is not sent to {asked.name}",
            f"log in there under another name: {login_command('NAME')} --endpoint {asked.name}",
        )
        return Login(asked, None, found)
    finding = _judged(account, secrets, origins)
    return Login(own, secrets if finding.state is State.OK else None, finding)


def permissions(account: str) -> Finding:
    """Say whether others can read what is kept of an account."""
    folder = data_folder() / "accounts"
    if not folder.exists():
        return ok(f"nothing is kept in {folder} yet")
    for path, mode in ((folder, "700"), (folder / f"{account}.json", "600")):
        if _others_can_read(path):
            return failed(f"others can read {path}, which holds secrets", f"run chmod {mode} {path}")
    return ok(f"nobody else can read {folder}")


def _kept(vault: Vault, account: str) -> tuple[Secrets | None, Origins] | None:
    """What is kept of an account, None where others can read it too: that is the permissions' failure."""
    if permissions(account).state is State.FAILED:
        return None
    return vault.stored(account), vault.where(account)


def _judged(account: str, secrets: Secrets, origins: Origins) -> Finding:
    values = (
        ("API key", secrets.api_key, origins.api_key),
        ("API secret", secrets.api_secret, origins.api_secret),
        ("access token", secrets.access_token, origins.access_token),
    )
    names_at: dict[str, list[str]] = {}
    for name, value, place in values:
        if value.split() not in ([], [value]) or not value.isascii() or not value.isprintable():
            return failed(f"the {name} ({place}) has characters that none has", "copy it anew, by itself")
        names_at.setdefault(place, []).append(name)
    if not secrets.access_token:
        return failed(f"account {account} has no access token", f"run {login_command(account)}")
    return ok(", ".join(f"{', '.join(names)} ({place})" for place, names in names_at.items()))


def _others_can_read(path: Path) -> bool:
    try:
        return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False  # the vault says what is wrong with it


_SYNC: Final = "run kitetui instruments sync"


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of the list that is kept.

    rows: how many instruments it has, None where there is none.
    fetched_at: since when, in UTC seconds.
    problem: why it cannot be read, None where it can.
    """

    rows: int | None = None
    fetched_at: float | None = None
    problem: UserError | None = None


def kept_list(endpoint: EndpointProfile) -> Summary:
    """Look at the list of a service, which may take the time of a disk."""
    try:
        stored = Master.of(endpoint.name).read()
    except UserError as error:
        return Summary(problem=error)
    if stored is None:
        return Summary()
    stored.table.close()
    return Summary(stored.rows, stored.fetched_at)


def instruments_check(summary: Summary, *, is_live: bool, now: float) -> Finding:
    """Judge the list.

    is_live: whether it is for a service that trades; the symbols that ship do for any other.
    now: UTC seconds.
    """
    if summary.problem is not None:
        return failure_of(summary.problem)
    if summary.rows is None or summary.fetched_at is None:
        none = "no list of instruments is kept"
        return failed(none, _SYNC) if is_live else ok(f"{none}, those that ship with kitetui are used")
    found = f"{summary.rows:,} instruments, fetched {age(now - summary.fetched_at)} ago"
    if is_due(summary.fetched_at, now):
        return warning(f"{found}, before the latest list was made at 08:30 IST", _SYNC)
    return ok(found)
