"""`kitetui login` and `logout`, as a user has them: questions asked once, one sentence for each end."""

from __future__ import annotations

import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import typer

from kitetui.account import KITE, Secrets, Vault
from kitetui.cli.login import login, logout
from kitetui.config import ConfigError
from kitetui.errors import LoginError, UserError
from kitetui.paths import config_file
from tests.account.helpers import Browser, an_hour_ahead, free_port
from tests.cli.served import Served
from tests.terminal import Terminal

SECRET = "simulated-secret"

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(login)
app.command()(logout)


class User:
    """Answers what is asked; `asked` has each question, with whether its answer is hidden."""

    def __init__(self) -> None:
        self.answers: dict[str, str | Callable[[], str]] = {
            "API key": "simulated",
            "API secret": f" {SECRET} ",
        }
        self.asked: list[tuple[str, bool]] = []

    def __call__(self, question: str, *, hide_input: bool = False, err: bool = False) -> str:
        assert err
        self.asked.append((question, hide_input))
        answer = self.answers[question]
        return answer if isinstance(answer, str) else answer()


@pytest.fixture
def served() -> Iterator[Served]:
    with Served() as served:
        served.configure("kite", "sandbox", "simulator")
        yield served


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> User:
    user = User()
    monkeypatch.setattr(typer, "prompt", user)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    return user


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    browser = Browser()

    def opened(address: str) -> bool:
        browser(address)
        return True

    monkeypatch.setattr(webbrowser, "open", opened)
    return browser


def run(*arguments: str) -> None:
    app(args=list(arguments), prog_name="kitetui", standalone_mode=False)


def kept(account: str = "default") -> Secrets:
    secrets = Vault(environment={}).read(account)
    assert secrets is not None
    return secrets


def test_the_first_login_asks_in_secret_and_the_second_does_not(
    served: Served, user: User, browser: Browser, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run("login", *served.redirect)
    said = capfd.readouterr()
    file = home / "data" / "accounts" / "default.json"
    assert said.out.startswith("logged in as Simulated User (SIM001) until ")
    assert said.out.endswith(f" 06:00 IST, kept in file: {file}\n")
    assert f"its redirect URL has to be {served.exchange.rest.redirect_url}" in said.err
    assert user.asked == [("API key", True), ("API secret", True)]
    first = kept()
    assert first.access_token in served.exchange.url_with_credentials
    run("login")
    assert len(user.asked) == 2
    assert kept().access_token in served.exchange.url_with_credentials
    assert kept().access_token != first.access_token
    assert [page.status_code for page in browser.pages] == [200, 200]
    said_then = capfd.readouterr()
    for secret in (SECRET, first.access_token, kept().access_token):
        assert secret not in said.out + said.err + said_then.out + said_then.err


def test_new_asks_again(served: Served, user: User, browser: Browser) -> None:
    run("login", *served.redirect)
    user.answers["API secret"] = "wrong"
    before = kept()
    with pytest.raises(LoginError, match="give both with kitetui login --new"):
        run("login", "--new", *served.redirect)
    assert len(user.asked) == 4
    assert kept() == before


def test_a_login_at_another_service_takes_no_key_away_unless_told(
    served: Served, user: User, browser: Browser
) -> None:
    run("login", *served.redirect)
    with pytest.raises(UserError, match="has its key at kite; for sandbox name another with --account"):
        run("login", "--endpoint", "sandbox")
    assert kept().endpoint == "kite"
    run("login", "--endpoint", "sandbox", "--account", "second", *served.redirect)
    run("login", "--endpoint", "sandbox", "--new", *served.redirect)
    assert len(user.asked) == 6
    assert kept().endpoint == kept("second").endpoint == "sandbox"


def test_a_later_login_is_at_the_service_of_the_first(served: Served, user: User, browser: Browser) -> None:
    run("login", "--endpoint", "sandbox", *served.redirect)
    run("login")
    assert len(user.asked) == 2
    assert kept().endpoint == "sandbox"


def test_the_configuration_names_account_and_service(
    served: Served, user: User, browser: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    with config_file().open("a") as file:
        file.write('[feed]\naccount = "second"\nendpoint = "simulator"\n')
    run("login", *served.redirect)
    assert "your app are what kitetui sim prints; its redirect" in capfd.readouterr().err
    assert kept("second").endpoint == "simulator"
    run("logout")
    assert Vault(environment={}).read("second") is None
    with pytest.raises(UserError, match="no login of account second is kept"):
        run("logout")


def test_a_configuration_that_cannot_be_read_is_one_sentence(served: Served, user: User) -> None:
    config_file().write_text("[feed]\nendpoint = 3\n")
    for command in ("login", "logout"):
        with pytest.raises(ConfigError, match=r"^config.toml:2: feed.endpoint is 3"):
            run(command)
    assert user.asked == []


def test_accounts_have_names(served: Served, user: User, browser: Browser) -> None:
    run("login", "--account", "second", *served.redirect)
    assert kept("second").user_id == "SIM001"
    assert Vault(environment={}).read() is None


def test_without_a_browser_the_address_is_printed_and_the_other_pasted(
    served: Served, user: User, capfd: pytest.CaptureFixture[str]
) -> None:
    def pasted() -> str:
        address = capfd.readouterr().out.strip()
        assert address.startswith(served.service.login)
        return httpx.get(address, trust_env=False).headers["location"]

    user.answers["the whole address that it comes back to"] = pasted
    run("login", "--no-browser", "--redirect-url", "https://example.com/whatever")
    assert capfd.readouterr().out.startswith("logged in as Simulated User")
    assert kept().access_token in served.exchange.url_with_credentials


def test_a_wrong_paste_is_asked_for_again_and_the_key_is_not(
    served: Served, user: User, capfd: pytest.CaptureFixture[str]
) -> None:
    pastes = iter(["", "http://h/?status=success&request_token=x&state=y"])

    def pasted() -> str:
        address = capfd.readouterr().out.strip() or addresses[0]
        addresses.append(address)
        return next(pastes, None) or httpx.get(addresses[0], trust_env=False).headers["location"]

    addresses: list[str] = []
    user.answers["the whole address that it comes back to"] = pasted
    run("login", "--no-browser", "--redirect-url", "https://example.com/whatever")
    assert [what for what, _ in user.asked[:2]] == ["API key", "API secret"]
    assert kept().access_token in served.exchange.url_with_credentials


def test_an_address_of_another_login_is_refused_in_the_end(served: Served, user: User) -> None:
    user.answers["the whole address that it comes back to"] = (
        "http://h/?status=success&request_token=x&state=y"
    )
    with pytest.raises(LoginError, match="of another login"):
        run("login", "--no-browser")
    assert len(user.asked) == 5


@pytest.mark.parametrize("name", ["", "lynx", "/usr/bin/w3m"])
def test_without_a_browser_of_its_own_window_the_address_is_left(
    name: str,
    served: Served,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    said: list[str] = []

    def look(address: str) -> None:
        threading.Timer(0, Browser(), [address]).start()
        said.append(address)

    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser(name))
    monkeypatch.setattr(webbrowser, "open", lambda page: bool(name) and pytest.fail("it was opened"))
    echo = typer.echo

    def heard(text: str, err: bool = False) -> None:
        if text.startswith(served.service.login):
            look(text)
        echo(text, err=err)

    monkeypatch.setattr(typer, "echo", heard)
    run("login", *served.redirect)
    assert f"no browser could be opened; open this address in one:\n{said[0]}\n" in capfd.readouterr().err


def test_the_address_is_shown_beside_a_browser_too(
    served: Served, user: User, browser: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    run("login", *served.redirect)
    assert f"Ctrl-C gives up:\n{served.service.login}?" in capfd.readouterr().err


def test_without_a_terminal_nothing_is_asked(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    with pytest.raises(LoginError, match="run kitetui login in a terminal"):
        run("login")


def test_a_cancelled_login_keeps_nothing(served: Served, user: User, browser: Browser) -> None:
    served.exchange.rest.faults.cancelled = True
    with pytest.raises(LoginError, match="was cancelled"):
        run("login", *served.redirect)
    assert Vault(environment={}).read() is None


def test_a_port_that_is_taken_is_one_sentence(served: Served, user: User, browser: Browser) -> None:
    taken = httpx.URL(served.exchange.rest.url).port
    with pytest.raises(UserError, match="Address already in use; free the port, or log in with --no-browser"):
        run("login", "--redirect-url", f"http://127.0.0.1:{taken}/")
    assert browser.pages == []


def test_a_file_of_a_later_version_stops_the_login_before_it_begins(
    served: Served, user: User, browser: Browser, home: Path
) -> None:
    run("login", *served.redirect)
    file = home / "data" / "accounts" / "default.json"
    file.write_text('{"version": 2}')
    with pytest.raises(UserError, match="written by a later kitetui and is left as it is"):
        run("login")
    assert len(browser.pages) == 1
    assert file.read_text() == '{"version": 2}'


def test_an_environment_that_wins_is_told_of(
    served: Served,
    user: User,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KITE_API_KEY", "of the shell")
    monkeypatch.setenv("KITE_ACCESS_TOKEN", "of the shell")
    run("login", *served.redirect)
    assert "win over this login; unset them" in capfd.readouterr().err
    run("login", "--account", "second", *served.redirect)
    assert "win over" not in capfd.readouterr().err
    with config_file().open("a") as file:
        file.write('[feed]\naccount = "second"\n')
    run("login")
    assert "win over this login" in capfd.readouterr().err
    monkeypatch.delenv("KITE_API_KEY")
    run("login")
    assert "KITE_API_KEY is not set and KITE_ACCESS_TOKEN is; set both, or neither" in capfd.readouterr().err


def test_a_clock_an_hour_off_is_told_of(
    user: User, browser: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    with Served(now=an_hour_ahead) as served:
        served.configure("kite")
        run("login", *served.redirect)
    said = capfd.readouterr().err
    assert "this machine's clock is 00:59:5" in said or "this machine's clock is 01:00:0" in said
    assert "behind Kite's; set it" in said


def test_a_logout_ends_the_token_and_forgets(
    served: Served, user: User, browser: Browser, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run("login", *served.redirect)
    token = kept().access_token
    run("logout")
    said = capfd.readouterr()
    assert said.out.endswith("account default is logged out and forgotten\n")
    assert list((home / "data" / "accounts").iterdir()) == []
    proof = {"X-Kite-Version": "3", "Authorization": f"token simulated:{token}"}
    url = f"{served.service.rest}/user/profile"
    assert httpx.get(url, headers=proof, trust_env=False).status_code == 403
    with pytest.raises(UserError, match="no login of account default is kept"):
        run("logout")


def test_a_logout_without_an_answer_forgets_all_the_same(
    served: Served, user: User, browser: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    run("login", *served.redirect)
    served.exchange.expire_token("of another login")
    run("logout")
    assert "its token could not be ended before its time" in capfd.readouterr().err
    assert Vault(environment={}).read() is None


@pytest.mark.parametrize("arguments", [("--endpoint", "nowhere"), ("--account", "../etc")])
def test_a_wrong_name_is_one_sentence(arguments: tuple[str, str], user: User) -> None:
    with pytest.raises(UserError, match=r"^(no endpoint 'nowhere'|'\.\./etc' names no account)"):
        run("login", *arguments)
    assert user.asked == []


def test_kite_is_meant_unless_told(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def cannot(address: str) -> bool:
        opened.append(httpx.get(address, trust_env=False).headers["location"])
        raise UserError("enough")

    monkeypatch.setattr(webbrowser, "open", cannot)
    with pytest.raises(UserError, match="enough"):
        run("login", "--redirect-url", f"http://127.0.0.1:{free_port()}/")
    assert opened[0].startswith(f"{KITE.login}?v=3&api_key=simulated&redirect_params=state%3D")


def test_the_commands_load_nothing_heavy_before_they_run() -> None:
    program = "import sys, kitetui.cli.login; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert not set(done.stdout.split()) & {"httpx", "keyring", "h11", "numpy", "textual", "websockets"}


BROWSER = """
import sys, urllib.request
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1]).read()
"""


def test_in_a_real_terminal_with_a_program_for_a_browser(served: Served, home: Path, tmp_path: Path) -> None:
    browser = tmp_path / "browser.py"
    browser.write_text(BROWSER)
    environment = {
        "BROWSER": f"{sys.executable} {browser} %s",
    }
    command = [sys.executable, "-m", "kitetui", "login", *served.redirect]
    with Terminal(command, env=environment, columns=200) as terminal:
        terminal.wait_for_secret("API key:")
        terminal.press("simulated", "\r")
        terminal.wait_for_secret("API secret:")
        terminal.press(SECRET, "\r")
        terminal.wait_for("logged in as Simulated User (SIM001)")
        assert terminal.wait_exit() == 0
        assert SECRET.encode() not in terminal.received
        assert kept().access_token.encode() not in terminal.received
    assert kept().access_token in served.exchange.url_with_credentials
