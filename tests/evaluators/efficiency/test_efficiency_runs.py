"""Real runs: over HTTP to a stub with known usage, and with a model in the run's own process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.efficiency import efficiency
from locomo_vqa.evaluators.efficiency.measure import MEMORY_STAGES, efficiency_of
from locomo_vqa.evaluators.proxy.model_calls import ModelCalls, read_model_calls
from locomo_vqa.files import read_jsonl
from locomo_vqa.models import embedded, timing
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelError, ModelFailed
from locomo_vqa.models.timing import timed
from locomo_vqa.prompts import fill
from locomo_vqa.responses import ResponseStore, StoredModel
from locomo_vqa.runs import Usage
from tests.conftest import Cli
from tests.evaluators.memory.test_mem0_run import TURNS, script
from tests.evaluators.stub_endpoint import stub_endpoint

from ..recording import harness, recorder

SMALL = Path(str(embedded.__file__)).parent / "small"


@pytest.mark.slow
def test_mem0_over_http_is_metered_and_replayed_by_stage(tmp_path: Path, cli: Cli) -> None:
    command = ["run", "mem0", "--benchmark", "sample", "--split", "validation", "--limit", "1"]
    command += ["--option", "prompts=reduced", "--option", "window=12"]
    with stub_endpoint(script) as endpoint:
        command += ["--model", endpoint.model]
        done = cli(*command, "--out", "first", "--record", "replies")
        assert done.returncode == 0, done.stderr
        asked = len(endpoint.requests)
    replayed = cli(*command, "--out", "again", "--replay", "replies", "--strict")
    assert replayed.returncode == 0
    assert f"Paid: $0.0000, as {asked} replayed calls cost nothing again." in replayed.stdout

    first, again = (efficiency_of(tmp_path / name) for name in ("first", "again"))
    calls = {"extraction": len(TURNS), "update": len(TURNS), "generation": 1}
    assert sum(calls.values()) == asked
    for run in (first, again):
        assert {stage: figures.calls for stage, figures in run.stages.items()} == calls
        for stage in MEMORY_STAGES:
            figures = run.stages[stage]
            assert (figures.input_tokens, figures.output_tokens) == (7, 2)  # The stub's usage.
        assert run.size_source == "unknown"
    assert first.memory is not None
    assert (first.memory.timed, first.memory.replayed) == (asked, 0)
    assert first.memory.tokens_per_second is not None
    assert again.memory is not None
    assert (again.memory.timed, again.memory.replayed) == (0, asked)
    assert (again.memory.seconds, again.memory.tokens_per_second) == (None, None)
    assert not list(tmp_path.glob("*/work/*/model_calls.jsonl"))


@pytest.mark.slow
@pytest.mark.parametrize("system", ["no-memory", "bm25"])
def test_the_tokens_of_an_embedded_model_are_those_of_its_tokenizer(
    system: str, tmp_path: Path, cli: Cli
) -> None:
    done = cli(
        *("run", system, "--benchmark", "sample", "--split", "validation", "--limit", "1"),
        *("--out", "run", "--model", "embedded:small?threads=1"),
    )
    assert done.returncode == 0, done.stderr
    (call,) = read_model_calls(tmp_path / "run")
    ((_, row),) = read_jsonl(tmp_path / "run" / "predictions.jsonl", what="it")
    assert (row["usage"]["input_tokens"], row["usage"]["output_tokens"]) == (
        call.input_tokens,
        call.output_tokens,
    )
    assert (call.stage, call.model, call.outcome) == ("llm", "embedded:small?threads=1", "ok")
    if system == "no-memory":
        tokenizer = Tokenizer.from_file(str(SMALL / "tokenizer.json"))
        questions = load_benchmark("sample").text_questions
        question = next(q.question for q in questions if q.id == row["question_id"])
        asked = fill("locomo_vqa.evaluators.prompts", "no_memory_v1", question=question)
        framed = f"<|im_start|>user\n{asked}<|im_end|>\n<|im_start|>assistant\n"
        assert call.input_tokens == len(tokenizer.encode(framed).ids)
        end = 1
        assert call.output_tokens == len(tokenizer.encode(row["prediction"]).ids) + end
    weights = (SMALL / "model.safetensors").stat().st_size
    run = efficiency_of(tmp_path / "run")
    assert (run.size.total, run.size_source) == (weights, "recorded")
    assert run.memory is None
    assert run.shown is not None
    assert run.shown.timed == 1


def test_what_a_conversation_asked_before_it_was_begun_again_is_kept(tmp_path: Path) -> None:
    def open(self: Any, conversation: Any, workdir: Path, services: Any) -> None:
        assert not list(workdir.iterdir())
        (workdir / "model_calls.jsonl").write_text("{}\n")

    def answer(self: Any, question: str, *, now: Any) -> str:
        raise ValueError("no")

    run = harness(recorder(open=open, answer=answer), tmp_path / "run")
    run.run()
    run.run(retry_failed=True)
    names = {path.name for path in (tmp_path / "run" / "work").glob("sample-09*")}
    assert names >= {"sample-09", "sample-09.calls-1.jsonl"}
    assert (tmp_path / "run" / "work" / "sample-09" / "model_calls.jsonl").is_file()


class Model:
    """Replies, or fails."""

    name = "a model"
    in_flight = 1

    def identity(self) -> Mapping[str, Any]:
        return {}

    async def ask(self, request: ChatRequest) -> ChatReply:
        if request.text == "fail":
            raise ModelFailed("no")
        usage = Usage(input_tokens=5, output_tokens=3, calls=1)
        return ChatReply(text="yes", finish="stop", usage=usage, seconds=1.25, batch=4)

    async def close(self) -> None: ...


def test_a_stored_reply_is_marked_and_a_failure_is_written_down(tmp_path: Path) -> None:
    workdir = tmp_path / "work" / "c"
    workdir.mkdir(parents=True)

    async def main(store: ResponseStore) -> None:
        calls, model = ModelCalls(workdir), StoredModel(Model(), store)
        await calls.ask("update", model, ChatRequest(text="a"))
        await calls.ask("update", model, ChatRequest(text="a"))
        with pytest.raises(ModelFailed):
            await calls.ask("update", model, ChatRequest(text="fail"))
        calls.close()

    with ResponseStore(tmp_path / "store") as store:
        asyncio.run(main(store))
    text = (workdir / "model_calls.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    digits = [row.pop("request_sha256") for row in rows]
    assert digits[0] == digits[1] != digits[2]
    tokens = {"stage": "update", "model": "a model", "input_tokens": 5, "output_tokens": 3}
    assert [{k: v for k, v in row.items() if k != "time"} for row in rows] == [
        {**tokens, "outcome": "ok", "replayed": False, "seconds": 1.25, "batch": 4},
        {**tokens, "outcome": "ok", "replayed": True, "seconds": None, "batch": None},
        {
            **dict.fromkeys(("input_tokens", "output_tokens", "seconds", "batch")),
            **{"stage": "update", "model": "a model", "outcome": "error", "replayed": False},
        },
    ]


def test_a_batch_shares_its_seconds_equally(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six seconds of three requests, one of which failed, are two for each."""
    ticks = iter((100.0, 106.0))
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(ticks))

    def work(requests: Sequence[ChatRequest]) -> list[ChatReply | ModelError]:
        reply = ChatReply(text="", finish="stop", usage=Usage())
        return [reply, ModelFailed("no"), reply]

    first, failed, last = timed(work)([ChatRequest(text="a")] * 3)
    assert isinstance(failed, ModelFailed)
    for reply in (first, last):
        assert isinstance(reply, ChatReply)
        assert (reply.seconds, reply.batch) == (2.0, 3)


def test_a_run_must_be_given() -> None:
    with pytest.raises(InputError, match="No run was given"):
        efficiency()
