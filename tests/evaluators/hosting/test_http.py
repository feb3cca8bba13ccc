"""Systems behind an address: what is sent, what comes back, and what fails on the way."""

from __future__ import annotations

import base64
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from starlette.responses import JSONResponse, RedirectResponse, Response

from locomo_vqa.errors import InputError, MissingResource, SystemLoadError
from locomo_vqa.evaluators.hosting import HttpHost, Limits
from locomo_vqa.evaluators.hosting.http import endpoint_for
from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.evaluators.running.hosting_settings import HostingSettings
from locomo_vqa.system import ConversationInfo, Endpoint, Services, Usage
from tests.conftest import ROOT
from tests.evaluators.hosting.hosted import hosted
from tests.evaluators.hosting.memory_server import MemoryServer, serving
from tests.evaluators.recording import SAMPLE

API = yaml.safe_load((ROOT / "docs" / "system-api.yaml").read_text(encoding="utf-8"))


def validate(schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": API["components"]}
    Draft202012Validator(whole).validate(value)


def operation(method: str, path: str) -> dict[str, Any]:
    """Return what the description says of a request."""
    for template, item in API["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: dict[str, Any] = item[method.lower()]
            return found
    raise AssertionError(f"{path} is not described")


def check_traffic(server: MemoryServer) -> None:
    """Hold every request and reply against the description."""
    for method, path, body, status, reply in server.log:
        said = operation(method, path)
        assert ("requestBody" in said) == (body is not None)
        if body is not None:
            validate(said["requestBody"]["content"]["application/json"]["schema"], body)
        expected = said["responses"][str(status)]
        assert ("content" in expected) == (reply is not None)
        if reply is not None:
            validate(expected["content"]["application/json"]["schema"], reply)


def test_the_description_is_openapi() -> None:
    assert API["openapi"] == "3.1.0"
    for schema in API["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    references = re.findall(r'\$ref: "(#/[\w/]+)"', (ROOT / "docs/system-api.yaml").read_text())
    for reference in references:
        place: Any = API
        for step in reference[2:].split("/"):
            place = place[step]
    for path, item in API["paths"].items():
        for said in item.values():
            assert ("parameters" in said) == ("{id}" in path)
            assert said["responses"]


@pytest.mark.slow
@pytest.mark.parametrize("images", ["data", "path"])
def test_a_server_is_told_the_conversation_and_asked(
    images: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCOMO_VQA_SYSTEM_KEY", "open-sesame")
    with serving(MemoryServer(images=images)) as server:
        run = hosted(server.url, tmp_path / "run", split="validation", limit=2)
        llm = Endpoint(base_url="http://127.0.0.1:9/v1", model="m", api_key="none")
        done = hosted(
            server.url,
            tmp_path / "run",
            split="validation",
            limit=2,
            services=Services(llm=llm),
        ).run()
    assert (run.system.name, run.system.version, run.system.address) == ("Remote", "2", True)
    check_traffic(server)
    assert server.open == {}
    assert server.keys == {"Bearer open-sesame"}
    conversation = next(c for c in SAMPLE.conversations if c.split == "validation")
    (begun,) = server.begun
    assert begun["id"].startswith(f"{conversation.id}-")
    assert begun["llm"]["model"] == "m"
    told = [turn for _, path, body, *_ in server.log if "/turns" in path for turn in body["turns"]]
    assert [turn["text"] for turn in told] == [turn.text for _, turn in conversation.turns()]
    last = [turn for _, turn in conversation.turns()][-1]
    assert {p.prediction for p in done.predictions[:-1]} == {last.text}
    assert done.predictions[0].usage == Usage(input_tokens=5, output_tokens=1, calls=1)
    assert done.predictions[0].retrieved[0].turn == last.id
    assert done.predictions[-1].prediction == "something"
    (image,) = [body["image"] for _, path, body, *_ in server.log if "_visual" in path]
    file = SAMPLE.image_path(SAMPLE.visual_questions[_first()].image)
    if images == "path":
        assert image["data"] is None
        assert server.read[image["path"]] == file.read_bytes()
        assert not Path(image["path"]).exists()
    else:
        assert base64.b64decode(image["data"].partition(",")[2]) == file.read_bytes()
        assert image["path"] is None


def test_a_server_elsewhere_gets_no_key_of_the_endpoint() -> None:
    llm = Endpoint(base_url="https://ada:secret@models.example/v1", model="m", api_key="sk-1234")
    assert endpoint_for("http://127.0.0.1:8000/memory", llm) == {
        "base_url": llm.base_url,
        "model": "m",
        "api_key": "sk-1234",
        "timeout_s": 120.0,
    }
    assert endpoint_for("https://memory.example", llm) == {
        "base_url": "https://models.example/v1",
        "model": "m",
        "api_key": "none",
        "timeout_s": 120.0,
    }
    assert endpoint_for("https://memory.example", None) is None


def _first() -> int:
    return next(n for n, q in enumerate(SAMPLE.visual_questions) if q.split == "validation")


FAULTS: dict[str, tuple[str, Response | float, list[str], str]] = {
    "an error": (
        "answer",
        JSONResponse({"error": "out of memory"}, 500),
        ["error"] * 4,
        "HTTP 500: out of memory",
    ),
    "a time-out of its own": ("answer", Response(status_code=504), ["timeout"] * 4, "HTTP 504"),
    "silence": (
        "answer",
        30.0,
        ["timeout", *["not_ingested"] * 3],
        "POST /answer: no answer within 1 s",
    ),
    "HTML": ("answer", Response("<html>"), ["error"] * 4, "the reply is not JSON"),
    "a number": ("answer", JSONResponse(7), ["error"] * 4, "TypeError: the system answered with"),
    "elsewhere": ("answer", RedirectResponse("http://127.0.0.1:9/"), ["error"] * 4, "HTTP 307"),
    "no session": (
        "turns",
        Response("too long", 413),
        ["not_ingested"] * 4,
        "while reading: HTTP 413: too long",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_a_state_and_the_conversation_is_forgotten(name: str, tmp_path: Path) -> None:
    path, fault, states, reason = FAULTS[name]
    with serving(MemoryServer()) as server:
        server.faults[path] = fault
        limits = Limits(answer_s=1 if "within 1 s" in reason else 200)
        done = hosted(server.url, tmp_path / "run", split="validation", limits=limits).run()
        assert server.open == {}
    assert [p.state for p in done.predictions] == states
    assert (done.predictions[0].error or "").startswith(reason)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 3])
def test_a_server_that_goes_away_stops_the_run(jobs: int, tmp_path: Path) -> None:
    with serving(MemoryServer()) as server:
        run = hosted(server.url, tmp_path / "run", jobs=jobs)
    with pytest.raises(MissingResource, match="no longer answers"):
        run.run()


NO_SYSTEM: dict[str, Any] = {"no name": {"name": None}, "a number": {"version": 2}}


@pytest.mark.slow
@pytest.mark.parametrize("name", NO_SYSTEM)
def test_what_describes_no_system_is_refused(name: str) -> None:
    with (
        serving(MemoryServer(**NO_SYSTEM[name])) as server,
        pytest.raises(SystemLoadError, match="must be a string"),
    ):
        load_system(server.url)


def test_what_can_t_be_reached_is_refused_without_its_password() -> None:
    with pytest.raises(SystemLoadError, match="ConnectError") as refused:
        load_system("http://ada:secret@127.0.0.1:9/api")
    assert "secret" not in str(refused.value)
    with pytest.raises(SystemLoadError, match="is not an address"):
        load_system("http:///api")


def test_a_server_s_memory_can_t_be_limited() -> None:
    settings = HostingSettings.checked(memory_limit=1)
    with serving(MemoryServer()) as server:
        loaded = load_system(server.url)
    with pytest.raises(InputError, match="can't be measured from here"):
        settings.check(loaded)


@pytest.mark.slow
def test_a_request_is_broken_off_from_another_thread(tmp_path: Path) -> None:
    with serving(MemoryServer()) as server:
        server.faults["flush"] = 250.0
        host = HttpHost(server.url)
        assert host.start() is None
        info = ConversationInfo(id="c", speakers=("A", "B"), images="none")
        assert host.open(info, tmp_path, Services()) is None
        threading.Timer(0.5, host.kill).start()
        begun = time.monotonic()
        failure = host.flush()
        assert time.monotonic() - begun < 200
        assert failure is not None
        assert failure.state == "error"
        host.end()
        assert server.open == {}
