"""The account: whether there is a login, where each of its values is kept, and whether others can read it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kitetui.account import DEFAULT, KITE, EndpointProfile, Secrets, Vault, login_command
from kitetui.account.vault import ACCESS_TOKEN, API_KEY, Origins
from kitetui.doctor.checks import in_thread
from kitetui.doctor.finding import Finding, State, failed, failure_of, ok, skipped
from kitetui.errors import UserError
from kitetui.paths import data_folder


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
