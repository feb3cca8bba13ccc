"""OPENAI_API_KEY is sent to the address that it is for, and to servers on this machine."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from locomo_vqa import keys
from locomo_vqa.models.chat import ChatRequest, ModelDenied
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.models.openai_endpoint import OpenAIModel
from tests.serving import QuietHandler, serve_handler

KEY = "sk-planted-0123456789"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_secrets", {})
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)


def key_for(address: str) -> str:
    return parse_endpoint(f"openai:{address}?model=m", timeout_s=1).api_key


@pytest.mark.parametrize(
    "address",
    [
        "https://api.openai.com/v1",
        "https://API.OpenAI.com:443/v1",
        "http://127.0.0.1:8000/v1",
        "http://127.8.9.1:8000/v1",
        "http://localhost:8000/v1",
        "http://[::1]:8000/v1",
        "http://0.0.0.0:8000/v1",
    ],
)
def test_it_is_sent_to_openai_and_to_this_machine(address: str) -> None:
    assert key_for(address) == KEY


@pytest.mark.parametrize(
    "address",
    [
        "http://api.openai.com/v1",  # It would be readable on the way.
        "https://api.openai.com:8443/v1",
        "https://api.openai.com.models.example/v1",
        "https://models.example/api.openai.com/v1",
        "https://127.0.0.1@models.example/v1",
        "https://127.0.0.1.models.example/v1",
        "https://192.168.1.7:8000/v1",
        "https://localhost.models.example/v1",
    ],
)
def test_it_is_not_sent_elsewhere(address: str) -> None:
    assert key_for(address) == "none"


def test_it_belongs_to_one_address_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://models.example:8443/openai/v1")
    assert key_for("https://models.example:8443/v1") == KEY
    assert key_for("http://127.0.0.1:8000/v1") == KEY
    for other in ("https://api.openai.com/v1", "https://models.example/v1"):
        assert key_for(other) == "none"
    for unusable in ("models.example", "https://models.example:port", "ftp://models.example"):
        monkeypatch.setenv("OPENAI_BASE_URL", unusable)
        assert key_for("https://models.example/v1") == "none"


class Echo(QuietHandler):
    """Answers with the headers that it was sent, as a model's words; some paths fail."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        seen.append({name.lower(): value for name, value in self.headers.items()})
        if "/moved/" in self.path:
            port = self.server.server_address[1]
            self.reply(307, b"", {"location": f"http://localhost:{port}/v1/chat/completions"})
        else:
            body = b'{"error": {"message": "who are you?"}}'
            self.reply(401, body, {"content-type": "application/json"})


seen: list[dict[str, str]] = []


@pytest.fixture
def port() -> Iterator[str]:
    seen.clear()
    with serve_handler(Echo) as address:
        yield address.rpartition(":")[2]


@pytest.fixture
def foreign_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have models.example be this machine, for this process only."""
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **more: Any) -> Any:
        here = host in ("models.example", b"models.example")
        return real("127.0.0.1" if here else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setenv("NO_PROXY", "*")


def ask(name: str) -> str:
    """Return the words of the failure of a request."""

    async def asked() -> None:
        model = OpenAIModel(parse_endpoint(name, timeout_s=100), tries=1)
        try:
            await model.ask(ChatRequest(text="hello", max_tokens=5))
        finally:
            await model.close()

    with pytest.raises(Exception) as raised:
        asyncio.run(asked())
    if "/moved/" not in name:
        assert isinstance(raised.value, ModelDenied)
    return str(raised.value)


@pytest.mark.usefixtures("foreign_host")
def test_a_foreign_host_gets_no_key_and_says_how_to_send_one(port: str) -> None:
    words = ask(f"openai:http://models.example:{port}/v1?model=m")
    assert seen[0]["authorization"] == "Bearer none"
    assert KEY not in str(seen)
    assert "who are you?" in words
    assert "OPENAI_API_KEY is only sent to api.openai.com and servers on this machine" in words
    assert "key=OPENAI_API_KEY to the model's name to send it to models.example" in words
    words = ask(f"openai:http://models.example:{port}/v1?model=m&key=OPENAI_API_KEY")
    assert seen[1]["authorization"] == f"Bearer {KEY}"
    assert "No key was sent" not in words


def test_a_server_on_this_machine_gets_the_key(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for host in ("127.0.0.1", "localhost"):
        assert "No key was sent" not in ask(f"openai:http://{host}:{port}/v1?model=m")
        assert seen[-1]["authorization"] == f"Bearer {KEY}"
    monkeypatch.delenv("OPENAI_API_KEY")
    assert "No key was sent: set OPENAI_API_KEY" in ask(
        f"openai:http://127.0.0.1:{port}/v1?model=m"
    )
    assert seen[-1]["authorization"] == "Bearer none"


def test_a_redirect_is_not_followed(port: str) -> None:
    ask(f"openai:http://127.0.0.1:{port}/moved/v1?model=m")
    assert len(seen) == 1


@pytest.mark.usefixtures("foreign_host")
def test_what_the_environment_says_of_an_account_is_for_its_address(
    port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-mine")
    headers = f"x-gateway-key: gateway-0123\nauthorization: Bearer {KEY}\nX-Team: mine"
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", headers)
    for key in ("", "&key=none"):
        ask(f"openai:http://models.example:{port}/v1?model=m{key}")
        assert "mine" not in str(seen[-1])
        assert "gateway" not in str(seen[-1])
        assert seen[-1]["authorization"] == "Bearer none"
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://models.example:{port}")
    ask(f"openai:http://models.example:{port}/v1?model=m")
    assert (seen[-1]["openai-organization"], seen[-1]["x-gateway-key"]) == (
        "org-mine",
        "gateway-0123",
    )
