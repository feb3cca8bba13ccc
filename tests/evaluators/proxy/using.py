"""What the tests of the proxy share: a proxy before a stub, raw requests, and the ledger's rows."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from openai import OpenAI

from locomo_vqa.evaluators.proxy import MeteringProxy
from locomo_vqa.system import Endpoint

KEY = "sk-upstream-secret"
MESSAGES: list[Any] = [{"role": "user", "content": "Which colour?"}]


def proxy_for(
    url: str, folder: Path, *, timeout_s: float = 100, api_key: str = KEY, **options: Any
) -> MeteringProxy:
    """Return a proxy before an endpoint; its files are in `folder`."""
    if options.get("mode", "off") != "off":
        options = {"store": folder / "recorded.sqlite", **options}
    upstream = Endpoint(base_url=url, model="stub", api_key=api_key, timeout_s=timeout_s)
    return MeteringProxy(upstream, folder / "calls.jsonl", **options)


@contextmanager
def client_of(endpoint: Endpoint, **options: Any) -> Iterator[OpenAI]:
    """Return the real client of an endpoint; it tries once."""
    options = {"max_retries": 0, "timeout": 100, **options}
    with OpenAI(base_url=endpoint.base_url, api_key=endpoint.api_key, **options) as client:
        yield client


def rows(folder: Path) -> list[dict[str, Any]]:
    """Return the ledger's lines."""
    return [json.loads(line) for line in (folder / "calls.jsonl").read_text().splitlines()]


def send(
    endpoint: Endpoint,
    body: bytes,
    *,
    path: str | None = None,
    key: str | None = None,
    method: str = "POST",
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """Send a request unchanged; return status, headers and body of the reply."""
    url = urlsplit(endpoint.base_url)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=100)
    target = url.path + "/chat/completions" if path is None else path
    sent = {"Authorization": f"Bearer {endpoint.api_key if key is None else key}"}
    try:
        connection.request(method, target, body, {**sent, **(headers or {})})
        reply = connection.getresponse()
        return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read()
    finally:
        connection.close()
