"""Systems that only retrieve: what is sent to the model, and what the predictions contain."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from locomo_vqa.evaluators.answering import PROMPT_SHA256
from locomo_vqa.files import read_jsonl
from locomo_vqa.runs import read_run
from locomo_vqa.system import Endpoint, Services
from tests.conftest import Cli
from tests.evaluators.hosting.hosted import hosted, write_system
from tests.evaluators.recording import SAMPLE
from tests.evaluators.stub_endpoint import completion, stub_endpoint

FINDER = """
class Own(Echo):
    answer = answer_visual = None

    def search(self, query, k, now):
        assert now.year == 2023
        hits = [{"text": turn.text, "turn": turn.id, "score": -n} for n, turn in
                enumerate(self.turns)]
        return [query, *hits] if k == 3 else hits[:1]
"""

RUN = ("--benchmark", "sample", "--split", "validation", "--out", "run")
ASKED = [q for q in SAMPLE.text_questions if q.split == "validation"]
VISUAL = [q for q in SAMPLE.visual_questions if q.split == "validation"]


def pixels(data: bytes) -> bytes:
    """Return an image's pixels, whatever file they are in."""
    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


@pytest.mark.slow
def test_the_model_answers_from_what_was_found(tmp_path: Path, cli: Cli) -> None:
    """A stub stands for the model: only what it is sent matters."""
    spec = write_system(tmp_path, "finder", FINDER)
    with stub_endpoint(lambda request: completion(" Blue. ")) as endpoint:
        done = cli("run", spec, *RUN, "--model", endpoint.model, "--top-k", "3")
    assert done.returncode == 0, done.stderr
    run = read_run(tmp_path / "run")
    assert run.info["top_k"] == 3
    assert run.info["answerer"]["prompt_sha256"] == PROMPT_SHA256
    assert run.info["answerer"]["model"] == "stub"
    assert run.info["system"]["name"] == "Own"
    assert {(p.state, p.prediction) for p in run.predictions} == {("ok", "Blue.")}
    conversation = next(c for c in SAMPLE.conversations if c.split == "validation")
    turns = [turn for _, turn in conversation.turns()][:2]
    requests = endpoint.requests[1:]  # The first finds out whether the model takes images.
    for question, prediction, request in zip(ASKED, run.predictions, requests, strict=False):
        texts = [hit.text for hit in prediction.retrieved]
        assert texts == [question.question, *(turn.text for turn in turns)]
        assert [hit.turn for hit in prediction.retrieved] == [None, *(turn.id for turn in turns)]
        sent = request["messages"][0]["content"]
        assert "\n".join(f"- {text}" for text in texts) in sent
        assert sent.rstrip().endswith(f"Question: {question.question}\nAnswer:")
        assert all(name in sent for name in conversation.speakers)
        assert request["temperature"] == 0
    visual = requests[len(ASKED) :]
    assert len(visual) == len(VISUAL)
    for request, asked in zip(visual, VISUAL, strict=True):
        image, text = request["messages"][0]["content"]
        data = image["image_url"]["url"].partition("base64,")[2]
        assert pixels(base64.b64decode(data)) == pixels(SAMPLE.read_image(asked.image))
        assert asked.question in text["text"]


RUINS = """
class Own(Echo):
    answer = answer_visual = None

    def add(self, turns):
        for turn in turns:
            for image in turn.images:
                image.path.chmod(0o644)
                image.path.write_bytes(b"ruined")

    def search(self, query, k, now):
        return []
"""


def test_the_model_sees_the_original_of_an_image_whose_copy_was_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = write_system(tmp_path, "ruins_copies", RUINS)
    visual = replace(SAMPLE, text_questions=())
    with stub_endpoint(lambda request: completion("red")) as endpoint:
        llm = Endpoint(base_url=f"{endpoint.url}/v1", model="stub", api_key="none")
        asked = {"split": "validation", "limit": 2, "benchmark": visual}
        run = hosted(spec, tmp_path / "run", services=Services(llm=llm), **asked).run()
    assert [p.state for p in run.predictions] == ["ok", "ok"]
    for request, question in zip(endpoint.requests, VISUAL[:2], strict=True):
        address = request["messages"][0]["content"][0]["image_url"]["url"]
        sent = base64.b64decode(address.partition("base64,")[2])
        assert pixels(sent) == pixels(SAMPLE.read_image(question.image))


@pytest.mark.slow
def test_a_recalled_image_is_looked_for(tmp_path: Path, cli: Cli) -> None:
    spec = write_system(tmp_path, "finder", FINDER)
    with stub_endpoint(lambda request: completion("red")) as endpoint:
        mode = ("--visual", "recalled", "--images", "caption", "--limit", str(len(ASKED) + 1))
        assert cli("run", spec, *RUN, *mode, "--model", endpoint.model).returncode == 0
    sent = endpoint.requests[-1]["messages"][0]["content"]
    assert "Question: About the " in sent
    last = read_jsonl(tmp_path / "run" / "predictions.jsonl", what="it")[-1][1]
    assert len(last["retrieved"]) == 1


@pytest.mark.slow
def test_without_a_model_it_can_t_be_run(tmp_path: Path, cli: Cli) -> None:
    spec = write_system(tmp_path, "finder", FINDER)
    done = cli("run", spec, *RUN)
    assert done.returncode == 2
    assert "Own is answered by a language model, but --model is missing" in done.stderr


@pytest.mark.slow
def test_any_model_answers(tmp_path: Path, cli: Cli) -> None:
    """The embedded model looks at the images; most of its answers are right."""
    spec = write_system(tmp_path, "finder", FINDER)
    skipped = len(ASKED)
    limit = str(skipped + 12)
    done = cli("run", spec, *RUN, "--model", "embedded:large", "--limit", limit, "--json")
    assert json.loads(done.stdout)["answerer"]["model"] == "embedded:large", done.stderr
    rows = {p.question_id: p.prediction for p in read_run(tmp_path / "run").predictions}
    asked = VISUAL[:12]
    right = sum((rows[q.id] or "").lower() == q.answer.lower() for q in asked)
    assert right >= 8


@pytest.mark.slow
@pytest.mark.parametrize("returned", ["7", "[7]", "'text'", "[{'score': 1}]"])
def test_passages_that_are_none_are_an_error(returned: str, tmp_path: Path, cli: Cli) -> None:
    text = "class Own(Echo):\n    answer = None\n    answer_visual = None\n"
    text += f"    def search(self, query, k, now):\n        return {returned}\n"
    spec = write_system(tmp_path, "finder", text)
    done = cli("run", spec, *RUN, "--model", "embedded:small", "--limit", "1", "--json")
    assert json.loads(done.stdout)["states"] == {"error": 1}
    (prediction,) = read_run(tmp_path / "run").predictions
    assert (prediction.error or "").startswith("TypeError: the hits")
