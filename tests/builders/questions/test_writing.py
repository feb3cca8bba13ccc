"""Writing and checking questions: asking again, declines, failures, and the quality columns."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.builders.questions.answering import Trial, TrialResult, answer_all
from locomo_vqa.builders.questions.quality import answer_shares, check_quality, dominance_warnings
from locomo_vqa.builders.questions.question_types import generation_prompt
from locomo_vqa.builders.questions.rows import (
    QualityChecks,
    QuestionRow,
    read_questions,
    write_questions,
)
from locomo_vqa.builders.questions.writing import image_places, write_all
from locomo_vqa.models.chat import ChatRequest, ModelTimeout
from tests.builders.scripted_model import ScriptedModel

SAMPLE = load_benchmark("sample")
PLACES = list(image_places(SAMPLE))
GOOD = json.dumps({"question": "How many boats?", "answer": "three", "reason": "I see three."})


def write(model: ScriptedModel, attempts: int = 3) -> list[QuestionRow]:
    async def run() -> list[QuestionRow]:
        rows = write_all(model, SAMPLE, PLACES[:5], ["count", "colour"], attempts=attempts)
        return [row async for row in rows]

    return asyncio.run(run())


def test_every_image_has_one_place() -> None:
    assert len(PLACES) == len({place.image for place in PLACES}) == 63
    assert not [p for p in image_places(SAMPLE, [PLACES[0].image]) if p.image == PLACES[0].image]


def test_a_row_for_every_image_and_type() -> None:
    model = ScriptedModel(lambda request: GOOD)
    rows = write(model)
    assert Counter(row.type for row in rows) == {"count": 5, "colour": 5}
    assert {row.state for row in rows} == {"ok"}
    assert rows[0].id == f"{rows[0].conversation}/v/{rows[0].turn}/{rows[0].type}"
    assert {request.text for request in model.requests} == {
        generation_prompt("count"),
        generation_prompt("colour"),
    }
    (image,) = model.requests[0].images
    assert image.sha256 == PLACES[0].image
    assert model.requests[0].schema is not None


def test_a_bad_reply_is_asked_again_with_what_was_wrong() -> None:
    def say(request: ChatRequest) -> str:
        return "No idea." if not request.replies else GOOD

    model = ScriptedModel(say)
    rows = write(model)
    assert {(row.state, row.attempts) for row in rows} == {("ok", 2)}
    again = [request for request in model.requests if request.replies]
    reply, objection = again[0].replies[0]
    assert reply == "No idea."
    assert objection == "The reply must be one JSON object and nothing else."


def test_after_the_last_attempt_a_question_is_dropped_and_says_why() -> None:
    two = json.dumps({"question": "Which colour?", "answer": "dark red", "reason": "It is."})
    model = ScriptedModel(lambda request: two)
    rows = write(model, attempts=2)
    assert {(row.state, row.attempts, row.question) for row in rows} == {("dropped", 2, None)}
    assert rows[0].problem == "The answer must be exactly one word, without blanks or punctuation."
    assert len(model.requests) == 20


def test_a_decline_is_no_failure_and_a_failure_no_answer() -> None:
    declined = json.dumps({"question": None, "answer": None, "reason": "Nothing to count."})

    def say(request: ChatRequest) -> str:
        if request.text == generation_prompt("count"):
            return declined
        raise ModelTimeout("60 s")

    rows = {(row.type, row.state, row.reason, row.problem) for row in write(ScriptedModel(say))}
    assert rows == {
        ("count", "declined", "Nothing to count.", None),
        ("colour", "failed", None, "60 s"),
    }


def row(number: int, answer: str, question: str = "How many boats?") -> QuestionRow:
    place = PLACES[number]
    return QuestionRow(
        id=f"{place.conversation}/v/{place.turn}/count",
        conversation=place.conversation,
        turn=place.turn,
        image=place.image,
        type="count",
        split=place.split,
        state="ok",
        question=question,
        answer=answer,
        reason="So it is.",
    )


def test_the_quality_columns() -> None:
    """The model sees three with the image, guesses two, and reads four in the caption."""

    def say(request: ChatRequest) -> str:
        if request.images:
            return " Three\n"
        return "four" if "The picture shows:" in request.text else "two"

    rows = [row(0, "three"), row(1, "two"), row(2, "four"), row(3, "one")]
    done = asyncio.run(check_quality(ScriptedModel(say), SAMPLE, rows))
    assert [r.quality for r in done] == [
        QualityChecks(self_consistent=True, guessable=False, caption_answers=False),
        QualityChecks(self_consistent=False, guessable=True, caption_answers=False),
        QualityChecks(self_consistent=False, guessable=False, caption_answers=True),
        QualityChecks(self_consistent=False, guessable=False, caption_answers=False),
    ]


def test_no_reply_is_no_verdict() -> None:
    def say(request: ChatRequest) -> str:
        raise ModelTimeout("60 s")

    async def run() -> list[TrialResult]:
        asked = [Trial(row=row(0, "three"), shown="picture")]
        return [verdict async for verdict in answer_all(ScriptedModel(say), SAMPLE, asked)]

    (verdict,) = asyncio.run(run())
    assert (verdict.correct, verdict.answer, verdict.error) == (None, None, "60 s")
    (checked,) = asyncio.run(check_quality(ScriptedModel(say), SAMPLE, [row(0, "three")]))
    assert checked.quality == QualityChecks()


def test_an_answer_that_dominates_is_told() -> None:
    rows = [row(i, "Three" if i < 6 else "two") for i in range(10)]
    (share,) = answer_shares(rows)
    assert (share.answer, share.share, share.distinct, share.n) == ("three", 0.6, 2, 10)
    assert "60% of the 10 answers are 'three'" in dominance_warnings([share])[0]
    assert dominance_warnings(answer_shares(rows[2:10])) == []


def test_rows_are_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    rows = [row(0, "three"), row(1, "two")]
    write_questions(path, rows)
    assert read_questions(path) == rows


def test_an_empty_reply_is_no_answer_of_a_validator() -> None:
    async def run() -> list[TrialResult]:
        rows = [row async for row in write_all(writer, SAMPLE, PLACES[:1], ["count"], attempts=1)]
        silent = ScriptedModel(lambda request: " ")
        return [r async for r in answer_all(silent, SAMPLE, [Trial(row=rows[0], shown="image")])]

    writer = ScriptedModel(lambda request: GOOD)
    (result,) = asyncio.run(run())
    assert (result.answer, result.correct, result.error) == (None, None, "the reply is empty")
