"""Only the redirect of this very login counts, however it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from kitetui.account.redirect import HOST, BrowserRequest, Response, caught_token, listening, pasted_token
from kitetui.errors import LoginError, UserError
from tests.account.helpers import free_port

STATE = "st4te"
LOGIN = "https://kite.example/connect/login?api_key=key&redirect_params=state%3Dst4te"
GOOD = f"?state={STATE}&action=login&status=success&request_token=abc"

Visit = Callable[[httpx.AsyncClient], Awaitable[None]]


async def caught(visit: Visit, *, path: str = "/", patience: float = 10.0) -> str:
    """The token that is caught while a browser visits the address."""
    url = f"http://{HOST}:{free_port()}{path}"

    async def open_page(page: str) -> None:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            await visit(client)

    return await caught_token(url, STATE, LOGIN, open_page, patience)


async def test_the_redirect_gives_its_request_token_and_a_page() -> None:
    pages: list[httpx.Response] = []

    async def visit(client: httpx.AsyncClient) -> None:
        pages.append(await client.get(GOOD))

    assert await caught(visit) == "abc"
    (page,) = pages
    assert page.status_code == 200
    assert "Received" in page.text
    assert "abc" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"


async def test_the_page_takes_nothing_from_anywhere_else() -> None:
    async def visit(client: httpx.AsyncClient) -> None:
        page = await client.get(GOOD)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert not any(word in page.text for word in ("http:", "https:", "src=", "script", "href"))

    await caught(visit)


@pytest.mark.parametrize("path", ["/", "/login", "/a/b/"])
async def test_the_path_is_the_one_that_is_registered(path: str) -> None:
    async def visit(client: httpx.AsyncClient) -> None:
        root = f"http://{client.base_url.netloc.decode()}"
        for other in ("/elsewhere", "/favicon.ico"):
            assert (await client.get(f"{root}{other}{GOOD}")).status_code == 404
        assert (await client.get(f"{root}{path}{GOOD}")).status_code == 200

    assert await caught(visit, path=path) == "abc"


@pytest.mark.parametrize(
    "other",
    [
        "",
        "?",
        f"?state={STATE}",
        "?status=success&request_token=stolen",
        "?state=&status=success&request_token=stolen",
        "?state=wrong&status=success&request_token=stolen",
        "?state=%E2%82%B9&status=success&request_token=stolen",
        "?state=wrong&status=cancelled",
    ],
)
async def test_what_is_not_of_this_login_is_not_found_and_ends_nothing(other: str) -> None:
    async def visit(client: httpx.AsyncClient) -> None:
        assert (await client.get(other)).status_code == 404
        assert (await client.post(GOOD)).status_code == 404
        assert (await client.get(GOOD)).status_code == 200

    assert await caught(visit) == "abc"


async def test_after_one_redirect_there_is_no_other() -> None:
    url = ""

    async def visit(client: httpx.AsyncClient) -> None:
        nonlocal url
        url = str(client.base_url)
        assert (await client.get(GOOD)).status_code == 200
        assert (await client.get(GOOD.replace("abc", "other"))).status_code == 404

    assert await caught(visit) == "abc"
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url + GOOD)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("status=cancelled", "the login was cancelled in the browser; run kitetui login to try again"),
        ("status=success", r"came back without a request token \(success\)"),
        ("status=success&request_token=", r"without a request token \(success\)"),
        ("status=failed%1b[2J&request_token=abc", r"without a request token \(failed�\[2J\)"),
    ],
)
async def test_a_login_that_failed_says_why(query: str, sentence: str) -> None:
    async def visit(client: httpx.AsyncClient) -> None:
        assert "Not logged in" in (await client.get(f"?state={STATE}&{query}")).text

    with pytest.raises(LoginError, match=sentence):
        await caught(visit)


async def test_a_redirect_that_does_not_come_is_not_waited_for_without_end() -> None:
    async def nobody(_: httpx.AsyncClient) -> None: ...

    with pytest.raises(LoginError, match=r"no redirect came in 0 seconds, none; register http://127"):
        await caught(nobody, patience=0.01)


async def test_a_redirect_of_another_login_is_told_of_at_the_end() -> None:
    async def stranger(client: httpx.AsyncClient) -> None:
        await client.get(GOOD.replace(STATE, "of yesterday"))

    with pytest.raises(LoginError, match="only one of another login"):
        await caught(stranger, patience=0.01)


async def test_a_port_that_is_taken_is_one_sentence() -> None:
    async def other(_: BrowserRequest) -> Response:
        raise AssertionError

    async with listening(other, 0) as port:
        url = f"http://127.0.0.1:{port}/"
        with pytest.raises(
            UserError, match=rf"^cannot listen at {url}: Address already in use; free the port, or"
        ):
            await caught_token(url, STATE, LOGIN, _never)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "https://127.0.0.1:5010/", "http://example.com:5010/", "http://127.0.0.1:99999/"]
)
async def test_an_address_that_is_not_of_this_machine_is_for_pasting(url: str) -> None:
    with pytest.raises(UserError, match=r"^the redirect URL is "):
        await caught_token(url, STATE, LOGIN, _never)


async def test_giving_up_leaves_nothing_behind() -> None:
    async def stuck(_: httpx.AsyncClient) -> None:
        opened.set()

    opened = asyncio.Event()
    before = asyncio.all_tasks()
    task = asyncio.create_task(caught(stuck))
    await opened.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert asyncio.all_tasks() == before


async def _never(page: str) -> None:
    raise AssertionError("the page was opened")


@pytest.mark.parametrize("start", ["http://127.0.0.1:5010/", "https://example.com/login", " \thttp://h/", ""])
def test_a_pasted_address_gives_its_request_token(start: str) -> None:
    assert pasted_token(f"{start}{GOOD} \n", STATE) == "abc"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "that is not where the login came back to; paste the whole address"),
        ("abc", "that is not where the login came back to"),
        ("http://[", "that is not where the login came back to"),
        (f"http://h/?state={STATE}", "that is not where the login came back to"),
        (f"http://h/{GOOD.replace(STATE, 'wrong')}", "that address is of another login"),
        (f"http://h/?state={STATE}&status=cancelled", "was cancelled in the browser"),
    ],
)
def test_a_pasted_address_that_is_none_says_so(address: str, sentence: str) -> None:
    with pytest.raises(LoginError, match=sentence) as error:
        pasted_token(address, STATE)
    assert "abc" not in str(error.value)


async def test_the_browser_is_given_a_page_that_goes_on_once_and_holds_no_secret() -> None:
    answers: list[httpx.Response] = []
    url = f"http://{HOST}:{free_port()}/"

    async def open_page(page: str) -> None:
        assert "key" not in page
        assert STATE not in page
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            answers.extend([await client.get(page), await client.get(page)])
            await client.get(f"/{GOOD}")

    assert await caught_token(url, STATE, LOGIN, open_page) == "abc"
    assert [answer.status_code for answer in answers] == [302, 404]
    assert answers[0].headers["location"] == LOGIN
    assert answers[0].headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("around", ["{}", "<{}>", "'{}'", '"{}"', "  “{}”\r\n"])
def test_what_a_mail_or_a_shell_put_around_an_address_comes_off(around: str) -> None:
    assert pasted_token(around.format(f"http://127.0.0.1:5010/{GOOD}"), STATE) == "abc"
