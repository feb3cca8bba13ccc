"""A run whose endpoint or model is not there: what is known is written; it is not finished."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.models.chat import ModelDenied, ModelUnreachable
from locomo_vqa.runs import read_predictions, read_run
from locomo_vqa.system import Endpoint
from tests.evaluators.recording import TEST, Recorder, harness, recorder

LLM = Endpoint(base_url="http://127.0.0.1:9/v1", model="m", api_key="none")


@pytest.mark.parametrize("error", [ModelDenied("no such key"), ModelUnreachable("refused")])
def test_what_is_known_is_written_when_the_endpoint_ends_a_run(
    error: Exception, tmp_path: Path
) -> None:
    answered: list[str] = []

    def answer(self: Recorder, question: str, *, now: Any) -> str:
        if len(answered) == 5:
            raise error
        answered.append(question)
        return "an answer"

    out = tmp_path / "run"
    path = out / "predictions.jsonl"
    with pytest.raises(MissingResource):
        harness(recorder(answer=answer), out, llm=LLM).run()
    known = read_predictions(path)
    assert [p.state for p in known[:5]] == ["ok"] * 5
    assert {p.state for p in known[5:]} == {"error"}
    assert [p.question_id for p in known] == [q.id for q in TEST[: len(known)]]
    with pytest.raises(InputError, match="the run is not finished"):
        read_run(out)
    done = harness(recorder(), out, llm=LLM).run(retry_failed=True)
    assert {p.state for p in done.predictions} == {"ok"}
    assert read_run(out).predictions == done.predictions
    assert done.predictions[:5] == known[:5]


def test_a_finished_run_stays_finished_when_the_endpoint_is_gone(tmp_path: Path) -> None:
    def fail(error: Exception) -> Any:
        def answer(self: Recorder, question: str, *, now: Any) -> str:
            raise error

        return answer

    out = tmp_path / "run"
    harness(recorder(answer=fail(ValueError("once"))), out, llm=LLM).run()
    before = read_run(out)
    with pytest.raises(MissingResource):
        denied = recorder(answer=fail(ModelDenied("no such key")))
        harness(denied, out, llm=LLM).run(retry_failed=True)
    assert read_run(out) == before


def test_a_system_that_lacks_something_ends_the_run_at_once(tmp_path: Path) -> None:
    opened: list[str] = []

    def lacking(self: Recorder, conversation: Any, workdir: Path, services: Any) -> None:
        opened.append(conversation.id)
        raise MissingResource("a/b: can't be loaded.", "Fetch it.")

    out = tmp_path / "run"
    with pytest.raises(MissingResource) as caught:
        harness(recorder(open=lacking), out).run()
    assert caught.value.message == "a/b: can't be loaded. Fetch it."
    assert len(opened) == 1
    with pytest.raises(InputError):
        read_run(out)
    done = harness(recorder(), out).run()
    assert {p.state for p in done.predictions} == {"ok"}
