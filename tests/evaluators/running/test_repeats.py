"""`run` with `repeat`: seeds, folders, nothing paid twice, and whose memory is whose."""

from __future__ import annotations

import inspect
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_overloads

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.evaluators.running import run
from locomo_vqa.runs import read_run
from tests.evaluators.recording import SAMPLE
from tests.evaluators.stub_endpoint import StubEndpoint, completion, stub_endpoint

SPLIT: dict[str, Any] = {
    "benchmark": SAMPLE,
    "split": "test",
    "limit": 2,
    "images": "none",
    "progress": False,
}


class Asking:
    """Asks the endpoint once while it reads, and once for each question."""

    uses_model = True

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        self.llm = services.llm
        self.memory = ""

    def add(self, turns: Any) -> None:
        if not self.memory:
            self.memory = self.ask(f"read {turns[0].text}")

    def answer(self, question: str, *, now: Any) -> str:
        return f"{self.memory} {self.ask(f'answer {question}')}"

    def ask(self, text: str) -> str:
        body = {"model": self.llm.model, "messages": [{"role": "user", "content": text}]}
        request = urllib.request.Request(
            f"{self.llm.base_url}/chat/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.llm.api_key}"},
        )
        with urllib.request.urlopen(request, timeout=100) as reply:
            return str(json.load(reply)["choices"][0]["message"]["content"])


@pytest.fixture
def endpoint() -> Iterator[StubEndpoint]:
    """An endpoint whose replies are numbered, so that none is like another."""
    count = iter(range(1, 100_000))
    with stub_endpoint(lambda body: completion(f"reply {next(count)}")) as made:
        yield made


def asked(endpoint: StubEndpoint, word: str) -> list[dict[str, Any]]:
    found = []
    for body in endpoint.requests:
        text = body["messages"][-1]["content"]
        if isinstance(text, str) and text.startswith(word):
            found.append(body)
    return found


def local() -> type:
    """Return the class as one that runs in this process."""
    return type("LocalAsking", (Asking,), {})


def test_the_typed_signature_is_the_real_one() -> None:
    typed = inspect.signature(get_overloads(run)[1]).parameters
    real = inspect.signature(run).parameters
    assert list(typed) == list(real)
    assert {n: p.default for n, p in typed.items()} == {n: p.default for n, p in real.items()}


@pytest.mark.slow
def test_each_repeat_reads_and_asks_with_its_own_seed(
    endpoint: StubEndpoint, tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    done = run(local(), out=out, model=endpoint.model, repeat=2, seed=7, **SPLIT)
    assert [one.folder for one in done] == [out / "repeat-1", out / "repeat-2"]
    assert [one.info["repeat"] for one in done] == [
        {"number": number, "seed": seed, "from": "memory", "memory": None}
        for number, seed in ((1, 7), (2, 8))
    ]
    reading, answering = asked(endpoint, "read"), asked(endpoint, "answer")
    assert [body["seed"] for body in reading] == [7, 7, 8, 8]  # Two conversations.
    assert sorted(body["seed"] for body in answering) == [7] * 4 + [8] * 4
    first, second = ({p.prediction for p in one.predictions} for one in done)
    assert not first & second  # No repeat was served the replies of another.

    before = len(endpoint.requests)
    again = run(local(), out=out, model=endpoint.model, repeat=3, seed=7, **SPLIT)
    assert [one.predictions for one in again[:2]] == [one.predictions for one in done]
    new = endpoint.requests[before:]
    assert {body["seed"] for body in new if "seed" in body} <= {1, 9}  # 1: whether it is taken.
    assert len([body for body in new if body in asked(endpoint, "answer")]) == 4
    assert read_run(out / "repeat-3").info["repeat"]["seed"] == 9


@pytest.mark.slow
def test_answers_alone_are_repeated_from_the_first_memory(
    endpoint: StubEndpoint, tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    settings = {"model": endpoint.model, "repeat": 3, "repeat_from": "answers", **SPLIT}
    done = run(local(), out=out, **settings)
    reading = asked(endpoint, "read")
    assert len(reading) == 2  # Once for each conversation, in the first repeat.
    assert all("seed" not in body for body in reading)
    assert sorted(body["seed"] for body in asked(endpoint, "answer")) == [1] * 4 + [2] * 4 + [3] * 4
    memories = [{str(p.prediction)[:8] for p in one.predictions} for one in done]
    assert memories[0] == memories[1] == memories[2]
    names = {one.info["repeat"]["memory"] for one in done}
    assert len(names) == 1 and None not in names
    joined = lv.score(done, metrics=["f1"])
    assert joined.noise is not None
    parts = [part["sources"] for part in joined.noise["metrics"]["f1"]["parts"]]
    assert parts == [["conversations", "memory"], ["answering"]]
    assert lv.score(out, metrics=["f1"]).noise == joined.noise


@pytest.mark.slow
def test_a_recording_keeps_repeats_apart(endpoint: StubEndpoint, tmp_path: Path) -> None:
    settings = {"model": endpoint.model, "repeat": 2, **SPLIT}
    record = tmp_path / "replies.sqlite"
    done = run(local(), out=tmp_path / "a", record=record, **settings)
    before = len(asked(endpoint, "answer"))
    again = run(local(), out=tmp_path / "b", replay=record, strict=True, **settings)
    assert len(asked(endpoint, "answer")) == before
    texts = [[[p.prediction for p in one.predictions] for one in runs] for runs in (done, again)]
    assert texts[0] == texts[1] and texts[0][0] != texts[0][1]


@pytest.mark.slow
def test_an_endpoint_that_refuses_a_seed_gets_none(tmp_path: Path) -> None:
    def respond(body: dict[str, Any]) -> tuple[int, Any]:
        if "seed" in body:
            return 400, {"error": {"message": "Unrecognized request argument supplied: seed"}}
        return completion("yes")

    with stub_endpoint(respond) as endpoint:
        done = run(local(), out=tmp_path / "r", model=endpoint.model, repeat=2, **SPLIT)
    assert [one.info["repeat"]["seed"] for one in done] == [None, None]
    assert {p.state for one in done for p in one.predictions} == {"ok"}


def test_what_is_refused(endpoint: StubEndpoint, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`repeat` must be"):
        run(local(), out=tmp_path / "r", repeat=1, **SPLIT)
    with pytest.raises(InputError, match="`repeat_from`"):
        run(local(), repeat=2, repeat_from="questions", **SPLIT)
    seeded = f"{endpoint.model}&body.seed=3"
    with pytest.raises(InputError, match="`model` sets a seed"):
        run(local(), out=tmp_path / "r", model=seeded, repeat=2, **SPLIT)
    unmetered = {"model": endpoint.model, "repeat": 2, "repeat_from": "answers", "meter": False}
    with pytest.raises(InputError, match="needs metering"):
        run(local(), out=tmp_path / "r", **unmetered, **SPLIT)


@pytest.mark.slow
def test_a_folder_of_a_single_run_takes_no_repeats(tmp_path: Path) -> None:
    run("no-memory", out=tmp_path / "r", **SPLIT)
    with pytest.raises(OutputError, match="a single run"):
        run("no-memory", out=tmp_path / "r", repeat=2, **SPLIT)
