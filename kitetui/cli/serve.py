"""`kitetui serve`: the monitor in a browser, on this machine unless others are let in on purpose.

textual-serve has the page, and carries screen and keys between it and a monitor's process. By itself it lets
the pages of all other sites in, too; here only a page that this server gave out works a monitor, and it
fetches nothing from elsewhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import shlex
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

import typer

from kitetui.errors import UserError

if TYPE_CHECKING:
    from aiohttp import web
    from textual_serve.app_service import AppService
    from textual_serve.server import Server

    from kitetui.cli.run import Run

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FOR_THE_MONITOR: Final = {"allow_extra_args": True, "ignore_unknown_options": True}
"""How the command is to be added: what it does not know itself is the monitor's."""

_WS_URL: Final = "KITETUI_WS_URL"

_OF_THE_MONITOR: Final = ("symbols", "mode", "feed", "account", "endpoint", "ws_url", "connections")
"""What of the monitor's own options a page can have; the others record, or end a run by themselves."""

_MOST_PAGES: Final = 8
"""Pages at a time: each has a monitor of its own, a process with connections of its own."""

_MOST_CELLS: Final = 1_000
"""How wide or high a page's screen can be; the page asks for it."""

_MOST_DIGITS: Final = 6
"""More of them are no other number than the most; of thousands Python makes none."""

_HEARTBEAT: Final = 15.0
"""Seconds after which a page that answers no ping is taken to be gone."""

_PATIENCE: Final = 5.0
"""Seconds that the pages' monitors have to end in order, a recording of theirs among it."""

_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self' ws://{host}; frame-ancestors 'none'"
)
"""What the page may fetch: without it a font from Google, which would tell Google of each visit."""


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="The address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    expose: Annotated[
        bool, typer.Option("--expose", help="Let other machines in, with an address of --host's.")
    ] = False,
    ws_url: Annotated[
        str | None,
        typer.Option("--ws-url", metavar="URL", envvar=_WS_URL, help="Another service with Kite's protocol."),
    ] = None,
    page: Annotated[bool, typer.Option("--page", hidden=True)] = False,
) -> None:
    """Show the monitor in a browser, with the monitor's own options; needs kitetui[web].

    Whoever can open its page sees the monitor and can work it, without a password. By default that is every
    user of this machine, and nobody else. Each page is a monitor of its own with connections of its own:
    for several pages share out the key's three with --connections 1.
    """
    if ws_url:
        # It may hold an access token, and every user of a machine can read the command line of a process.
        os.environ[_WS_URL] = ws_url
    options = _monitor_options(context)
    if page:
        asyncio.run(_show(options))
        return
    _refuse_exposure(host, expose)
    server = _server(_page_command(context.args))
    # What is wrong with a symbol or a login is said here and now, and not to an empty page.
    asyncio.run(_choose(options))
    asyncio.run(_serve(server, host, port))


def _monitor_options(context: typer.Context) -> dict[str, Any]:
    """Read the arguments left over as the monitor does. Raises UserError for what is not for a page."""
    command = context.find_root().command
    monitor = command.make_context("kitetui", [*context.args])
    _, stray, _ = command.make_parser(monitor).parse_args([*context.args])
    if stray:
        raise UserError(
            "kitetui serve shows the monitor alone", f"leave out {stray[0]}, or name symbols with -s"
        )
    for name, value in monitor.params.items():
        if value and name not in _OF_THE_MONITOR:
            raise UserError("a page shows the monitor", f"leave out --{name.replace('_', '-')}")
    return {name: monitor.params[name] for name in _OF_THE_MONITOR}


async def _choose(options: dict[str, Any]) -> Run:
    from kitetui.account import Vault
    from kitetui.cli.run import choose_run
    from kitetui.config import feed_config
    from kitetui.logs import hide
    from kitetui.market.calendarfile import load_calendar
    from kitetui.paths import sessions_file
    from kitetui.times import ist_today

    return await choose_run(
        **{**options, "symbols": options["symbols"] or []},
        duration=None,
        wait=False,
        simulate=True,
        config=feed_config(),
        vault=Vault(hide=hide),
        calendar=load_calendar(sessions_file()),
        today=ist_today(),
    )


async def _show(options: dict[str, Any]) -> None:
    """Be the monitor of one page: Textual draws into the pipe to the server.

    Away from the server's terminal: what that does to its programs is for the server to heed, or to ignore.
    """
    from kitetui.cli.monitor import open_monitor

    if sys.platform != "win32":
        with suppress(OSError):  # it is away already
            os.setsid()
    await open_monitor(await _choose(options))


def _page_command(arguments: list[str]) -> str:
    """Return the shell's line for a page's monitor. What is secret is in the environment instead."""
    command = [sys.executable, "-m", "kitetui", "serve", "--page", *arguments]
    # In place of the shell, so that nothing stands between the server and the monitor.
    return subprocess.list2cmdline(command) if sys.platform == "win32" else f"exec {shlex.join(command)}"


def _refuse_exposure(host: str, expose: bool) -> None:
    if not expose and not _is_loopback(host):
        raise UserError(
            f"at {host} everyone who can reach this machine sees the monitor and works it, without a "
            "password",
            "add --expose if that is meant, or keep 127.0.0.1 and use a tunnel such as ssh -L",
        )


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _server(command: str) -> Server:
    try:
        from textual_serve.server import Server
    except ImportError:
        raise UserError("kitetui serve needs textual-serve", "run pip install 'kitetui[web]'") from None
    return Server(command, title="kitetui")


async def _serve(server: Server, host: str, port: int) -> None:
    """Serve until a signal comes, and end the pages' monitors with it. Raises UserError for a taken port."""
    from aiohttp import web

    from kitetui.cli.terminal import ended_by_signals
    from kitetui.logs import start_logging

    start_logging()  # what libraries say of a broken request is not for the terminal
    ended = asyncio.Event()
    async with AsyncExitStack() as stack:
        stack.enter_context(ended_by_signals(ended))
        runner = web.AppRunner(_application(server, host), access_log=None, shutdown_timeout=_PATIENCE)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else "no such address"
            raise UserError(
                f"cannot listen on {host}, port {port}: {why}", "choose others with --host and --port"
            ) from None
        typer.echo(_url(host, runner.addresses[0][1]))
        typer.echo(_who_can_see(host), err=True)
        await ended.wait()


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _who_can_see(host: str) -> str:
    who = "every user of this machine" if _is_loopback(host) else "everyone who can reach this machine"
    return f"{who} can open this page, see the monitor and work it, without a password; Ctrl-C ends it"


def _application(server: Server, host: str) -> web.Application:
    """Return what is served, to the pages of this server alone."""
    from aiohttp import web
    from aiohttp_jinja2 import setup
    from jinja2 import FileSystemLoader

    pages: set[web.WebSocketResponse] = set()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_asked_by_name(request.host, host):
            raise web.HTTPForbidden(text=f"open the page by an address, by localhost or as {host}")
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            raise web.HTTPForbidden(text="another site's page has no access")
        return await handler(request)

    def refuse_too_many() -> None:
        if len(pages) >= _MOST_PAGES:
            raise web.HTTPServiceUnavailable(
                text=f"{_MOST_PAGES} pages are open; close one, and load this again"
            )

    async def index(request: web.Request) -> web.StreamResponse:
        # Behind a tunnel the page is at another port than this one; it has to ask where it was found.
        refuse_too_many()
        server.public_url = f"http://{request.host}"
        return await server.handle_index(request)

    async def restrict(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = _POLICY.format(host=request.host)
        response.headers["X-Content-Type-Options"] = "nosniff"

    async def page(request: web.Request) -> web.WebSocketResponse:
        refuse_too_many()
        websocket = web.WebSocketResponse(heartbeat=_HEARTBEAT)
        pages.add(websocket)
        try:
            await websocket.prepare(request)
            await _run_monitor(server, request, websocket)
        finally:
            pages.remove(websocket)
        return websocket

    async def close_pages(_: web.Application) -> None:
        await asyncio.gather(*(each.close() for each in pages))

    application = web.Application(middlewares=[guard])
    setup(application, loader=FileSystemLoader(server.templates_path))
    application.add_routes(
        [
            web.get("/", index, name="index"),
            web.get("/ws", page, name="websocket"),
            web.get("/download/{key}", server.handle_download, name="download"),
            web.static("/static", server.statics_path, name="static"),
        ]
    )
    application.on_response_prepare.append(restrict)
    application.on_shutdown.append(close_pages)
    return application


def _is_asked_by_name(netloc: str, host: str) -> bool:
    """Whether a request names this server as no other site can.

    A site elsewhere can give its own name this machine's address once its page is loaded, and would then be
    taken for this server's page; it cannot make its name an address.
    """
    try:
        name = urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return False
    return name in ("localhost", host.lower()) or _is_address(name)


async def _run_monitor(server: Server, request: web.Request, websocket: web.WebSocketResponse) -> None:
    """Run a monitor for a page until one of both ends, and end the other with it."""
    from textual_serve.app_service import AppService

    async def close() -> None:
        await websocket.close()

    class Monitor(AppService):
        async def run(self) -> None:
            try:
                await super().run()
            finally:
                await close()  # or the page would go on showing prices as if they were live

    monitor = Monitor(
        server.command,
        write_bytes=websocket.send_bytes,
        write_str=websocket.send_str,
        close=close,
        download_manager=server.download_manager,
    )
    await monitor.start(_cells(request, "width", 80), _cells(request, "height", 24))
    try:
        await _pass_on(websocket, monitor)
    finally:
        await monitor.stop()


async def _pass_on(page: web.WebSocketResponse, monitor: AppService) -> None:
    """Give a monitor what its page sends, until the page ends. Raises ValueError for what is no message."""
    async for message in page:
        match message.json() if message.type is message.type.TEXT else None:
            case ["stdin", str(keys)]:
                await monitor.send_bytes(keys.encode())
            case ["resize", {"width": int(width), "height": int(height)}]:
                await monitor.set_terminal_size(min(width, _MOST_CELLS), min(height, _MOST_CELLS))
            case ["ping", said]:
                await page.send_json(["pong", said])
            case ["blur", *_]:
                await monitor.blur()
            case ["focus", *_]:
                await monitor.focus()


def _cells(request: web.Request, what: str, default: int) -> int:
    asked = request.query.get(what, "")
    return min(int(asked[:_MOST_DIGITS]), _MOST_CELLS) if asked.isdecimal() else default
