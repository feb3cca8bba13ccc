"""Only public addresses are opened, and only those that were checked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from locomo_vqa.builders.images.addresses import Addresses, Blocked

from .conftest import fetch, quick
from .drawn import image_bytes
from .image_server import ImageServer, raw, reply, serving


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://pictures.example/a.jpg", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("gopher://pictures.example/", "only http and https"),
        ("data:image/png;base64,AAAA", "only http and https"),
        ("//pictures.example/a.jpg", "only http and https"),
        ("a.jpg", "only http and https"),
        ("http:///a.jpg", "has no host"),
        ("https://user:secret@pictures.example/a.jpg", "user name"),
        ("https://user@pictures.example/a.jpg", "user name"),
        ("http://pictures.example:22/a.jpg", "port 22"),
        ("http://pictures.example:6379/a.jpg", "port 6379"),
    ],
)
def test_urls_that_are_refused(url: str, words: str) -> None:
    with pytest.raises(Blocked, match=words):
        Addresses().check_url(httpx.URL(url))


@pytest.mark.parametrize("port", ["", ":80", ":443", ":8080", ":8443"])
def test_urls_that_are_opened(port: str) -> None:
    Addresses().check_url(httpx.URL(f"https://pictures.example{port}/a.jpg"))


def test_one_private_address_among_public_ones_is_enough() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["8.8.8.8", "10.0.0.1"]

    with pytest.raises(Blocked, match="not a public one"):
        asyncio.run(Addresses(resolve=resolve).find("pictures.example", 80))


SPELLINGS = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0", "[::1]", "[::ffff:127.0.0.1]"]


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_the_loopback_is_opened(
    host: str, server: ImageServer, tmp_path: Path
) -> None:
    """On a web port, so that only the address is against it; nothing listens there anyway."""
    url = f"http://{host}:8080/a.png"
    outcome = fetch([url], tmp_path / "work", quick(attempts=1))[url]
    assert (outcome.state, outcome.detail) == ("blocked", "the host's address is not a public one")


def test_the_connection_goes_to_the_checked_address(server: ImageServer, tmp_path: Path) -> None:
    """The second answer of the name server would lead elsewhere, but is never asked for."""
    server.routes["/a.png"] = reply(200, image_bytes(1))
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])

    async def resolve(host: str, port: int) -> list[str]:
        assert host == "pictures.test"
        return next(answers)

    addresses = Addresses(allowed=frozenset({("127.0.0.1", server.port)}), resolve=resolve)
    url = server.url("/a.png", "pictures.test")
    outcome = fetch([url], tmp_path / "work", quick(addresses=addresses))[url]
    assert outcome.state == "ok"
    assert next(answers) == ["127.0.0.2"]
    assert f"Host: pictures.test:{server.port}" in server.heads["/a.png"]


def test_a_redirect_to_a_private_address(server: ImageServer, tmp_path: Path) -> None:
    with serving() as secret:
        secret.routes["/secret.png"] = reply(200, image_bytes(1))
        targets = {
            "/here": secret.url("/secret.png"),
            "/8080": "http://127.0.0.1:8080/a.png",
            "/metadata": "http://169.254.169.254/latest/meta-data/",
            "/mapped": "http://[::ffff:169.254.169.254]/latest/",
            "/file": "file:///etc/passwd",
            "/user": f"http://a:b@127.0.0.1:{server.port}/ok.png",
            "/data": "data:image/png;base64,AAAA",
        }
        for path, target in targets.items():
            server.routes[path] = reply(302, b"", f"Location: {target}")
        urls = [server.url(path) for path in targets]
        outcomes = fetch(urls, tmp_path / "work", quick(server))
        assert {outcome.state for outcome in outcomes.values()} == {"blocked"}
        assert not secret.hits


def test_private_addresses_open_with_the_switch(server: ImageServer, tmp_path: Path) -> None:
    server.routes["/a.png"] = reply(200, image_bytes(1))
    settings = quick(addresses=Addresses(allow_private=True))
    url = server.url("/a.png", "localhost")
    assert fetch([url], tmp_path / "work", settings)[url].state == "ok"


def test_proxies_of_the_environment_are_not_used(
    server: ImageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url(""))
        server.routes["/a.png"] = reply(200, image_bytes(1))
        url = server.url("/a.png")
        assert fetch([url], tmp_path / "work", quick(server))[url].state == "ok"
        assert not proxy.hits


END = b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
ODD = [
    *("http://a..b/x", f"http://{'a' * 64}.com/x", f"http://{'a.' * 200}com/x", "http://.../x"),
    *("http://a\0b/x", "http://a b/x", "http://\u2028/x", "http://xn--a/x", "http://[::1/x"),
    *("http://ex\u00e4mple.invalid/\u00e4 \ufffd", "http://h:99999/", "http://h:x/", "http:// /x"),
    *("http://a%00b.invalid/x", "http://a%2fb.invalid/x", "http://\u3002\u3002/x", "x" * 70_000),
    *("http://127.0.0.1:8080/\r\nHost: other", "http://1.2.3.4.5/x", "http://-a-.invalid/x", ""),
    *("http://[v1.x]/", "http://[fe80::1%25eth0]/x", "\ufeffhttp://a.invalid/x", "http:////x/y"),
]


def test_no_spelling_of_a_url_ends_the_run(server: ImageServer, tmp_path: Path) -> None:
    server.routes |= {
        f"/{number}": raw(b"HTTP/1.1 302 x\r\nLocation: " + url.encode("utf-8", "replace") + END)
        for number, url in enumerate(ODD)
    }
    server.routes["/ok.png"] = reply(200, image_bytes(1))
    redirects = [server.url(f"/{number}") for number in range(len(ODD))]
    urls = [*dict.fromkeys(ODD), *redirects, server.url("/ok.png")]
    outcomes = fetch(urls, tmp_path / "work", quick(server, attempts=1))
    assert set(outcomes) == set(urls)
    assert [url for url in urls if outcomes[url].state == "ok"] == [server.url("/ok.png")]
