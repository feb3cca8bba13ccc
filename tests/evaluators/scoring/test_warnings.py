"""Alarms: a published system whose two conversations were not ingested, and ceilings by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark, Erratum, load_benchmark
from locomo_vqa.builders.importing import import_locomo
from locomo_vqa.ceilings import above_ceiling
from locomo_vqa.evaluators.scoring import score
from locomo_vqa.evaluators.scoring.predictions import score_predictions
from locomo_vqa.evaluators.scoring.warnings import warnings_about
from locomo_vqa.evaluators.statistics.outliers import far_conversations
from locomo_vqa.runs import Prediction
from tests.conftest import real_file

SAMPLE = load_benchmark("sample")
TEXT = [q for q in SAMPLE.text_questions if q.category != 5]
PUBLISHED = [
    "base_zep_search_results",
    "memobase_eval_0503_3000",
    "base_langmem_results",
    "base_rag_results_-1_k1",
]
NOT_INGESTED = {"base_zep_search_results": ["conv-50", "conv-49"]}
"""By the verdicts that the file stores: 12.0 and 19.2 % against 57.1 % of the other eight."""


@pytest.fixture(scope="module")
def locomo(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    folder = tmp_path_factory.mktemp("real") / "locomo"
    import_locomo(
        real_file("locomo10.json"), out=folder, errata=real_file("errata.json"), name="LoCoMo"
    )
    return load_benchmark(folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_only_what_was_not_ingested_is_far(name: str, locomo: Benchmark) -> None:
    sheet = score(real_file(f"predictions/{name}.json"), benchmark=locomo, metrics=["f1", "rouge1"])
    notes = [note for note in sheet.document["notes"] if "far" in note]
    assert [note.split()[0] for note in notes] == NOT_INGESTED.get(name, [])
    assert all(note.endswith("Was it ingested?") for note in notes)
    figures = [note.partition("reported J ")[2].partition(")")[0] for note in notes]
    assert figures == ["12.0 against 57.1", "19.2 against 57.1"][: len(notes)]
    assert not [note for note in sheet.document["notes"] if "ceiling" in note]


@pytest.mark.parametrize("name", PUBLISHED)
def test_so_it_is_by_the_judge_s_verdicts_that_the_files_store(name: str) -> None:
    stored = json.loads(real_file(f"predictions/{name}.json").read_text())
    ids = [26, 30, 41, 42, 43, 44, 47, 48, 49, 50]
    verdicts = {
        f"conv-{ids[int(key)]}": [
            float(row["llm_score"]) for row in rows if str(row["category"]) != "5"
        ]
        for key, rows in stored.items()
    }
    # The less share of right answers comes first: 0.12, then 0.19.
    far = [one.conversation for one in far_conversations(verdicts)]
    assert far == NOT_INGESTED.get(name, [])


def spoiled(conversation: str, spoil: Callable[[str], str]) -> list[str]:
    """The warnings about gold answers, of which one conversation's are spoiled."""
    told = {
        q.id: spoil(str(q.answer)) if q.conversation == conversation else str(q.answer)
        for q in TEXT
    }
    return list(score(told, benchmark=SAMPLE, metrics=["f1"], progress=False).warnings)


def test_overlap_asks_whether_a_conversation_was_ingested_if_its_answers_have_one_length() -> None:
    (note,) = spoiled("sample-03", lambda gold: " ".join("x" for _ in gold.split()))
    assert note.startswith("sample-03 is far below the other conversations (F1 0.0000 against 1.")
    words: dict[str, list[int]] = {}
    for q in TEXT:
        words.setdefault(q.conversation, []).append(len(str(q.answer).split()))
    means = {name: sum(counts) / len(counts) for name, counts in words.items()}
    here = means.pop("sample-03")
    others = sum(means.values()) / len(means)
    assert note.endswith(
        f"; its answers have {here:.1f} words, the others' {others:.1f}. Was it ingested?"
    )


@pytest.mark.parametrize(
    "spoil",
    [
        # Nine words more than the gold answer's, or four of ten answers wrong: less than half off.
        lambda gold: f"{gold} and then we all went home for the whole night",
        lambda gold: gold if len(gold) % 5 > 1 else "x",
    ],
)
def test_overlap_asks_nothing_where_lengths_explain_it_or_the_distance_is_small(
    spoil: Callable[[str], str],
) -> None:
    (note,) = spoiled("sample-03", spoil)
    assert note.startswith("sample-03 is far below the other conversations (F1 0.")
    assert note.endswith("a judge's verdicts would say more.")
    assert "?" not in note


def test_verdicts_decide_where_there_are_any() -> None:
    rows = answers({})
    lost = {q.id for q in TEXT if q.conversation == "sample-05"}
    rows = [replace(row, prediction="x") if row.question_id in lost else row for row in rows]
    scores = score_predictions(rows, SAMPLE, split="all", metrics=["f1"])
    by_words = warnings_about(scores, rows, SAMPLE, split="all")
    assert [note.split()[0] for note in by_words] == ["sample-05"]
    accepted = {q.id: 1.0 for q in TEXT}
    assert not warnings_about(scores, rows, SAMPLE, split="all", verdicts=accepted)
    other = {q.id: float(q.conversation != "sample-07") for q in TEXT}
    (note,) = warnings_about(scores, rows, SAMPLE, split="all", verdicts=other)
    assert note == (
        "sample-07 is far below the other conversations (reported J 0.0 against 100.0). "
        "Was it ingested?"
    )


def test_verdicts_ask_nothing_of_a_conversation_that_is_only_harder() -> None:
    rows = answers({})
    scores = score_predictions(rows, SAMPLE, split="all", metrics=["f1"])
    hard = [q.id for q in TEXT if q.conversation == "sample-07"]
    wrong = set(hard[: len(hard) // 3])
    verdicts = {q.id: float(q.id not in wrong) for q in TEXT}
    (note,) = warnings_about(scores, rows, SAMPLE, split="all", verdicts=verdicts)
    assert note.startswith("sample-07 is far below the other conversations (reported J ")
    assert note.endswith("Some conversations are harder than others; its wrong answers say why.")


def steady(*rights: int, of: int = 100) -> dict[str, list[float]]:
    return {f"c{i}": [1.0] * k + [0.0] * (of - k) for i, k in enumerate(rights)}


def test_one_far_below_and_one_far_above() -> None:
    (low,) = far_conversations(steady(50, 52, 48, 51, 49, 50, 53, 5))
    assert (low.conversation, low.mean) == ("c7", 0.05)
    assert low.others == pytest.approx(353 / 700)
    (high,) = far_conversations(steady(50, 52, 48, 51, 49, 50, 53, 95))
    assert (high.conversation, high.mean) == ("c7", 0.95)


def test_a_conversation_of_few_questions_may_lie_apart_by_chance() -> None:
    # 40 points below the others: 8 standard errors of 100 questions (0.05), 2.5 of ten (0.16).
    assert far_conversations(steady(50, 52, 48, 51, 49, 50, 53, 10))
    assert not far_conversations(steady(5, 5, 5, 5, 5, 5, 5, 1, of=10))


def test_conversations_that_all_differ_have_none_that_is_far() -> None:
    assert not far_conversations(steady(10, 20, 30, 40, 50, 60, 70, 80, 90, 99))


@pytest.mark.parametrize("groups", [{}, steady(50, 50, 50, 50, 0), {"a": [], "b": [1.0]}])
def test_few_conversations_say_nothing(groups: dict[str, list[float]]) -> None:
    assert far_conversations(groups) == ()


def test_values_that_never_vary() -> None:
    assert far_conversations(steady(0, 0, 0, 0, 0, 0)) == ()
    (one,) = far_conversations(steady(100, 100, 100, 100, 100, 100, 0))
    assert one.conversation == "c6"


def flawed(wrong: int, category: int) -> Benchmark:
    """The sample, with this many wrong gold answers in a category."""
    bad = [q.id for q in TEXT if q.category == category][:wrong]
    erratum = Erratum(kind="WRONG", changes_score=True)
    questions = tuple(
        replace(q, erratum=erratum) if q.id in bad else q for q in SAMPLE.text_questions
    )
    return replace(SAMPLE, text_questions=questions)


def answers(count: dict[int, int]) -> list[Prediction]:
    """Right answers to all text questions except this many of a category."""
    skipped = [q.id for c, n in count.items() for q in [q for q in TEXT if q.category == c][:n]]
    return [
        Prediction(question_id=q.id, prediction=q.answer, state="ok")
        for q in TEXT
        if q.id not in skipped
    ]


def ceiling_of(benchmark: Benchmark, predictions: list[Prediction]) -> list[Any]:
    scores = score_predictions(predictions, benchmark, split="all", metrics=["f1"])
    return list(above_ceiling(scores.metrics["f1"], benchmark.text_questions))


def test_agreeing_with_wrong_gold_answers_is_above_the_ceiling() -> None:
    number = sum(q.category == 2 for q in TEXT)
    benchmark = flawed(2, 2)
    (found,) = ceiling_of(benchmark, answers({2: 1}))
    assert (found.category, found.wrong, found.questions) == (2, 2, number)
    assert found.value == pytest.approx((number - 1) / number)
    assert found.ceiling == pytest.approx((number - 2) / number)
    assert ceiling_of(benchmark, answers({2: 2})) == []
    assert ceiling_of(SAMPLE, answers({})) == []


@pytest.mark.slow
def test_the_ceilings_of_locomo_are_the_audit_s(locomo: Benchmark) -> None:
    golds = [
        Prediction(question_id=q.id, prediction=str(q.answer), state="ok")
        for q in locomo.text_questions
        if q.category != 5
    ]
    scores = score_predictions(golds, locomo, split="all", metrics=["f1"])
    found = above_ceiling(scores.metrics["f1"], locomo.text_questions)
    assert [round(100 * one.ceiling, 1) for one in found] == [90.1, 91.9, 90.6, 95.7]


def test_the_note_names_metric_category_and_figures(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    rows = [{"question_id": q.id, "hypothesis": q.answer} for q in TEXT]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    number = sum(q.category == 3 for q in TEXT)
    sheet = score(path, benchmark=flawed(3, 3), metrics=["f1"])
    assert sheet.document["notes"][-1:] == [
        f"F1 of open-domain questions is 1.0000, above the ceiling of {(number - 3) / number:.4f}: "
        f"3 of {number} gold answers are known to be wrong, and the answers agree with some. Did "
        "the system see the gold answers?"
    ]


def test_a_file_of_one_conversation_says_nothing_about_the_others() -> None:
    first = TEXT[0].conversation
    answered = [
        Prediction(question_id=q.id, prediction=q.answer, state="ok")
        for q in TEXT
        if q.conversation == first
    ]
    scores = score_predictions(answered, SAMPLE, split="all", metrics=["f1"])
    assert scores.rows.missing == len(TEXT) - len(answered)
    assert not warnings_about(scores, answered, SAMPLE, split="all")
