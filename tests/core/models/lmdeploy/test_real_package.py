"""The real lmdeploy: its command line, its two servers, and its pipeline in this process.

Only its GPU engines are missing; `cpu_engine` puts the embedded model on the CPU in their place.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from locomo_vqa.models import reported_failures
from locomo_vqa.models.chat import (
    ChatModel,
    ChatReply,
    ChatRequest,
    ModelDenied,
    ModelError,
    ModelFailed,
    ModelImage,
    ModelUnreachable,
)
from locomo_vqa.models.probes import probe, probe_requests
from tests.core.models.conformance import CHECKS, Check, Traits
from tests.core.models.recorded_lmdeploy import RECORD
from tests.core.models.stub_server import completion, stub_server
from tests.core.models.using import REQUEST, ask, using

from .commands import documented
from .in_process_requests import REQUESTS, WORD
from .package import VERSION, find_lmdeploy
from .running import KEY, KEY_VARIABLE, Running, post, run_lmdeploy

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WRONG = ["serve", "api_server", "m", "--routing-strategy", "random"]
GONE = {"error_code": 10402, "text": "Failed to get response after a period of time"}


@pytest.fixture(scope="module")
def lmdeploy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Everything that is started, once for all tests."""
    tag = f"{sys.version_info.major}{sys.version_info.minor}"
    work, kept = tmp_path_factory.mktemp("lmdeploy"), getattr(request.config, "cache", None)
    package = find_lmdeploy(kept.mkdir(f"lmdeploy-{VERSION}-{tag}") if kept else work)
    with run_lmdeploy(package, [*documented().values(), WRONG], work) as running:
        yield running


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key that the server asks for, and no long wait for its proxy."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    monkeypatch.setattr(reported_failures, "PROXY_WAIT_S", 0.01)


def test_it_is_as_recorded(lmdeploy: Running) -> None:
    assert lmdeploy.in_process["facts"] == RECORD


def test_its_own_parser_takes_the_documented_commands(lmdeploy: Running) -> None:
    *shown, wrong = lmdeploy.in_process["refused"]
    assert dict(zip(documented(), shown, strict=True)) == dict.fromkeys(documented())
    assert "unrecognized arguments: --routing-strategy" in wrong


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_server_is_a_backend_like_the_others(lmdeploy: Running, check: Check) -> None:
    async def run(model: ChatModel) -> None:
        await check(model, Traits())

    using(lmdeploy.spec(lmdeploy.server), run, timeout_s=60)


def replies_of(spec: str, requests: Sequence[ChatRequest]) -> list[str]:
    async def run(model: ChatModel) -> list[str]:
        return [reply.text for reply in await asyncio.gather(*map(model.ask, requests))]

    return using(spec, run, timeout_s=60)


SEEN = [*probe_requests(), *(ChatRequest(text=f"Hello {i}", max_tokens=16) for i in range(3))]


@pytest.mark.parametrize(
    "spec_of",
    [
        lambda running: running.spec(running.server),
        lambda running: running.spec(running.proxy),
        lambda running: running.spec(running.server, options="&body.stream=true"),
        lambda running: running.spec(running.server, options="&body.top_k=1"),
    ],
    ids=["server", "proxy", "stream", "top_k"],
)
def test_the_same_weights_say_the_same(
    lmdeploy: Running, spec_of: Callable[[Running], str]
) -> None:
    expected = replies_of("embedded:large?threads=1", SEEN)
    assert expected[:4] == ["two", "five", "green", "yellow"]
    assert replies_of(spec_of(lmdeploy), SEEN) == expected


def test_the_probe_takes_the_server(lmdeploy: Running) -> None:
    found = using(lmdeploy.spec(lmdeploy.server), probe, timeout_s=60)
    assert found.sees


def test_a_schema_is_enforced(lmdeploy: Running) -> None:
    reply = ask(lmdeploy.spec(lmdeploy.server), ChatRequest(text="A colour?", schema=WORD))
    assert (reply.text, reply.unguided) == ('"ultramarine"', False)


@pytest.mark.parametrize("through", ["server", "proxy"])
def test_a_schema_that_it_can_not_compile_is_left_out(lmdeploy: Running, through: str) -> None:
    request = ChatRequest(text="A colour?", schema={"type": "zzz"}, max_tokens=4)
    assert ask(lmdeploy.spec(getattr(lmdeploy, through)), request, timeout_s=60).unguided


def test_a_seed_repeats_a_sample(lmdeploy: Running) -> None:
    def sample(seed: int) -> str:
        request = ChatRequest(text="Hi", temperature=1.0, seed=seed, max_tokens=24)
        return ask(lmdeploy.spec(lmdeploy.server), request, timeout_s=60).text

    assert sample(3) == sample(3)
    assert len({sample(seed) for seed in range(4)}) > 1


NO_IMAGE = ModelImage(sha256="0" * 64, media_type="image/png", data=b"no image")
FAULTS: dict[str, tuple[str, ChatRequest, type[ModelError], str]] = {
    "no such model": ("nope", REQUEST, ModelDenied, "The model 'nope' does not exist"),
    "too long": (
        "embedded",
        ChatRequest(text="balloon " * 3000),
        ModelFailed,
        "must be smaller than the model context length",
    ),
    "no image": (
        "embedded",
        ChatRequest(text="What?", images=(NO_IMAGE,)),
        ModelFailed,
        "the endpoint failed: ",
    ),
    "aborted": (
        "embedded",
        ChatRequest(text="Please abort this request."),
        ModelFailed,
        "it aborted the request",
    ),
}


@pytest.mark.parametrize("through", ["server", "proxy"])
@pytest.mark.parametrize("name", FAULTS)
def test_its_errors_are_errors(lmdeploy: Running, name: str, through: str) -> None:
    model, request, error, words = FAULTS[name]
    with pytest.raises(error, match=words) as caught:
        ask(lmdeploy.spec(getattr(lmdeploy, through), model), request, timeout_s=60)
    assert type(caught.value) is error


@pytest.mark.parametrize("through", ["server", "proxy"])
def test_a_missing_key_is_said(lmdeploy: Running, through: str) -> None:
    spec = f"openai:{getattr(lmdeploy, through)}/v1?model=embedded&key=none"
    with pytest.raises(ModelDenied, match="Unauthorized"):
        ask(spec)


def test_the_proxy_uses_all_servers(lmdeploy: Running) -> None:
    with (
        stub_server(lambda _: completion("one")) as one,
        stub_server(lambda _: completion("two")) as two,
    ):
        for stub in (one, two):
            lmdeploy.register(stub.url, "both")
        spec = lmdeploy.spec(lmdeploy.proxy, "both")
        requests = [ChatRequest(text=f"{i}") for i in range(40)]
        assert set(replies_of(spec, requests)) == {"one", "two"}
        assert one.requests[0]["messages"][0]["content"] in {f"{i}" for i in range(40)}
        for stub in (one, two):
            lmdeploy.remove(stub.url)


def test_a_server_that_goes_costs_no_reply(lmdeploy: Running) -> None:
    with stub_server(lambda _: completion("gone")) as gone:
        lmdeploy.register(gone.url, "some")
    spec = lmdeploy.spec(lmdeploy.proxy, "some")
    body = {"model": "some", "messages": [{"role": "user", "content": "Hi"}]}
    assert post(f"{lmdeploy.proxy}/v1/chat/completions", body) == GONE
    with pytest.raises(ModelUnreachable, match="behind the proxy does not answer"):
        ask(spec)

    async def many(model: Any) -> list[ChatReply]:
        return await asyncio.gather(*(model.ask(ChatRequest(text=f"{i}")) for i in range(20)))

    with stub_server(lambda _: completion("blue")) as left:
        lmdeploy.register(left.url, "some")
        replies = using(spec, many, tries=60)  # The proxy prefers the server that is gone.
        assert [reply.text for reply in replies] == ["blue"] * 20
        lmdeploy.remove(left.url)
    lmdeploy.remove(gone.url)
    with pytest.raises(ModelDenied, match="does not exist"):
        ask(spec)


def test_the_backend_in_process_says_the_same(lmdeploy: Running) -> None:
    got = lmdeploy.in_process
    assert [made.partition("(")[0] for made in got["made"]] == [
        *["TurbomindEngineConfig"] * 2,
        "PytorchEngineConfig",
    ]
    alike = [name for name in REQUESTS if name.startswith(("probe", "text", "earlier"))]
    expected = replies_of("embedded:large?threads=1", [REQUESTS[name] for name in alike])
    assert [got["replies"][name][0] for name in alike] == expected
    assert got["replies"]["guided"][:2] == ['"ultramarine"', "stop"]
    assert got["replies"]["cut off"][1:] == ["length", 8, 2]
    assert got["replies"]["seed"] == got["replies"]["seed again"]
    assert got["replies"]["aborted"] == "ModelFailed: lmdeploy failed: abort"
    assert got["replies"]["special tokens"][0] == "two"
    assert "must be smaller than the model context length" in got["replies"]["too long"]
    assert (got["identity"]["engine"], got["identity"]["version"]) == (
        "PytorchEngineConfig",
        VERSION,
    )


def test_the_backend_says_that_a_gpu_is_missing(lmdeploy: Running) -> None:
    for said in lmdeploy.in_process["without_gpu"].values():
        assert "can't be loaded" in said
        assert "Use a machine with an NVIDIA GPU and its driver" in said
