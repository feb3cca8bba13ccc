"""Runs with a context budget; a stub stands for the model, so only what it is sent matters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.models.blocking import BlockingEndpoint
from locomo_vqa.models.messages import text_part
from locomo_vqa.models.token_counting import BYTES_RULE
from locomo_vqa.run_notes import context_note
from locomo_vqa.runs import read_run
from locomo_vqa.system import Services
from tests.evaluators.counting_endpoint import counting_endpoint
from tests.evaluators.stub_endpoint import StubEndpoint

TOKENS = 50


class Talker:
    """Answers itself, says nothing of what the model gets, and keeps to no budget."""

    version = "1"
    words = 1000

    def open(self, conversation: Any, workdir: Path, services: Services) -> None:
        assert services.llm is not None and services.context is not None
        assert (services.context.tokens, services.context.tokenizer) == (TOKENS, BYTES_RULE)
        self._model = BlockingEndpoint(services.llm)

    def add(self, turns: Any) -> None:
        """Ask a long request while reading, which no budget is for."""
        self._model.ask([text_part("read " * 2000)], max_tokens=8)

    def answer(self, question: str, *, now: Any) -> str:
        return self._model.ask([text_part("word " * self.words)], max_tokens=8).text

    def close(self) -> None:
        self._model.close()


class ShortTalker(Talker):
    words = 200  # 250 tokens: the budget, and some of what instructions may have.


@pytest.fixture(scope="module")
def endpoint() -> Iterator[StubEndpoint]:
    with counting_endpoint() as endpoint:
        yield endpoint


def run(system: Any, endpoint: StubEndpoint, out: Path, **settings: Any) -> lv.Run:
    endpoint.requests.clear()
    asked = {"images": "none", "limit": 4, "context": TOKENS, "progress": False, **settings}
    return lv.run(system, benchmark="sample", model=endpoint.model, out=out, **asked)


def prompts(endpoint: StubEndpoint) -> list[str]:
    contents = [request["messages"][0]["content"] for request in endpoint.requests]
    return [c if isinstance(c, str) else "".join(part["text"] for part in c) for c in contents]


@pytest.fixture(scope="module")
def searched(endpoint: StubEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Any:
    done = run("bm25", endpoint, tmp_path_factory.mktemp("context") / "run", top_k=40)
    return done, prompts(endpoint)


@pytest.mark.slow
def test_the_harness_cuts_what_a_search_found(searched: Any) -> None:
    done, sent = searched
    benchmark = lv.load_benchmark("sample")
    text = {q.id: q.question for q in benchmark.text_questions}
    cut = 0
    for row in done.predictions:
        if row.question_id not in text:
            assert (row.context_tokens, row.retrieved) == (0, ())
            continue
        block = "\n".join(f"- {hit.text}" for hit in row.retrieved)
        size = len(block.encode())
        assert row.context_tokens == -(-size // 4) <= TOKENS
        assert any(block in prompt and text[row.question_id] in prompt for prompt in sent)
        cut += block.endswith(" […]")
    assert cut
    assert "[…]\n-" not in "".join(sent)


@pytest.mark.slow
def test_the_run_says_what_was_handed_over_and_what_counted_it(searched: Any) -> None:
    done, _ = searched
    context = read_run(done.folder).info["context"]
    known = [row.context_tokens for row in done.predictions]
    assert context == {
        "tokens": TOKENS,
        "tokenizer": BYTES_RULE,
        "tokenizer_sha256": None,
        "counted_by": "harness",
        "counted": len(known),
        "mean": pytest.approx(sum(known) / sum(n > 0 for n in known), abs=0.001),
        "most": max(known),
        "over": 0,
        "kept": True,
    }
    assert f"of at most {TOKENS} (counted by utf8-bytes/4)." in str(context_note(done.info))


@pytest.mark.slow
def test_a_run_goes_on_only_with_the_same_budget(searched: Any, endpoint: StubEndpoint) -> None:
    done, _ = searched
    assert run("bm25", endpoint, done.folder, top_k=40).info["context"]["kept"] is True
    with pytest.raises(OutputError, match=r"its context\.tokens is 50, not 51"):
        run("bm25", endpoint, done.folder, top_k=40, context=51)


@pytest.mark.slow
def test_the_whole_conversation_becomes_its_latest_turns(
    endpoint: StubEndpoint, tmp_path: Path
) -> None:
    done = run("full-context", endpoint, tmp_path / "run", context="1k", split="validation")
    conversations = {c.id: c for c in lv.load_benchmark("sample").conversations}
    text = [row for row in done.predictions if "/t/" in row.question_id]
    assert all(900 < (row.context_tokens or 0) <= 1024 for row in text)
    assert done.info["context"]["kept"] is True
    for name in {row.question_id.split("/")[0] for row in text}:
        turns = [turn for _, turn in conversations[name].turns()]
        mine = [prompt for prompt in prompts(endpoint) if turns[-1].text in prompt]
        assert mine
        assert not any(turns[0].text in prompt for prompt in mine)


@pytest.mark.slow
def test_memories_are_handed_over_as_far_as_they_fit(
    endpoint: StubEndpoint, tmp_path: Path
) -> None:
    """The stub's facts can't be read, so mem0 keeps every turn as a memory."""
    done = run("mem0", endpoint, tmp_path / "run", limit=2, split="validation")
    sent = prompts(endpoint)
    texts = [hit.text for row in done.predictions for hit in row.retrieved]
    assert any(text.endswith(" […]") for text in texts)
    for row in done.predictions:
        block = "\n".join(f"- {hit.text}" for hit in row.retrieved)
        assert row.context_tokens == -(-len(block.encode()) // 4) <= TOKENS
        assert any(block in prompt for prompt in sent)
    assert (done.info["context"]["counted_by"], done.info["context"]["kept"]) == ("system", True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("system", "most", "kept"), [(Talker, 1250, False), (ShortTalker, 250, True)]
)
def test_a_system_that_answers_itself_is_measured(
    system: type, most: int, kept: bool, endpoint: StubEndpoint, tmp_path: Path
) -> None:
    done = run(system, endpoint, tmp_path / "run", limit=1, split="validation")
    context = done.info["context"]
    assert {row.context_tokens for row in done.predictions} == {None}
    assert (context["counted_by"], context["most"], context["kept"]) == ("requests", most, kept)
    assert ("was not kept" in str(context_note(done.info))) is not kept


def test_a_budget_needs_a_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`context` limits what a model is handed"):
        lv.run("bm25", benchmark="sample", out=tmp_path / "run", context=64)
    with pytest.raises(InputError, match="`context` must be a number of tokens"):
        lv.run("bm25", benchmark="sample", out=tmp_path / "run", context="lots")
    assert not (tmp_path / "run").exists()
