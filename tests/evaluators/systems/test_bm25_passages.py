"""`bm25` with a model: its ranking against a hand calculation, and what a run records."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.evaluators.answering import PROMPT_SHA256
from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.evaluators.systems.bm25_passages import BM25Passages
from locomo_vqa.files import read_json, read_jsonl
from locomo_vqa.system import ConversationInfo, Hit, Services
from tests.conftest import Cli
from tests.evaluators.recording import SAMPLE
from tests.evaluators.stub_endpoint import completion, stub_endpoint

from .example_turns import NOW, turn

DAY = datetime(2023, 9, 1)
"""When questions are asked; nothing depends on it."""


def opened(*turns: Any) -> BM25Passages:
    system = BM25Passages()
    info = ConversationInfo(id="conv-1", speakers=("Ada", "Ben"), images="caption")
    system.open(info, Path(), Services())
    system.add(turns)
    system.flush()
    return system


def test_the_score_is_okapi_s_over_day_speaker_words_and_captions() -> None:
    """Passages of 6, 6 and 10 terms (`8 May 2023, Ada:` are 4); `kite` stands twice in the last."""
    system = opened(
        turn(1, "dogs bark"), turn(2, "birds sing"), turn(3, "my kites", "a kite"), turn(4, " ")
    )
    (hit,) = system.search("Kite?", 5, DAY)
    idf = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    norm = 1.2 * (1 - 0.75 + 0.75 * 11 / (23 / 3))
    assert hit == Hit(
        text="8 May 2023, Ada: my kites [shares a picture: a kite]",
        turn="D1:3",
        score=pytest.approx(idf * 2 * 2.2 / (2 + norm)),
    )
    system.close()


def test_at_most_k_come_the_earlier_first_where_the_score_is_the_same() -> None:
    system = opened(turn(1, "a dog"), turn(2, "a cat"), turn(3, "a dog"), turn(4, "dog dog"))
    assert [hit.turn for hit in system.search("dog", 9, DAY)] == ["D1:4", "D1:1", "D1:3"]
    assert [hit.turn for hit in system.search("dog", 2, DAY)] == ["D1:4", "D1:1"]
    assert system.search("Xyzzy?", 9, DAY) == []
    assert opened().search("dog", 9, DAY) == []
    assert NOW != DAY  # A turn's day is its own.


def test_only_a_model_makes_it_retrieve() -> None:
    alone, asked = load_system("bm25"), load_system("bm25", model="embedded:large")
    assert (alone.only_retrieves, alone.uses_model, alone.prompt_sha256) == (False, False, None)
    assert (asked.only_retrieves, asked.uses_model) == (True, True)
    assert asked.name == alone.name == "bm25"
    assert asked.prompt_sha256 == load_system("dense").prompt_sha256 == PROMPT_SHA256


@pytest.mark.slow
def test_a_run_asks_the_model_with_what_was_found(cli: Cli, tmp_path: Path) -> None:
    """The stub counts the passages, and says `seen` where it is sent an image."""

    def respond(body: dict[str, Any]) -> tuple[int, Any]:
        content = body["messages"][-1]["content"]
        if isinstance(content, list) and any(part["type"] == "image_url" for part in content):
            return completion("seen")
        text = content if isinstance(content, str) else content[-1]["text"]
        notes = [line for line in text.splitlines() if line.startswith("- ")]
        return completion(f"{len(notes)} notes")

    command = ("run", "bm25", "--benchmark", "sample", "--split", "validation", "--top-k", "3")
    with stub_endpoint(respond) as stub:
        done = cli(*command, "--out", "run", "--model", stub.model)
        assert done.returncode == 0, done.stderr
        refused = cli(*command, "--out", "no", "--model", stub.model, "--option", "k=3")
    assert refused.returncode == 2 and "bm25 has no options" in refused.stderr
    info = read_json(tmp_path / "run" / "run.json", what="the run")
    assert (info["system"]["name"], info["top_k"]) == ("bm25", 3)
    assert (info["answerer"]["model"], info["answerer"]["prompt_sha256"]) == ("stub", PROMPT_SHA256)
    rows = [row for _, row in read_jsonl(tmp_path / "run" / "predictions.jsonl", what="it")]
    turns = {t.id: t.text for c in SAMPLE.conversations for _, t in c.turns()}
    assert {row["state"] for row in rows} == {"ok"}
    found = [row for row in rows if "/t/" in row["question_id"]]
    assert {row["prediction"] for row in found} == {"3 notes"}
    for row in found:
        scores = [hit["score"] for hit in row["retrieved"]]
        assert len(scores) == 3 and scores == sorted(scores, reverse=True)
        assert all(hit["turn"] in turns for hit in row["retrieved"])
    seen = [row for row in rows if "/v/" in row["question_id"]]
    assert seen and {row["prediction"] for row in seen} == {"seen"}
    assert not any(row["retrieved"] for row in seen)
