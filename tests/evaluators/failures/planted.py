"""Runs of mem0 on the sample with one fault planted, by a scripted model in place of a real one.

The script plays every stage without a mistake, except for the planted turns: what they say is lost
in the stage that the fault names, and the questions about them are answered wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest

from locomo_vqa.benchmark import Benchmark, Conversation, TextQuestion, load_benchmark
from locomo_vqa.evaluators.failures import FailureReport, find_failures
from locomo_vqa.evaluators.memory import stage_models
from locomo_vqa.evaluators.memory.pipeline import Pipeline
from locomo_vqa.evaluators.memory.store import Memory
from locomo_vqa.evaluators.scoring.predictions import score_predictions
from locomo_vqa.evaluators.systems.mem0 import Mem0
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.runs import Hit, Prediction, Run, Usage
from locomo_vqa.scores import RowScore
from locomo_vqa.system import ConversationInfo, Services, ShownTurn

Fault = Literal[
    "extraction", "dropped", "deleted", "overwritten", "retrieval", "generation", "none"
]

MARK = "[marked]"
"""At the end of every fact from a planted turn, so that the script knows it again."""
NOTHING = "No information available"
PLANTED_EVERY = 2


def planted_questions(benchmark: Benchmark) -> list[TextQuestion]:
    """Return the questions whose evidence is planted: every other one, and what it meets."""
    asked = [q for q in benchmark.text_questions if q.category != 5]
    turns = planted_turns(benchmark)
    return [q for q in asked if any((q.conversation, turn) in turns for turn in q.evidence)]


def planted_turns(benchmark: Benchmark) -> set[tuple[str, str]]:
    """Return (conversation, turn) of the planted turns."""
    asked = [q for q in benchmark.text_questions if q.category != 5]
    chosen = asked[::PLANTED_EVERY]
    return {(q.conversation, q.evidence[0]) for q in chosen}


class Player:
    """A model that plays all stages of mem0's reduced prompts."""

    name = "player"
    in_flight = 1

    def __init__(self, benchmark: Benchmark, fault: Fault) -> None:
        self._fault = fault
        planted = planted_turns(benchmark)
        self._lines: dict[str, list[tuple[date, bool]]] = {}
        for conversation in benchmark.conversations:
            for session, turn in conversation.turns():
                line = f"{turn.speaker}: {turn.text}"
                at = (session.time.date(), (conversation.id, turn.id) in planted)
                self._lines.setdefault(line, []).append(at)
        missed = {q.id for q in planted_questions(benchmark)}
        self._answers = {
            q.question: NOTHING if q.id in missed and fault != "none" else q.answer or NOTHING
            for q in benchmark.text_questions
        }

    def identity(self) -> Mapping[str, Any]:
        return {"backend": "player"}

    async def ask(self, request: ChatRequest) -> ChatReply:
        if request.text.startswith("Note what"):
            text = json.dumps({"facts": self._facts(request.text)})
        elif request.text.startswith("Memories now"):
            text = json.dumps({"memory": self._operations(request.text)})
        else:
            question = request.text.rsplit("\n", 2)[-2].removeprefix("Question: ")
            text = self._answers.get(question, NOTHING)
        return ChatReply(text=text, finish="stop", usage=Usage(calls=1))

    async def close(self) -> None: ...

    def _facts(self, prompt: str) -> list[str]:
        facts = []
        for line in prompt.split("\n")[2:]:
            (day, planted), *_ = self._lines[line]
            if planted and self._fault == "extraction":
                continue
            when = f"{day.day} {day:%B} {day.year}"
            facts.append(f"On {when}, {line}{f' {MARK}' if planted else ''}")
        return facts

    def _operations(self, prompt: str) -> list[dict[str, str]]:
        first, second, *_ = prompt.split("\n")
        shown = json.loads(first.removeprefix("Memories now: "))
        facts = json.loads(second.removeprefix("New facts: "))
        made = [
            {"id": "new", "event": "ADD", "text": fact}
            for fact in facts
            if self._fault != "dropped" or MARK not in fact
        ]
        for memory in shown:
            if MARK not in memory["text"]:
                continue
            if self._fault == "deleted":
                made.append({"id": memory["id"], "event": "DELETE"})
            if self._fault == "overwritten":
                text = "The two of them had tea."
                made.append({"id": memory["id"], "event": "UPDATE", "text": text})
        return made


@cache
def sample() -> Benchmark:
    return load_benchmark("sample")


def run_with(
    fault: Fault, out: Path, patch: pytest.MonkeyPatch, benchmark: Benchmark | None = None
) -> Run:
    """Let mem0 read the sample and answer its text questions, with a planted fault."""
    benchmark = benchmark or sample()
    player = Player(benchmark, fault)
    patch.setattr(stage_models, "open_model", lambda name, **_: player)
    if fault == "retrieval":
        search = Pipeline.search

        async def missing(self: Pipeline, question: str) -> list[tuple[Memory, float]]:
            return [row for row in await search(self, question) if MARK not in row[0].text]

        patch.setattr(Pipeline, "search", missing)
    predictions: list[Prediction] = []
    for conversation in benchmark.conversations:
        predictions += _read_and_ask(benchmark, conversation, out / "work" / conversation.id)
    info = {
        "system": {"name": "mem0", "version": "1", "uses_images": False},
        "image_handling": "pixels",
        "dataset": {"id": benchmark.name, "revision": benchmark.revision, "split": "all"},
        "files": {"predictions.jsonl": "0" * 64},
    }
    return Run(folder=out, info=info, predictions=tuple(predictions), benchmark=benchmark)


def _read_and_ask(
    benchmark: Benchmark, conversation: Conversation, workdir: Path
) -> list[Prediction]:
    workdir.mkdir(parents=True)
    system = Mem0()
    options = {"prompts": "reduced", "top_k": "100", "update_k": "100"}
    info = ConversationInfo(id=conversation.id, speakers=conversation.speakers, images="pixels")
    system.open(info, workdir, Services(model="embedded:player", options=options))
    for session in conversation.sessions:
        system.add(
            [
                ShownTurn(
                    id=turn.id,
                    session=session.number,
                    time=session.time,
                    speaker=turn.speaker,
                    role="user",
                    text=turn.text,
                )
                for turn in session.turns
            ]
        )
    predictions = []
    for question in benchmark.text_questions:
        if question.conversation == conversation.id and question.category != 5:
            answer = system.answer(question.question, now=conversation.sessions[-1].time)
            hits = tuple(
                Hit(text=hit.text, turn=hit.turn, turns=tuple(hit.turns))
                for hit in answer.retrieved
            )
            predictions.append(
                Prediction(
                    question_id=question.id, prediction=answer.text, state="ok", retrieved=hits
                )
            )
    system.close()
    return predictions


def why(run: Run, benchmark: Benchmark | None = None, **verdicts: float) -> FailureReport:
    """Return why answers are wrong; `verdicts` are a judge's, 100 or 0, by question id."""
    scores = score_predictions(run.predictions, benchmark or sample(), split="all", metrics=["j"])
    rows = [
        RowScore(question_id=name, metric="j", value=value, state="ok")
        for name, value in verdicts.items()
    ]
    return find_failures(
        run.predictions,
        benchmark or sample(),
        replace(scores, by_question=rows),
        split="all",
        run=run,
    )


def named_right(failures: FailureReport, cause: str, stage: str | None) -> float:
    """Return the share of the planted questions that are wrong and have this cause and stage."""
    planted = {q.id for q in planted_questions(sample())}
    found = {row.question.id: (row.cause, row.stage) for row in failures}
    return sum(found.get(name) == (cause, stage) for name in planted) / len(planted)
