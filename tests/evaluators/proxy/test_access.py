"""Who may call the proxy, and what its addresses lead to; the endpoint is a stub."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from locomo_vqa.evaluators.proxy import app
from locomo_vqa.evaluators.proxy.errors import ProxyError
from locomo_vqa.evaluators.proxy.routes import Routes
from locomo_vqa.evaluators.proxy.stages import CALL_STAGES
from locomo_vqa.schemas import load_schema

from .stub_upstream import StubUpstream, chat, stub_upstream
from .using import KEY, proxy_for, rows, send

ODD_NAMES = ["../../etc", "..", ".", "a/b", "conv 26", "h-x", "", "ü", "%2e%2e", "x" * 500, "a\n"]


@pytest.fixture
def stub() -> Iterator[StubUpstream]:
    with stub_upstream(lambda got: chat()) as stub:
        yield stub


@pytest.mark.slow
@pytest.mark.parametrize("key", ["", "wrong", KEY])
def test_a_wrong_key_reaches_nothing(stub: StubUpstream, tmp_path: Path, key: str) -> None:
    with proxy_for(stub.url, tmp_path) as proxy:
        status, headers, body = send(proxy.endpoint("conv-26"), b"{}", key=key)
    assert status == 401
    assert json.loads(body)["error"]["code"] == "wrong_key"
    assert headers["x-should-retry"] == "false"
    assert stub.got == [] and rows(tmp_path) == []


def test_no_key_reaches_nothing(stub: StubUpstream, tmp_path: Path) -> None:
    with proxy_for(stub.url, tmp_path) as proxy:
        headers = {"Authorization": f"Basic {proxy.endpoint('c').api_key}"}
        assert send(proxy.endpoint("conv-26"), b"{}", headers=headers)[0] == 401
    assert stub.got == []


def test_the_proxys_key_is_not_sent_on_and_the_endpoints_not_back(
    stub: StubUpstream, tmp_path: Path
) -> None:
    with proxy_for(stub.url, tmp_path, mode="record") as proxy:
        endpoint = proxy.endpoint("conv-26")
        _, headers, body = send(endpoint, b'{"model": "stub"}')
    sent = repr(stub.got)
    assert endpoint.api_key not in sent and KEY in sent
    assert KEY not in repr((headers, body))
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert KEY.encode() not in content, path
        assert endpoint.api_key.encode() not in content, path


def test_each_proxy_has_another_key(stub: StubUpstream, tmp_path: Path) -> None:
    keys = set()
    for _ in range(2):
        with proxy_for(stub.url, tmp_path) as proxy:
            keys.add(proxy.endpoint("c").api_key)
    assert len(keys) == 2 and min(map(len, keys)) >= 32


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_of_a_conversation_is_one_plain_part(name: str) -> None:
    routes = Routes()
    segment = routes.register(name)
    assert segment.replace("-", "").isalnum()
    route = routes.find(f"/c/{segment}/llm/v1/models".encode())
    assert (route.conversation, route.stage, route.tail) == (name, "llm", b"/models")


def test_names_keep_apart() -> None:
    routes = Routes()
    segments = {routes.register(name) for name in [*ODD_NAMES, "a", "b", "a-b", "conv-26"]}
    assert len(segments) == len(ODD_NAMES) + 4
    assert {"a", "b", "a-b", "conv-26"} <= segments


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/v1/models", 404),
        ("/c/conv-26/llm/models", 404),
        ("/c/conv-26/llm/v2/models", 404),
        ("/c/conv-27/llm/v1/models", 404),
        ("/c/conv-26/thinking/v1/models", 404),
        ("/c/../llm/v1/models", 404),
        ("/c/conv-26/llm/v1/../secret", 400),
        ("/c/conv-26/llm/v1/%2e%2e/secret", 400),
        ("/c/conv-26/llm/v1/x/%2E%2e%2Fsecret", 400),
        ("/c/conv-26/llm/v1/x/..%5csecret", 400),
        ("/c/conv-26/llm/v1/./models", 400),
        ("http://127.0.0.1:9/c/conv-26/llm/v1/models", 404),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(path: str, status: int) -> None:
    routes = Routes()
    routes.register("conv-26")
    with pytest.raises(ProxyError) as caught:
        routes.find(path.encode())
    assert caught.value.status == status


def test_the_whole_way_refuses_too(stub: StubUpstream, tmp_path: Path) -> None:
    with proxy_for(stub.url, tmp_path) as proxy:
        endpoint = proxy.endpoint("conv-26")
        base = urlsplit(endpoint.base_url).path
        assert send(endpoint, b"", path=f"{base}/../../x", method="GET")[0] == 400
        assert send(endpoint, b"", path=f"{stub.url}/models", method="GET")[0] == 404
        assert send(endpoint, b"", path="/c/conv-99/llm/v1/models", method="GET")[0] == 404
    assert stub.got == [] and rows(tmp_path) == []


def test_a_system_may_choose_the_stage_itself(stub: StubUpstream, tmp_path: Path) -> None:
    with proxy_for(stub.url, tmp_path) as proxy:
        endpoint = proxy.endpoint("conv-26")
        for stage in CALL_STAGES:
            path = f"/c/conv-26/{stage}/v1/chat/completions"
            assert send(endpoint, b"{}", path=path)[0] == 200
    assert [row["stage"] for row in rows(tmp_path)] == list(CALL_STAGES)
    assert load_schema("call")["properties"]["stage"]["enum"] == list(CALL_STAGES)


def test_a_request_that_is_too_large_is_refused_and_written_down(
    stub: StubUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "MAX_REQUEST_BYTES", 1 << 20)
    with proxy_for(stub.url, tmp_path) as proxy:
        endpoint = proxy.endpoint("conv-26")
        assert send(endpoint, b"x" * (1 << 20))[0] == 200
        url = urlsplit(endpoint.base_url)
        head = f"POST {url.path}/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {endpoint.api_key}"
        for length in ("Content-Length: 1048577\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"):
            with socket.create_connection((url.hostname, url.port), timeout=100) as connection:
                connection.sendall(f"{head}\r\n{length}".encode())
                if "chunked" in length:
                    connection.sendall(b"100001\r\n" + b"x" * 0x100001 + b"\r\n")
                assert connection.recv(100).startswith(b"HTTP/1.1 413")
    assert len(stub.got) == 1
    assert [row["outcome"] for row in rows(tmp_path)] == ["ok", "refused", "refused"]
