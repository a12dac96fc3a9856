"""`kitetui serve` shows the monitor to its own pages alone, and ends with them in order."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from types import TracebackType
from typing import Any

import httpx
import pyte
import pytest
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from websockets import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from kitetui.cli.main import run
from kitetui.cli.serve import _MOST_PAGES, _application, _cells, _server
from tests.account.helpers import free_port

pytestmark = pytest.mark.landing

PATIENCE = 30.0
SIMULATED = ("--feed", "sim", "-s", "NSE:INFY")
TOKEN = "token-of-today"
MOST_CELLS = 1_000


class Pages:
    """A server of pages in a process of its own."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kitetui", "serve", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Pages:
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://"), self.process.communicate()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def get(self, path: str = "", **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers)

    def end(self) -> tuple[int, str]:
        """Press Ctrl-C; return exit code and what was said on standard error."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said

    def monitors(self) -> list[int]:
        """Return the processes of the monitors that run for pages."""
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True
        )
        return [int(pid) for pid in children.stdout.split()]


class Page:
    """A page as a browser has it: the screen that was sent, and keys that are typed."""

    def __init__(self, pages: Pages, socket: ClientConnection, columns: int, lines: int) -> None:
        self._socket = socket
        self._screen = pyte.Screen(min(columns, MOST_CELLS), min(lines, MOST_CELLS))
        self._stream = pyte.ByteStream(self._screen)

    @property
    def lines(self) -> list[str]:
        return self._screen.display

    def send(self, message: str) -> None:
        self._socket.send(message)

    def press(self, keys: str) -> None:
        self.send(json.dumps(["stdin", keys]))

    def resize(self, columns: int, lines: int) -> None:
        self._screen.resize(lines, columns)
        self.send(json.dumps(["resize", {"width": columns, "height": lines}]))

    def wait_until(self, what: Callable[[], bool], expected: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < deadline, f"never came: {expected}\n" + "\n".join(self.lines)
            self._read()

    def wait_for(self, text: str) -> None:
        self.wait_until(lambda: any(text in line for line in self.lines), text)

    def wait_closed(self) -> None:
        """Wait until the server closes the connection, and says so: the page then shows that it has ended."""
        with pytest.raises(ConnectionClosed) as closed:
            self._read_on()
        assert closed.value.rcvd is not None

    def _read_on(self) -> None:
        while True:
            self._read()

    def _read(self) -> None:
        message = self._socket.recv(timeout=PATIENCE)
        if isinstance(message, bytes):
            self._stream.feed(message)


@contextmanager
def page_of(pages: Pages, columns: int = 120, lines: int = 40, **settings: Any) -> Iterator[Page]:
    address = re.search(r'data-session-websocket-url="(.*?)"', pages.get().text)
    assert address
    size = f"?width={columns}&height={lines}"
    with connect(address[1] + size, max_size=None, proxy=None, **settings) as socket:
        yield Page(pages, socket, columns, lines)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("KITE_API_KEY", "KITE_ACCESS_TOKEN", "KITETUI_WS_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("KITETUI_HOME", str(tmp_path_factory.mktemp("pages")))
        with Pages(*SIMULATED) as serving:
            yield serving


def test_a_page_has_a_monitor_that_is_seen_and_worked(pages: Pages) -> None:
    with page_of(pages) as page:
        page.wait_for("LIVE 1/1")
        assert "SIMULATED" in page.lines[0]
        page.wait_until(lambda: any(re.search(r"INFY +[\d,]+\.\d\d", line) for line in page.lines), "a price")
        page.press("q")
        page.wait_closed()


def test_each_page_has_a_monitor_of_its_own(pages: Pages) -> None:
    with page_of(pages) as one, page_of(pages, 100, 30) as other:
        for page in (one, other):
            page.wait_for("LIVE 1/1")
        one.press("q")
        one.wait_closed()
        other.resize(80, 24)
        other.wait_until(lambda: other.lines[0].rstrip().endswith("IST"), "80 wide")


def test_a_page_cannot_have_a_screen_without_end(pages: Pages) -> None:
    with page_of(pages, columns=10**9, lines=24) as page:
        page.wait_for("LIVE 1/1")
        assert page.lines[0].rstrip().endswith("IST")


@pytest.mark.parametrize(
    ("asked", "cells"),
    [("9" * 5000, 1000), ("120", 120), ("-1", 80), ("", 80)],
    ids=["endless", "some", "less", "none"],
)
def test_a_screen_of_more_digits_than_can_be_read_is_the_widest(asked: str, cells: int) -> None:
    assert _cells(make_mocked_request("GET", f"/ws?width={asked}"), "width", 80) == cells


async def test_there_are_only_so_many_pages_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def until_it_is_closed(server: object, request: object, page: Any) -> None:
        await page.receive()

    monkeypatch.setattr("kitetui.cli.serve._run_monitor", until_it_is_closed)
    async with TestClient(TestServer(_application(_server("true"), "127.0.0.1"))) as client:
        pages = [await client.ws_connect("/ws") for _ in range(_MOST_PAGES)]
        for path in ("/", "/ws"):
            answer = await client.get(path)
            assert (answer.status, await answer.text()) == (
                503,
                "8 pages are open; close one, and load this again",
            )
        await pages[0].close()
        await (await client.ws_connect("/ws")).close()


def test_a_pages_monitor_is_away_from_the_servers_terminal(pages: Pages) -> None:
    with page_of(pages) as page:
        page.wait_for("LIVE 1/1")
        assert os.getsid(pages.process.pid) not in map(os.getsid, pages.monitors())


def test_a_page_whose_monitor_has_died_is_ended(pages: Pages) -> None:
    with page_of(pages) as page:
        page.wait_for("LIVE 1/1")
        for monitor in pages.monitors():
            os.kill(monitor, signal.SIGKILL)
        page.wait_closed()


def test_a_page_that_is_closed_ends_its_monitor(pages: Pages) -> None:
    with page_of(pages) as page:
        page.wait_for("LIVE 1/1")
        assert pages.monitors()
    wait_until(lambda: not pages.monitors(), "the end of the monitor")


def test_a_page_fetches_nothing_from_elsewhere(pages: Pages) -> None:
    policy = pages.get().headers["Content-Security-Policy"]
    host = pages.url.removeprefix("http://").rstrip("/")
    allowed = {source for rule in policy.split(";") for source in rule.split()[1:]}
    assert allowed == {"'none'", "'self'", "'unsafe-inline'", "data:", f"ws://{host}"}
    for path in re.findall(rf'"{re.escape(pages.url)}(.*?)"', pages.get().text):
        assert pages.get(path).status_code == 200, path


def test_a_page_behind_a_tunnel_asks_where_it_was_found(pages: Pages) -> None:
    assert "ws://localhost:9000/ws" in pages.get(Host="localhost:9000").text


@pytest.mark.parametrize(
    "name", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "[", ""]
)
def test_a_site_that_takes_this_machines_address_has_no_access(pages: Pages, name: str) -> None:
    assert pages.get(Host=name).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "http://[", "null"])
def test_another_sites_page_cannot_work_a_monitor(pages: Pages, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, page_of(pages, origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_ctrl_c_ends_the_pages_and_their_monitors() -> None:
    with Pages(*SIMULATED) as pages, page_of(pages) as page:
        page.wait_for("LIVE 1/1")
        code, said = pages.end()
        page.wait_closed()
        assert code == 0
        assert pages.monitors() == []
    assert said.startswith("every user of this machine can open this page")
    assert len(said.splitlines()) == 1


def test_what_is_no_message_of_a_page_ends_it_and_leaves_the_terminal_alone() -> None:
    with Pages(*SIMULATED) as pages:
        with page_of(pages) as page:
            page.wait_for("LIVE 1/1")
            page.send("\x1b[2J{")
            page.wait_closed()
        _, said = pages.end()
    assert "\x1b" not in said
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1


def test_no_secret_is_on_a_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITETUI_WS_URL", f"ws://127.0.0.1:{free_port()}/?api_key=key&access_token={TOKEN}")
    with Pages("-s", "NSE:INFY") as pages, page_of(pages) as page:
        page.wait_for("nothing listens at that address")
        assert command_line(*pages.monitors())[-2:] == ["-s", "NSE:INFY"]


def test_a_url_that_was_on_the_servers_command_line_is_on_no_other() -> None:
    url = f"ws://127.0.0.1:{free_port()}/?api_key=key&access_token={TOKEN}"
    with Pages("--ws-url", url, "-s", "NSE:INFY") as pages, page_of(pages) as page:
        page.wait_for("nothing listens at that address")
        assert TOKEN in " ".join(command_line(pages.process.pid))
        assert TOKEN not in " ".join(command_line(*pages.monitors()))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--host", "0.0.0.0"], "everyone who can reach this machine"),
        (["--host", "192.0.2.1"], "add --expose"),
        (["--host", "example.com"], "add --expose"),
        (["--host", "192.0.2.1", "--expose"], "cannot listen on 192.0.2.1, port 8000"),
        (["--nonsense"], "--nonsense"),
        (["-m", "depth"], "depth"),
        (["-s", "NSE:NOSUCH"], "NSE:NOSUCH"),
        (["NSE:INFY"], "leave out NSE:INFY, or name symbols with -s"),
        (["doctor"], "leave out doctor"),
        (["--headless", "--csv"], "leave out --headless"),
        (["-o", "ticks.csv"], "leave out --output"),
        (["--duration", "60"], "leave out --duration"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(
    options: list[str], expected: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["serve", "--feed", "sim", *options]) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    (sentence,) = captured.err.splitlines()
    assert sentence.startswith("kitetui: ")
    assert expected in sentence


def test_a_port_that_is_taken_is_one_sentence(pages: Pages, capfd: pytest.CaptureFixture[str]) -> None:
    port = pages.url.rstrip("/").rpartition(":")[2]
    assert run(["serve", *SIMULATED, "--port", port]) == 2
    assert f"port {port}: Address already in use; choose others" in capfd.readouterr().err


def test_a_host_that_is_exposed_on_purpose_says_to_whom() -> None:
    with Pages(*SIMULATED, "--host", "0.0.0.0", "--expose") as pages:
        pages.url = pages.url.replace("0.0.0.0", "127.0.0.1")
        assert pages.get().status_code == 200
        assert pages.get(Host="evil.example").status_code == 403
        _, said = pages.end()
    assert said.startswith("everyone who can reach this machine can open this page")


@pytest.mark.slow
@pytest.mark.skipif(which("chromium") is None, reason="Chromium is not installed")
def test_a_browser_shows_the_monitor_and_fetches_nothing_from_elsewhere(pages: Pages, tmp_path: Path) -> None:
    with browser(pages.url, tmp_path) as evaluate:
        wait_until(lambda: evaluate("document.body?.classList.contains('-first-byte')"), "the first screen")
        entries = "performance.getEntriesByType('resource').filter(each => each.responseStatus)"
        fetched = evaluate(f"{entries}.map(each => each.name)")
        assert fetched
        assert all(address.startswith(pages.url) for address in fetched)
        assert evaluate("document.querySelector('.xterm canvas, .xterm-rows') !== null")


@contextmanager
def browser(url: str, profile: Path) -> Iterator[Callable[[str], Any]]:
    """Open a page in Chromium without a window; give a function that has it evaluate an expression."""
    options = ("--headless", "--no-sandbox", "--remote-debugging-port=0", f"--user-data-dir={profile}")
    with subprocess.Popen(["chromium", *options, url], stderr=subprocess.PIPE, text=True) as chromium:
        try:
            assert chromium.stderr is not None
            said = next(line for line in chromium.stderr if "DevTools listening" in line)
            address = re.search(r"ws://([\d.]+:\d+)/", said)
            assert address
            targets = httpx.get(f"http://{address[1]}/json/list").json()
            (target,) = (each for each in targets if each["type"] == "page")
            with connect(target["webSocketDebuggerUrl"], max_size=None, proxy=None) as socket:

                def evaluate(expression: str) -> Any:
                    call = {"expression": expression, "returnByValue": True}
                    socket.send(json.dumps({"id": 1, "method": "Runtime.evaluate", "params": call}))
                    return json.loads(socket.recv(timeout=PATIENCE))["result"]["result"].get("value")

                yield evaluate
        finally:
            chromium.kill()


def wait_until(what: Callable[[], bool], expected: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, f"never came: {expected}"
        time.sleep(0.05)


def command_line(process: int) -> list[str]:
    """Return what every user of the machine can read of a process."""
    listed = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(process)], capture_output=True, text=True)
    return listed.stdout.split()
