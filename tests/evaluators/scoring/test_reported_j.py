"""Reported J: the verdicts that a file carries, as a metric of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.evaluators.scoring import ScoreReport, score
from locomo_vqa.leaderboard.results import BOARD_METRICS

SAMPLE = load_benchmark("sample")
TEXT = [q for q in SAMPLE.text_questions if q.category != 5]
N = len(TEXT)

Rows = list[dict[str, Any]]


def rows(verdict: Callable[[int], dict[str, Any]], **more: Any) -> Rows:
    return [
        {
            "question": q.question,
            "sample_id": q.conversation,
            "category": q.category,
            "gold_answer": q.answer,
            "response": f"perhaps {q.answer}",
            **verdict(number),
            **more,
        }
        for number, q in enumerate(TEXT)
    ]


def scored(tmp_path: Path, value: Any, **options: Any) -> ScoreReport:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    chosen = {"metrics": ["reported_j", "f1"], **options}
    return score(path, benchmark=SAMPLE, progress=False, **chosen)


EVERY_FOURTH = 100 * len([n for n in range(N) if n % 4 == 0]) / N

FORMS: dict[str, Callable[[bool], dict[str, Any]]] = {
    "number": lambda right: {"llm_score": int(right)},
    "boolean": lambda right: {"grade": right},
    "word": lambda right: {"judgment": "CORRECT" if right else "WRONG"},
    "camel": lambda right: {"isCorrect": right},
    "score": lambda right: {"score": float(right)},
    "percent": lambda right: {"judge_score": 100 * right},
    "percent sign": lambda right: {"judge_score": "100%" if right else "0.0 %"},
    "object": lambda right: {"judge_result": {"label": "yes" if right else "no", "score": +right}},
    "repeats": lambda right: {"llm_judgments": {"judgment_1": right, "judgment_2": right}},
    "reasoned": lambda right: {"verdict": f"{'CORRECT' if right else 'WRONG'}: it says so."},
    "json": lambda right: {"judgement": json.dumps({"label": "CORRECT" if right else "WRONG"})},
    "named": lambda right: {"strict_judge_verdict": "yes" if right else "no"},
    "list": lambda right: {"judgments": [{"verdict": "Correct." if right else "Incorrect"}]},
}


@pytest.mark.parametrize("form", FORMS)
def test_verdicts_in_every_form(tmp_path: Path, form: str) -> None:
    report = scored(tmp_path, rows(lambda n: FORMS[form](n % 4 == 0)))
    metric = report["reported_j"]
    assert (metric.state, metric.scale) == ("ok", 100.0)
    assert metric.value == pytest.approx(EVERY_FOURTH)
    assert metric.overall.n == N
    assert metric.interval is not None and metric.interval.low < EVERY_FOURTH
    assert set(metric.by_category) == {"1", "2", "3", "4"}
    assert "j" not in report
    assert report.document["reported"]["verdicts"] == N


@pytest.mark.parametrize(
    "verdict",
    [
        {"judge_score": 3},
        {"score": 0.5},
        {"evaluation": {"score": 0.43}},
        {"judge": "gpt-x"},
        {"label": "temporal"},
        {"f1_score": 1.0},
        {"judgment": "ERROR"},
        {"correct": None},
    ],
)
def test_what_is_not_a_verdict(tmp_path: Path, verdict: dict[str, Any]) -> None:
    report = scored(tmp_path, rows(lambda n: verdict), metrics=["f1"])
    assert "reported_j" not in report
    report = scored(tmp_path, rows(lambda n: verdict))
    assert report["reported_j"].state == "not_computed"


def test_without_verdicts_it_is_only_named_when_it_is_asked_for() -> None:
    answers = {q.id: "perhaps" for q in TEXT}
    assert "reported_j" not in score(answers, benchmark=SAMPLE, progress=False, metrics=["f1"])
    asked = score(answers, benchmark=SAMPLE, progress=False, metrics=["reported_j"])
    assert asked["reported_j"].reason == "The source carries no verdicts of a judge."


@pytest.mark.parametrize(
    ("top", "more", "judge"),
    [
        ({"metadata": {"judge_model": "gpt-x"}}, {}, "gpt-x"),
        ({"judge": {"model": "gpt-y", "temperature": 0}}, {}, "gpt-y"),
        ({"config": {"run": {"judgeLlm": "gpt-z"}}}, {}, "gpt-z"),
        ({}, {"judge_model": "gpt-r"}, "gpt-r"),
        ({}, {}, None),
    ],
)
def test_who_judged(
    tmp_path: Path, top: dict[str, Any], more: dict[str, Any], judge: str | None
) -> None:
    report = scored(tmp_path, {**top, "rows": rows(lambda n: {"llm_score": n % 2}, **more)})
    assert report.document["reported"]["judge"] == judge
    assert report["reported_j"].signature == (
        f"reported_j:verdicts=llm_score,judge={judge or 'unknown'}"
    )
    said = f"names {judge} as the judge" if judge else "does not say who judged"
    assert [
        note for note in report.notes if note.startswith("Reported J is not J") and said in note
    ]


def test_missing_and_adversarial_questions(tmp_path: Path) -> None:
    """The denominator is fixed, and the file's own mean is over its own rows."""
    other = next(q for q in SAMPLE.text_questions if q.category == 5)
    some = rows(lambda n: {"llm_score": 1})[:20]
    adversarial = {**some[0], "question": other.question, "category": 5, "llm_score": 0}
    adversarial["sample_id"] = other.conversation
    report = scored(tmp_path, [*some, adversarial])
    assert report["reported_j"].value == pytest.approx(100 * 20 / N)
    assert report.document["stored"]["llm_score"] == {
        "rows": 21,
        "mean": pytest.approx(20 / 21),
        "equal": None,
    }


def test_a_few_answers_without_a_verdict_count_as_wrong_and_many_leave_a_range(
    tmp_path: Path,
) -> None:
    def with_gaps(gaps: int) -> Rows:
        return rows(lambda n: {"judgment": "CORRECT" if n >= gaps else "ERROR"})

    few = scored(tmp_path, with_gaps(2))
    assert few["reported_j"].value == pytest.approx(100 * (N - 2) / N)
    assert "The file has no verdict on 2 answers." in few.notes
    gaps = N // 12
    many = scored(tmp_path, with_gaps(gaps))["reported_j"]
    assert (many.state, many.value, many.unscored) == ("incomplete", None, gaps)
    assert many.bounds is not None
    assert (many.bounds.low, many.bounds.high) == (pytest.approx(100 * (N - gaps) / N), 100)


def test_notes_on_verdicts(tmp_path: Path) -> None:
    alike = scored(tmp_path, rows(lambda n: {"llm_score": 1}))
    assert any("verdicts in the file are alike" in note for note in alike.notes)
    split = scored(tmp_path, rows(lambda n: {"judgments": [True, n != 3, n > 5]}))
    assert any("disagree in 6 rows of 142 that were judged" in note for note in split.notes)
    assert split["reported_j"].value == pytest.approx(100 * (N - 6 / 3 - 1 / 3) / N)
    crossed = scored(
        tmp_path,
        rows(lambda n: {"llm_score": n % 2, "judge_label": "YES" if n % 2 or n == 2 else "no"}),
    )
    assert any("disagree in 1 row; those under 'llm_score'" in note for note in crossed.notes)
    blank = scored(tmp_path, rows(lambda n: {"score": 1 - n % 2, "response": "" if n < 3 else "x"}))
    assert any("accepts a blank answer in 2 rows" in note for note in blank.notes)


@pytest.mark.parametrize("key", ["reason", "llm_reason", "judge_reasoning", "llm_judge_feedback"])
def test_a_judges_reason_that_is_an_error_is_named(key: str, tmp_path: Path) -> None:
    failed = scored(tmp_path, rows(lambda n: {"score": n % 2, key: reason(n)}))
    assert any(
        "error message in 4 rows: its call failed, and 2 of the verdicts" in note
        for note in failed.notes
    )


@pytest.mark.parametrize("key", ["answer_reasoning", "model_explanation"])
def test_the_systems_own_reasons_are_not_the_judges(key: str, tmp_path: Path) -> None:
    own = scored(tmp_path, rows(lambda n: {"score": n % 2, key: reason(n)}))
    assert not any("its call failed" in note for note in own.notes)


def reason(n: int) -> str:
    return "Error code: 429 - rate limited" if n < 4 else "ok"


def test_the_board_never_ranks_it() -> None:
    assert "reported_j" not in BOARD_METRICS


def test_verdicts_within_a_dictionary_of_rows_are_not_the_judges_name(tmp_path: Path) -> None:
    value = {
        f"q{n}": row for n, row in enumerate(rows(lambda n: {"judge": "yes" if n % 2 else "no"}))
    }
    report = scored(tmp_path, value)
    assert report.document["reported"] == {
        "key": "judge",
        "judge": None,
        "verdicts": N,
        "without": 0,
    }


def test_items_with_metrics_that_hold_their_rows(tmp_path: Path) -> None:
    """Conversations as items, each with its rows beside its figures, as one harness reports."""
    items = [
        {
            "item_id": conversation.id,
            "metrics": {
                "accuracy": 50.0,
                "category_stats": {"1": {"correct": 3, "total": 6}},
                "detailed_results": [
                    {
                        "question": q.question,
                        "correct_answer": q.answer,
                        "predicted_answer": q.answer,
                        "is_correct": number % 2 == 0,
                        "correctness_reasoning": "Error code: 500" if number == 0 else "It fits.",
                        "retrieved_memories": [{"text": "a", "query": "b"}],
                    }
                    for number, q in enumerate(TEXT)
                    if q.conversation == conversation.id
                ],
            },
        }
        for conversation in SAMPLE.conversations
    ]
    report = scored(tmp_path, {"overall_accuracy": 50.0, "model_config": {}, "item_results": items})
    assert report["reported_j"].value == pytest.approx(100 * len(range(0, N, 2)) / N)
    assert report["f1"].value == 1
    assert any("error message in 1 row" in note for note in report.notes)
