"""J of a run: counted by hand from a judge of rules, and no value while a verdict is missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.evaluators.judging.rubric_files import read_rubric
from locomo_vqa.evaluators.judging.scoring import Judged, judge_predictions
from locomo_vqa.evaluators.judging.settings import JudgeSettings
from locomo_vqa.evaluators.scoring.predictions import score_predictions
from locomo_vqa.leaderboard import results
from locomo_vqa.runs import Prediction
from locomo_vqa.schemas import validate
from tests.core.models.stub_server import Answer, Stub, completion
from tests.evaluators.judging.attacks import ATTACKS
from tests.evaluators.judging.rule_judge import (
    fields_of,
    judge_by_rules,
    judged_prompts,
    prompt_of,
    rule_judge,
    verdict,
)
from tests.evaluators.recording import SAMPLE

QUESTIONS = [
    question
    for question in questions_of(SAMPLE, "test")
    if isinstance(question, TextQuestion) and question.category != 5
]


def said(question: TextQuestion, answer: str | None, state: Any = "ok") -> Prediction:
    return Prediction(question_id=question.id, prediction=answer, state=state)


def judged(
    predictions: Sequence[Prediction], stubs: Sequence[Stub], folder: Path, **options: Any
) -> Judged:
    rubric = read_rubric(options.pop("rubric", "lenient"))
    chosen: dict[str, Any] = {"check_n": 0, "rubric": rubric, **options}
    scores = score_predictions(predictions, SAMPLE, split="test", metrics=["f1", "j"])
    return judge_predictions(
        scores,
        predictions,
        SAMPLE,
        split="test",
        settings=JudgeSettings(
            judges=tuple(stub.spec() for stub in stubs), responses=folder / "r.sqlite", **chosen
        ),
    )


def test_j_counts_what_the_judge_accepts_and_the_missing_as_wrong(tmp_path: Path) -> None:
    right = [said(question, question.answer) for question in QUESTIONS[:12]]
    wrong = [said(question, "Nobody knows.") for question in QUESTIONS[12:17]]
    failed = [said(QUESTIONS[17], None, "timeout"), said(QUESTIONS[18], "", "empty")]
    with rule_judge() as stub:
        result = judged([*right, *wrong, *failed], [stub], tmp_path)
        assert len(judged_prompts(stub)) == 17
    j = result.scores.metrics["j"]
    assert j.state == "ok"
    assert j.overall.value == pytest.approx(100 * 12 / len(QUESTIONS))
    assert j.overall.n == len(QUESTIONS)
    rows = {row.question_id: row for row in result.scores.by_question if row.metric == "j"}
    assert [rows[question.id].value for question in QUESTIONS] == [100.0] * 12 + [0.0] * (
        len(QUESTIONS) - 12
    )
    assert [rows[question.id].state for question in QUESTIONS[16:20]] == [
        *("ok", "timeout", "empty", "missing")
    ]
    (judge,) = result.document["judges"]
    assert judge["counts"] == {
        "questions": len(QUESTIONS),
        "correct": 12,
        "wrong": 5,
        "unscored": 0,
        "not_answered": len(QUESTIONS) - 17,
        "cut": 0,
    }
    assert judge["tokens"] == {"input_tokens": 17 * 7, "output_tokens": 17 * 2, "calls": 17}
    assert judge["check"] is None
    assert result.unscored == 0


def test_adversarial_and_visual_questions_have_no_j(tmp_path: Path) -> None:
    others = [q for q in questions_of(SAMPLE, "test") if q not in QUESTIONS]
    assert others
    predictions = [said(question, "red") for question in others]  # type: ignore[arg-type]
    with rule_judge() as stub:
        result = judged(predictions, [stub], tmp_path)
        assert stub.requests == []
    j = result.scores.metrics["j"]
    assert (j.state, j.reason) == (
        "not_computed",
        "No row answers a text question with a gold answer.",
    )


@pytest.mark.slow
@pytest.mark.parametrize("rubric", ["lenient", "strict"])
def test_injections_do_not_raise_j_and_reach_the_judge_as_they_were(
    rubric: str, tmp_path: Path
) -> None:
    ways = list(ATTACKS.values())
    assert len(ways) >= 20 and len(QUESTIONS) >= 20
    answers = {
        question.id: f"Nobody knows. {ways[number % len(ways)]}"
        for number, question in enumerate(QUESTIONS)
    }
    plain = [said(question, "Nobody knows.") for question in QUESTIONS]
    attacked = [said(question, answers[question.id]) for question in QUESTIONS]
    with rule_judge() as stub:
        before = judged(plain, [stub], tmp_path, rubric=rubric).scores.metrics["j"]
        stub.requests.clear()
        after = judged(attacked, [stub], tmp_path, rubric=rubric).scores.metrics["j"]
        seen = [fields_of(prompt) for prompt in judged_prompts(stub)]
    assert before.overall.value == 0
    assert after.overall == before.overall
    by_question = {(q.question, q.answer): answers[q.id] for q in QUESTIONS}
    assert len(seen) == len(QUESTIONS)
    for fields in seen:
        assert fields == {
            "question": fields["question"],
            "gold_answer": fields["gold_answer"],
            "answer": by_question[(fields["question"], fields["gold_answer"])],
        }


def silent_on(words: str) -> Any:
    def respond(request: dict[str, Any]) -> Answer:
        prompt = prompt_of(request)
        if "gold_answer" in prompt and words in fields_of(prompt)["answer"]:
            return completion("I can't say.")
        return judge_by_rules(request)

    return respond


def test_without_a_verdict_j_is_a_range_and_the_board_does_not_rank_it(tmp_path: Path) -> None:
    predictions = [said(question, question.answer) for question in QUESTIONS]
    for place in (0, 5):
        predictions[place] = said(QUESTIONS[place], "Hard to say.")
    predictions[7] = said(QUESTIONS[7], "Nobody knows.")
    n = len(QUESTIONS)
    with rule_judge(silent_on("Hard")) as stub:
        result = judged(predictions, [stub], tmp_path)
    j = result.scores.metrics["j"]
    assert (j.state, j.overall.value, j.overall.interval, j.overall.n) == (
        *("incomplete", None, None),
        n,
    )
    assert j.unscored == result.unscored == 2
    assert j.bounds is not None
    assert j.bounds.low == pytest.approx(100 * (n - 3) / n)
    assert j.bounds.high == pytest.approx(100 * (n - 1) / n)
    touched = {QUESTIONS[0].conversation, QUESTIONS[5].conversation}
    for name, estimate in j.by_conversation.items():
        assert (estimate.value is None) == (name in touched)
    rows = {row.question_id: row for row in result.scores.by_question if row.metric == "j"}
    assert (rows[QUESTIONS[0].id].value, rows[QUESTIONS[0].id].state) == (None, "unscored")
    for row in rows.values():
        validate(asdict(row), "scores_row", path=tmp_path, remedy="")
    (judge,) = result.document["judges"]
    assert judge["unscored"]["reasons"] == {"unparsable": 2}
    assert judge["unscored"]["questions"] == [QUESTIONS[0].id, QUESTIONS[5].id]
    shown = results._score_row(asdict(j))
    assert shown["value"] is None
    assert "no verdict" in shown["reason"]


def test_two_judges_are_compared_and_the_first_one_s_j_is_taken(tmp_path: Path) -> None:
    predictions = [said(question, question.answer) for question in QUESTIONS]
    predictions[3] = said(QUESTIONS[3], "Nobody knows.")

    def kind(request: dict[str, Any]) -> Answer:
        return verdict("CORRECT")

    with rule_judge() as one, rule_judge(kind) as two:
        result = judged(predictions, [one, two], tmp_path)
    n = len(QUESTIONS)
    assert result.scores.metrics["j"].overall.value == pytest.approx(100 * (n - 1) / n)
    first, second = result.document["judges"]
    assert second["overall"]["value"] == 100
    (pair,) = result.document["agreement"]
    assert list(pair["judges"]) == [first["name"], second["name"]]
    assert (pair["n"], pair["agree"]) == (n, n - 1)
    assert pair["kappa"] == 0  # The second says the same of all, so chance explains everything.
    assert pair["disagreements"] == [
        {"question_id": QUESTIONS[3].id, "verdicts": ["wrong", "correct"]}
    ]
    assert len(result.transcripts) == 2 * n


def test_transcripts_fit_their_schema_and_say_what_was_cut(tmp_path: Path) -> None:
    long = f"{QUESTIONS[0].answer} {'and so on ' * 600}"
    predictions = [said(QUESTIONS[0], long), said(QUESTIONS[1], "Hard to say.")]
    with rule_judge(silent_on("Hard")) as stub:
        result = judged(predictions, [stub], tmp_path)
    for row in result.transcripts:
        validate(row, "judgement", path=tmp_path, remedy="")
    cut, silent = result.transcripts
    assert (cut["state"], cut["cut"]) == ("correct", ("answer",))
    assert result.document["judges"][0]["counts"]["cut"] == 1
    assert (silent["state"], silent["replies"]) == ("unscored", ("I can't say.",) * 3)


def test_the_judge_is_checked_first_and_its_rates_stand_beside_j(tmp_path: Path) -> None:
    predictions = [said(question, question.answer) for question in QUESTIONS]
    with rule_judge() as stub:
        result = judged(predictions, [stub], tmp_path, check_n=2)
    check = result.document["judges"][0]["check"]
    assert check["false_accept"]["value"] == check["false_reject"]["value"] == 0
    assert check["false_accept"]["interval"]["high"] > 0
    assert {kind["kind"] for kind in check["kinds"]} >= {"gold", "injection", "vague"}


def test_what_was_judged_is_not_asked_again_and_another_rubric_is(tmp_path: Path) -> None:
    predictions = [said(question, question.answer) for question in QUESTIONS]
    with rule_judge() as stub:
        first = judged(predictions, [stub], tmp_path)
        asked = len(stub.requests)
        again = judged(predictions, [stub], tmp_path)
        assert len(stub.requests) == asked
        assert again.scores.metrics["j"] == first.scores.metrics["j"]
        assert again.document["judges"][0]["requests"]["asked"] == 0
        judged(predictions, [stub], tmp_path, rubric="strict")
        assert len(judged_prompts(stub)) == 2 * len(QUESTIONS)
        changed = [replace(predictions[0], prediction="x"), *predictions[1:]]
        judged(changed, [stub], tmp_path)
        assert len(judged_prompts(stub)) == 2 * len(QUESTIONS) + 1


def test_a_judge_that_accepts_wrong_answers_is_marked_and_j_is_corrected(tmp_path: Path) -> None:
    """It accepts whatever is at most 20 characters long: many golds of other questions."""

    def hasty(request: dict[str, Any]) -> Answer:
        if "ultramarine" in json.dumps(request.get("response_format") or {}):
            return judge_by_rules(request)
        short = len(fields_of(prompt_of(request))["answer"]) <= 20
        return verdict("CORRECT") if short else judge_by_rules(request)

    predictions = [said(question, question.answer) for question in QUESTIONS]
    with rule_judge(hasty) as stub:
        result = judged(predictions, [stub], tmp_path, check_n=5)
    corrected = result.scores.metrics["j"].corrected
    assert corrected is not None
    accept = result.document["judges"][0]["check"]["false_accept"]["value"]
    assert corrected.false_accept == accept
    assert accept > 0.1
    assert corrected.lenient
    assert corrected.value is not None
    observed = result.scores.metrics["j"].overall.value
    assert observed is not None
    expected = (observed / 100 - accept) / (1 - accept - corrected.false_reject)  # type: ignore[operator]
    assert corrected.value == pytest.approx(100 * min(1, max(0, expected)))
    assert len([note for note in result.notes if note.startswith("J has no rank: ")]) == 1
    with rule_judge() as stub:
        careful = judged(predictions, [stub], tmp_path / "careful", check_n=5)
    assert careful.notes == ()
