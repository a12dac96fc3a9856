"""The way to a host: names, connections and certificates."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kitetui.doctor import State
from kitetui.doctor.network import look_at_host, timed
from tests.account.helpers import free_port


@asynccontextmanager
async def listening(security: ssl.SSLContext | None = None, says: bytes = b"") -> AsyncIterator[int]:
    """A server that says this much to whoever comes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(says)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=security) as server:
        yield server.sockets[0].getsockname()[1]


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS with a certificate of its own making, and the file to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / "trusted.pem", folder / "private.pem"
    trusted.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return context, trusted


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the names of one domain lead to this machine."""
    resolve = socket.getaddrinfo

    def resolved(host: Any, *arguments: Any, **settings: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith("exchange.test") else host, *arguments, **settings)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


async def test_on_this_machine_only_the_connection_counts() -> None:
    async with listening() as port:
        finding = await look_at_host(f"http://127.0.0.1:{port}", 5)
    assert finding.state is State.OK
    assert finding.found.startswith(f"127.0.0.1:{port} connects in ")


@pytest.mark.parametrize("scheme", ["https", "wss"])
async def test_a_host_is_resolved_connected_to_and_trusted(
    scheme: str, resolving: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    security, trusted = certified(tmp_path, "api.exchange.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with listening(security) as port:
        finding = await look_at_host(f"{scheme}://api.exchange.test:{port}/", 5)
    assert finding.state is not State.FAILED
    assert finding.found.startswith("api.exchange.test resolves in ")
    assert " and connects in " in finding.found


@pytest.mark.parametrize(
    ("host", "trusts", "reason"),
    [
        ("api.exchange.test", False, "self-signed certificate"),
        ("ws.exchange.test", True, "Hostname mismatch"),
    ],
)
async def test_a_certificate_that_is_not_the_hosts_is_a_failure(
    host: str, trusts: bool, reason: str, resolving: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    security, trusted = certified(tmp_path, "api.exchange.test")
    if trusts:
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with listening(security) as port:
        finding = await look_at_host(f"wss://{host}:{port}/", 5)
    assert finding.state is State.FAILED
    assert finding.found.startswith(f"the connection to {host} cannot be made secure ({reason}")


async def test_what_does_not_speak_tls_is_not_secure(resolving: None) -> None:
    async with listening(says=b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        finding = await look_at_host(f"wss://api.exchange.test:{port}/", 5)
    assert finding.state is State.FAILED
    assert finding.found.startswith("the connection to api.exchange.test cannot be made secure (")


async def test_a_connection_that_hangs_is_given_up(resolving: None) -> None:
    async with listening() as port:
        finding = await look_at_host(f"https://api.exchange.test:{port}", 0.05)
    assert finding.found == "connecting to api.exchange.test took too long"


async def test_a_name_that_is_looked_up_for_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    hang = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: hang.wait(20))
    finding = await look_at_host("https://api.exchange.test", 0.05)
    hang.set()
    assert finding.found == "looking up api.exchange.test took too long"
    assert finding.next == "look at the network and its DNS"


@pytest.mark.parametrize("host", ["nobody.invalid", "no..body.invalid"])
async def test_a_name_that_is_not_known_is_a_failure(host: str) -> None:
    finding = await look_at_host(f"wss://{host}/", 5)
    assert finding.sentence == f"the name {host} is not known here; look at the network and its DNS"


async def test_where_nobody_listens_the_next_step_is_where_it_runs(resolving: None) -> None:
    port = free_port()
    here = await look_at_host(f"ws://127.0.0.1:{port}/", 5)
    assert here.sentence == f"nothing listens at 127.0.0.1:{port}; start it with kitetui sim"
    there = await look_at_host(f"wss://api.exchange.test:{port}/", 5)
    assert there.sentence == f"nothing listens at api.exchange.test:{port}; look at the network"


async def test_another_address_of_the_host_is_tried(resolving: None, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = [(0, 0, 0, "", (str(ipaddress.ip_address(each)), 0)) for each in ("127.0.0.2", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    async with listening() as port:
        assert (await look_at_host(f"ws://localhost:{port}/", 5)).state is State.OK


@pytest.mark.parametrize("url", ["https://nobody.invalid", "wss://nobody.invalid/"])
async def test_behind_a_proxy_nothing_is_looked_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:s3cret@127.0.0.1:1")
    finding = await look_at_host(url, 5)
    assert finding.state is State.OK
    assert finding.found == "nobody.invalid is reached through the proxy that the environment names"
    monkeypatch.setenv("no_proxy", "nobody.invalid")
    assert (await look_at_host(url, 5)).state is State.FAILED


def test_a_slow_way_is_a_warning() -> None:
    assert timed("h", 0.3, 0.2).state is State.OK
    slow = timed("h", 0.4, 0.2)
    assert slow.state is State.WARNING
    assert slow.sentence == (
        "h resolves in 400 ms and connects in 200 ms; that is a slow network, look at its DNS"
    )
    assert timed("h", 0.1, 0.6).next == "that is a slow network, ticks come late over it"
