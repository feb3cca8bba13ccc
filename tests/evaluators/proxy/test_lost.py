"""What a run's record says about requests without a reply, and about what was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa
from locomo_vqa.evaluators.proxy.asked import what_was_asked
from locomo_vqa.evaluators.proxy.calls import Call, CallOutcome
from locomo_vqa.evaluators.proxy.lost import count_lost, count_lost_in_process
from locomo_vqa.evaluators.proxy.model_calls import ModelCall
from locomo_vqa.evaluators.proxy.request_facts import NO_FACTS, request_facts
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.run_notes import asked_notes, is_clean, lost_note, recording_notes, sent_images
from locomo_vqa.run_seal import is_unchanged
from locomo_vqa.runs import Usage
from tests.conftest import Cli
from tests.evaluators.hosting.hosted import write_system

from .stub_upstream import Gives, Got, StubUpstream, as_json, chat, stub_upstream


def call(
    request: str | None, outcome: CallOutcome = "ok", *, conversation: str = "c", **fields: Any
) -> Call:
    given = {"stage": "llm", "model": "m", "method": "POST", "status": 200, **fields}
    return Call(
        time="2026-01-01T00:00:00.000+00:00",
        conversation=conversation,
        path="/v1/chat/completions",
        provider="h:1",
        outcome=outcome,
        stream=False,
        replayed=False,
        counted="none",
        input_tokens=None,
        cached_tokens=None,
        output_tokens=None,
        latency_ms=1.0,
        first_byte_ms=None,
        request_bytes=1,
        reply_bytes=1,
        request_sha256=request,
        **given,
    )


def test_a_request_is_lost_if_no_attempt_got_a_reply() -> None:
    failed: Any = {"outcome": "http_error", "status": 500}
    calls = [
        *(call("a", **failed), call("a")),  # A retry helped.
        *(call("b", **failed), call("b", "timeout", status=504)),
        call("c", stage="embedding"),
        call("d", conversation="other"),
        call("e", "unreachable", method="GET"),
    ]
    lost = count_lost(calls)
    assert (lost.requests, lost.lost) == (4, 1)
    assert lost.by_conversation == {
        "c": {"llm": {"requests": 2, "lost": 1}, "embedding": {"requests": 1, "lost": 0}}
    }
    assert lost.reasons == {"timeout": 1}
    assert not lost.clean


@pytest.mark.parametrize(("missing", "clean"), [(0, True), (5, True), (6, False)])
def test_a_clean_run_loses_at_most_a_twentieth_of_a_conversation(missing: int, clean: bool) -> None:
    calls = [call(str(n), "broken" if n < missing else "ok") for n in range(100)]
    calls += [call(f"other {n}", conversation="other") for n in range(1000)]
    assert count_lost(calls).clean is clean


def test_what_a_request_asks_for() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:"}}
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "What?"}, image, image]},
    ]
    found = request_facts({"messages": messages, "temperature": 1, "seed": 7})
    assert (found.temperature, found.seed, found.images) == (1.0, 7, 2)
    assert found.instructions_sha256 == (
        "213c22ed7234eb11116e1e88f314c73cb3a019b5c87fe224b6ce5665bd9ec50e"  # By sha256sum.
    )
    assert request_facts({"temperature": True, "seed": "x", "messages": [None, {}]}) == NO_FACTS
    assert request_facts(None) == NO_FACTS


def test_what_was_asked_differs_from_the_runs_model() -> None:
    calls = [
        *(call("1", stage="generation", temperature=0.0), call("2", temperature=1.0, model="x")),
        call("3", stage="embedding", model="e", temperature=None),
        call("4", "timeout", model="never answered"),
    ]
    asked = [one.to_json() for one in what_was_asked(calls)]
    answerer = {"model": "m", "temperature": 0}
    info = {"answerer": answerer, "calls": {"asked": asked}}
    assert asked_notes(info) == [
        "1 call (llm) asked x, not m.",
        "1 call (llm) asked at temperature 1, not 0.",
    ]
    assert sent_images(info) is False
    assert sent_images({"calls": {}}) is None
    assert asked_notes({"answerer": answerer}) == []
    assert is_clean({"answerer": answerer})
    assert lost_note({"answerer": answerer}) is None


SWALLOWS = """
import json, urllib.request

class Own(Echo):
    def ask(self, text, **fields):
        llm = self.services.llm
        message = {"role": "user", "content": text}
        body = {"model": "another-model", "messages": [message], "temperature": 1, **fields}
        request = urllib.request.Request(
            llm.base_url + "/chat/completions",
            json.dumps(body).encode(),
            {"authorization": "Bearer " + llm.api_key, "content-type": "application/json"},
        )
        try:
            return json.load(urllib.request.urlopen(request))["choices"][0]["message"]["content"]
        except OSError:
            return "nothing"

    def add(self, turns):
        for turn in turns:
            self.ask(turn.text)
        super().add(turns)

    def answer(self, question, *, now):
        return self.ask("What?")

    def answer_visual(self, question, *, image, now):
        return self.ask("What?")
"""


@pytest.fixture
def failing() -> Iterator[StubUpstream]:
    """An endpoint that fails for whatever is read, and answers questions."""

    def reply(got: Got) -> Gives:
        asks = b'"What?"' in got.body
        return chat() if asks else as_json({"error": "overloaded"}, status=500)

    with stub_upstream(reply) as stub:
        yield stub


@pytest.mark.slow
def test_failed_calls_are_told_by_the_run_the_scores_and_the_board(
    cli: Cli, tmp_path: Path, failing: StubUpstream
) -> None:
    spec = write_system(tmp_path, "swallows", SWALLOWS)
    at = ("--benchmark", "sample", "--split", "validation")
    done = cli("run", spec, *at, "--out", "run", "--model", f"openai:{failing.url}?model=stub")
    assert done.returncode == 1
    info = json.loads((tmp_path / "run" / "run.json").read_text())
    assert info["counts"]["failed"] == 0
    lost = info["calls"]["lost"]
    assert lost["clean"] is False
    assert lost["lost"] == lost["requests"] - len(lost["by_conversation"]) > 50
    assert lost["reasons"] == {"http error 500": lost["lost"]}
    words = f"The run is not clean: {lost['lost']} of {lost['requests']} requests to the model"
    assert words in done.stdout
    rows = (tmp_path / "run" / "journal.jsonl").read_text().splitlines()
    noted = [row for row in map(json.loads, rows) if row["event"] == "calls"]
    assert sum(row["stages"]["llm"]["lost"] for row in noted) == lost["lost"]
    scored = cli("score", "run", "--benchmark", "sample", "--split", "validation")
    other = "asked another-model, not stub."
    for printed in (done.stdout, scored.stdout):
        flat = " ".join(printed.split())
        assert words in flat
        assert other in flat
        assert "asked at temperature 1, not 0." in flat
    assert cli("submit", "run", "--to", "subs").returncode == 0
    cli("leaderboard", "verify", "subs", "--benchmark", "sample")
    (entry,) = json.loads((tmp_path / "subs" / "board.json").read_text())["entries"]
    assert [note for note in entry["notes"] if note.startswith(words)]
    assert [note for note in entry["notes"] if note.endswith(other)]
    assert entry["uses_images"] is False  # It declares nothing; no call had an image.


def in_process(stage: Any, request: str | None, outcome: Any, **more: Any) -> ModelCall:
    """One call to a model in the run's own process."""
    digits = None if request is None else request * 64
    facts: dict[str, Any] = {"time": "2026-01-01T00:00:00.000+00:00", "replayed": False}
    facts |= dict.fromkeys(("input_tokens", "output_tokens", "seconds", "batch"))
    row = {"stage": stage, "model": "embedded:small", "outcome": outcome, **facts, **more}
    return ModelCall(**row, request_sha256=digits)


def test_models_in_the_run_s_process_lose_requests_in_the_same_sense() -> None:
    calls = [
        ("a", in_process("extraction", "1", "error")),
        ("a", in_process("extraction", "1", "ok")),  # The second attempt got a reply.
        ("a", in_process("extraction", "2", "error")),
        ("a", in_process("extraction", "2", "error")),
        ("a", in_process("generation", "2", "ok")),  # The same request, for another purpose.
        ("b", in_process("llm", None, "error")),  # From before requests had a hash.
        ("b", in_process("llm", None, "ok")),
        ("c", in_process("llm", "1", "ok", model="embedded:large")),
    ]
    lost = count_lost_in_process(calls)
    assert (lost.requests, lost.lost, lost.clean) == (6, 2, False)
    assert lost.by_conversation == {
        "a": {
            "extraction": {"requests": 2, "lost": 1},
            "generation": {"requests": 1, "lost": 0},
        },
        "b": {"llm": {"requests": 2, "lost": 1}},
    }
    assert lost.reasons == {"error": 2}
    few = [("a", in_process("llm", f"{n % 10}", "ok", model=f"m{n}")) for n in range(19)]
    assert count_lost_in_process([*few, ("a", in_process("llm", "1", "error"))]).clean


class Finder:
    """Retrieves; the harness answers."""

    def open(self, conversation: Any, workdir: Any, services: Any) -> None: ...
    def add(self, turns: Any) -> None: ...
    def search(self, query: str, k: int, now: Any) -> list[str]:
        return ["a passage"]


def test_a_run_whose_own_model_fails_is_not_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Model:
        name, in_flight, works = "embedded:small", 1, False

        async def ask(self, request: ChatRequest) -> ChatReply:
            if not self.works:
                raise RuntimeError("out of memory")  # It is not a ModelError.
            return ChatReply(text="yes", finish="stop", usage=Usage())

        async def close(self) -> None: ...

    model = Model()
    monkeypatch.setattr("locomo_vqa.models.opening.open_model", lambda spec, **_: model)
    how: dict[str, Any] = {
        **{"benchmark": "sample", "split": "validation", "images": "none", "limit": 3},
        **{"model": "embedded:small", "out": tmp_path / "run", "progress": False},
    }
    done = locomo_vqa.run(Finder, **how)
    lost = done.info["model_calls"]["lost"]
    assert (lost["requests"], lost["lost"], lost["clean"]) == (3, 3, False)
    assert not is_clean(done.info)
    (note,) = recording_notes(done.info)
    assert note.startswith("The run is not clean: 3 of 3 requests to the model got no reply: error")
    journal = (tmp_path / "run" / "journal.jsonl").read_text().splitlines()
    (row,) = [row for row in map(json.loads, journal) if row["event"] == "calls"]
    assert row["stages"] == {"llm": {"requests": 3, "lost": 3}}
    assert is_unchanged(done.info)
    model.works = True
    done = locomo_vqa.run(Finder, **how, retry_failed=True)
    lost = done.info["model_calls"]["lost"]
    assert (lost["requests"], lost["lost"], lost["clean"]) == (3, 0, True)
    assert recording_notes(done.info) == []
