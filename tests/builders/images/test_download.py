"""Every way in which a host can fail, and what happens to the image."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import os
import resource
import socket
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest

from locomo_vqa.builders.images.addresses import Addresses, resolve
from locomo_vqa.builders.images.outcome import ImageOutcome

from .conftest import fetch, quick
from .drawn import HTML, SVG, animation, draw, encode, huge_png, image_bytes, rotated_jpeg
from .image_server import (
    ImageServer,
    Route,
    Write,
    drip,
    endless,
    head,
    in_turn,
    raw,
    reply,
    serving,
    silent,
)

pytestmark = pytest.mark.slow

LIMIT = 1 << 20
PNG = image_bytes(1)
JPEG = image_bytes(1, "JPEG")
GZIP = "Content-Encoding: gzip"
NOISE = os.urandom(4000)

FAULTS: dict[str, tuple[Route, str, str | None]] = {
    "/ok.png": (reply(200, PNG), "ok", None),
    "/404": (reply(404, b"no"), "unavailable", "answered 404 Not Found"),
    "/410": (reply(410), "unavailable", "answered 410 Gone"),
    "/204": (reply(204), "unavailable", "answered 204 No Content"),
    "/299": (reply(299), "unavailable", "answered 299"),
    "/302-nowhere": (reply(302), "unavailable", "answered 302 Found"),
    "/401": (reply(401), "blocked", "answered 401 Unauthorized"),
    "/403": (reply(403), "blocked", "answered 403 Forbidden"),
    "/451": (reply(451), "blocked", "answered 451 Unavailable For Legal Reasons"),
    "/circle": (reply(302, b"", "Location: /circle"), "unavailable", "more than 5 redirects"),
    "/bad-target": (reply(302, b"", "Location: http://[::"), "unavailable", "the URL is malformed"),
    "/5gb": (endless(PNG, 5 << 30), "too_large", "it is larger than 1,048,576 bytes"),
    "/5gb-length": (
        raw(head(200, f"Content-Length: {5 << 30}") + PNG),
        "too_large",
        "it is larger than 1,048,576 bytes",
    ),
    "/html-as-jpeg": (
        reply(200, HTML, "Content-Type: image/jpeg"),
        "not_an_image",
        "it is an HTML page",
    ),
    "/html": (
        reply(200, HTML, "Content-Type: Text/HTML; charset=utf-8"),
        "not_an_image",
        "it is an HTML page; sent as text/html",
    ),
    "/image-as-html": (reply(200, PNG, "Content-Type: text/html"), "ok", "sent as text/html"),
    "/markup-as-type": (reply(200, PNG, "Content-Type: <script>/html"), "ok", None),
    "/svg": (
        reply(200, SVG, "Content-Type: image/svg+xml"),
        "not_an_image",
        "it is an SVG drawing",
    ),
    "/empty": (reply(200), "not_an_image", "it is empty"),
    "/noise": (reply(200, NOISE), "not_an_image", "its format is not supported"),
    "/truncated.jpg": (
        reply(200, JPEG[: len(JPEG) // 2]),
        "not_an_image",
        "it is cut off or damaged",
    ),
    "/30000.png": (reply(200, huge_png()), "too_large", "it has more than 50,000,000 pixels"),
    "/animated.gif": (reply(200, animation()), "ok", None),
    "/cmyk.jpg": (reply(200, encode(draw(2, mode="CMYK"), "JPEG")), "ok", None),
    "/rotated.jpg": (reply(200, rotated_jpeg()), "ok", None),
    "/429-once": (in_turn(reply(429, b"", "Retry-After: 0"), reply(200, PNG)), "ok", None),
    "/500-once": (in_turn(reply(500), reply(200, PNG)), "ok", None),
    "/503-date": (
        in_turn(reply(503, b"", f"Retry-After: {formatdate(0, usegmt=True)}"), reply(200, PNG)),
        "ok",
        None,
    ),
    "/500": (reply(500), "not_fetched", "answered 500 Internal Server Error"),
    "/429-for-a-day": (
        reply(429, b"", "Retry-After: 86400"),
        "not_fetched",
        "answered 429 Too Many Requests",
    ),
    "/half": (
        raw(head(200, f"Content-Length: {len(PNG)}") + PNG[:200]),
        "not_fetched",
        "the connection broke off",
    ),
    "/half-once": (
        in_turn(raw(head(200, f"Content-Length: {len(PNG)}") + PNG[:200]), reply(200, PNG)),
        "ok",
        None,
    ),
    "/too-short-length": (
        raw(head(200, "Content-Length: 200") + PNG),
        "not_an_image",
        "it is cut off or damaged",
    ),
    "/no-http": (raw(NOISE), "not_fetched", "the connection broke off"),
    "/nothing": (raw(b""), "not_fetched", "the connection broke off"),
    "/drip": (drip(PNG, 0.05), "not_fetched", "it took longer than 2 s"),
    "/silent": (silent(), "not_fetched", "its host stopped answering"),
    "/gzip": (reply(200, gzip.compress(PNG), GZIP), "ok", None),
    "/deflate": (reply(200, zlib.compress(PNG), "Content-Encoding: deflate"), "ok", None),
    "/gzip-bomb": (
        reply(200, gzip.compress(bytes(200 << 20), 1), GZIP),
        "too_large",
        "it is larger than 1,048,576 bytes",
    ),
    "/gzip-broken": (reply(200, PNG, GZIP), "not_an_image", "its compression is broken"),
    "/gzip-half": (
        reply(200, gzip.compress(PNG)[:300], GZIP),
        "not_an_image",
        "its compression is broken",
    ),
    "/odd path%20é?a=1&b=ü": (reply(404), "unavailable", "answered 404 Not Found"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ImageServer]:
    with serving() as made:
        made.routes.update({path: route for path, (route, _, _) in FAULTS.items()})
        yield made


@pytest.fixture(scope="module")
def outcomes(
    server: ImageServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, ImageOutcome]:
    """Fetch all; only what makes no end is not waited for, for as long as a busy machine takes."""
    folder = tmp_path_factory.mktemp("faults")
    settings = quick(server, max_bytes=LIMIT, timeout=200, attempts=3, per_host=8)
    limits = {"/drip": {"timeout": 2.0, "read_timeout": 200}, "/silent": {"read_timeout": 0.5}}
    urls = {server.url(path): path for path in FAULTS}
    found = fetch([url for url, path in urls.items() if path not in limits], folder, settings)
    for path, limit in limits.items():
        found |= fetch([server.url(path)], folder / path[1:], replace(settings, **limit))
    for each in (folder, *(folder / path[1:] for path in limits)):
        assert list((each / "partial").iterdir()) == []
    kept = {path.name: path.read_bytes() for path in (folder / "images").iterdir()}
    for outcome in found.values():
        assert (outcome.state == "ok") == (outcome.sha256 is not None)
        if outcome.sha256 is not None:
            data = kept[f"{outcome.sha256}.{outcome.format}"]
            assert hashlib.sha256(data).hexdigest() == outcome.sha256
            assert len(data) == outcome.bytes
    return {urls[url]: outcome for url, outcome in found.items()}


@pytest.mark.parametrize("path", FAULTS)
def test_a_fault(path: str, outcomes: dict[str, ImageOutcome]) -> None:
    _, state, detail = FAULTS[path]
    assert (outcomes[path].state, outcomes[path].detail) == (state, detail)


@pytest.mark.usefixtures("outcomes")
def test_what_is_not_needed_is_not_read(server: ImageServer) -> None:
    """Beyond the limit only what lay in the sockets' buffers was sent."""
    assert server.sent["/5gb"] < LIMIT + (8 << 20)


@pytest.mark.usefixtures("outcomes")
def test_how_often_each_was_asked(server: ImageServer) -> None:
    expected = {"/404": 1, "/403": 1, "/svg": 1, "/500": 3, "/500-once": 2, "/429-once": 2}
    expected |= {"/429-for-a-day": 1, "/half": 3, "/drip": 1, "/silent": 3, "/circle": 6}
    assert {path: server.hits[path] for path in expected} == expected


@pytest.mark.usefixtures("outcomes")
def test_the_request_is_polite(server: ImageServer) -> None:
    sent = server.heads["/ok.png"]
    assert "User-Agent: locomo-vqa/" in sent
    assert "Accept-Encoding: identity" in sent
    assert "Cookie" not in sent


def test_the_original_bytes_are_kept(outcomes: dict[str, ImageOutcome]) -> None:
    rotated = outcomes["/rotated.jpg"]
    assert rotated.sha256 == hashlib.sha256(rotated_jpeg()).hexdigest()
    assert (rotated.width, rotated.height) == (40, 80)
    assert outcomes["/gzip"].sha256 == outcomes["/ok.png"].sha256


def test_redirects_are_followed(server: ImageServer, tmp_path: Path) -> None:
    for step in range(5):
        server.routes[f"/r{step}"] = reply(301, b"", f"Location: /r{step + 1}")
    server.routes["/r5"] = reply(200, PNG)
    url = server.url("/r0")
    assert fetch([url], tmp_path / "work", quick(server))[url].state == "ok"


def test_retry_after_is_obeyed_and_the_host_left_alone(server: ImageServer, tmp_path: Path) -> None:
    busy = in_turn(reply(429, b"", "Retry-After: 1"), reply(200, PNG))
    server.routes |= {"/busy": busy, "/next": reply(200, image_bytes(2))}
    began = time.monotonic()
    urls = [server.url("/busy"), server.url("/next")]
    outcomes = fetch(urls, tmp_path / "work", quick(server, per_host=1))
    assert time.monotonic() - began > 0.9
    assert [outcomes[url].state for url in urls] == ["ok", "ok"]


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nothing listens, and no other process can."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


async def _resolve(host: str, port: int) -> list[str]:
    if host.endswith(".invalid"):
        raise socket.gaierror(socket.EAI_NONAME, "no such name")
    return await resolve(host, port)


def test_hosts_are_dead_only_where_the_network_is_there(
    server: ImageServer, closed_port: int, tmp_path: Path
) -> None:
    port = closed_port
    addresses = Addresses(
        allowed=frozenset({("127.0.0.1", server.port), ("127.0.0.1", port)}), resolve=_resolve
    )
    settings = quick(addresses=addresses)
    refused, unknown = f"http://127.0.0.1:{port}/a.png", "http://nowhere.invalid/a.png"
    alone = fetch([refused, unknown], tmp_path / "a", settings)
    assert {outcome.state for outcome in alone.values()} == {"not_fetched"}
    good = server.url("/ok.png")
    outcomes = fetch([refused, unknown, good], tmp_path / "b", settings)
    assert outcomes[good].state == "ok"
    for url, words in ((refused, "refuses connections"), (unknown, "can't be resolved")):
        assert outcomes[url].state == "unavailable"
        assert words in (outcomes[url].detail or "")
    later = fetch([refused, unknown], tmp_path / "c", settings, known_urls=[good])
    assert {outcome.state for outcome in later.values()} == {"unavailable"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("per_host", "in_flight", "at_host", "at_once"), [(3, 32, 3, 12), (3, 5, 2, 5), (12, 7, 2, 7)]
)
def test_bounds_hold(
    per_host: int, in_flight: int, at_host: int, at_once: int, tmp_path: Path
) -> None:
    """No reply comes before as many requests are there as may be, and then more would come."""
    image = reply(200, PNG, delay=0.05)

    async def all_there(hit: int, write: Write) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(60):
                while server.most_at_once < at_once:
                    await asyncio.sleep(0.005)
        await image(hit, write)

    with serving("0.0.0.0") as server:
        hosts = [f"127.0.0.{n}" for n in range(1, 5)]
        server.routes |= {f"/{n}.png": all_there for n in range(12)}
        urls = [server.url(f"/{n}.png", host) for host in hosts for n in range(12)]
        addresses = Addresses(allow_private=True)
        settings = quick(addresses=addresses, per_host=per_host, in_flight=in_flight, timeout=200)
        outcomes = fetch(urls, tmp_path / "work", settings)
        assert {outcome.state for outcome in outcomes.values()} == {"ok"}
        assert at_host <= max(server.most_active.values()) <= per_host
        assert server.most_at_once == at_once


def test_a_full_disk_is_one_sentence(server: ImageServer, tmp_path: Path) -> None:
    from locomo_vqa.errors import OutputError

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutputError) as caught:
            fetch([server.url("/ok.png")] * 3, tmp_path / "work", quick(server))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "can't be saved (File too large)" in caught.value.message
    assert "finished images are kept" in caught.value.remedy
    assert list((tmp_path / "work" / "partial").iterdir()) == []
