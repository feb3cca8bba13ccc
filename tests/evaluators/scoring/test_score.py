"""Scores: fixed denominators, states that count, and sums worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from scipy.special import expit, logit  # type: ignore[import-untyped]

from locomo_vqa.benchmark import Benchmark, Erratum, load_benchmark
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.builders.importing import import_locomo
from locomo_vqa.evaluators.scoring import score
from locomo_vqa.evaluators.scoring.predictions import score_predictions
from locomo_vqa.files import read_jsonl
from locomo_vqa.runs import Prediction
from locomo_vqa.schemas import validate
from tests.conftest import Cli, real_file

SAMPLE = load_benchmark("sample")
TEXT = [q for q in SAMPLE.text_questions if q.split == "test" and q.category != 5]
VISUAL = [q for q in SAMPLE.visual_questions if q.split == "test"]


def right(*questions: Any) -> list[Prediction]:
    return [
        Prediction(question_id=q.id, prediction=q.answer.upper(), state="ok") for q in questions
    ]


@pytest.mark.slow
def test_the_right_answers_score_full() -> None:
    scores = score_predictions(right(*TEXT, *VISUAL), SAMPLE, split="test")
    assert scores.metrics["v"].overall.value == 100
    assert scores.metrics["f1"].overall.value == 1
    assert (scores.metrics["f1"].overall.n, scores.metrics["v"].overall.n) == (28, 90)
    assert (scores.rows.matched, scores.rows.missing, scores.rows.extra) == (118, 0, 0)
    assert {scores.metrics[name].state for name in ("l", "j")} == {"not_computed"}
    assert scores.metrics["l"].overall.value is None


def test_what_is_missing_counts_as_wrong_and_is_shown() -> None:
    scores = score_predictions(right(*VISUAL[:30]), SAMPLE, split="test")
    assert scores.metrics["v"].overall.value == pytest.approx(100 * 30 / 90)
    assert scores.metrics["v"].overall.n == 90
    assert (scores.rows.matched, scores.rows.missing) == (30, 60)
    by_question = {row.question_id: row for row in scores.by_question}
    assert by_question[VISUAL[-1].id].state == "missing"
    assert by_question[VISUAL[-1].id].value == 0


def test_a_kind_of_question_that_nobody_answered_is_not_computed() -> None:
    scores = score_predictions(right(*VISUAL), SAMPLE, split="test")
    assert scores.metrics["f1"].state == "not_computed"
    assert scores.metrics["f1"].overall.value is None
    assert scores.metrics["f1"].reason == "No row answers a text question with a gold answer."
    assert scores.rows.missing == 0


@pytest.mark.parametrize("state", ["empty", "refused", "timeout", "error", "not_ingested"])
def test_a_failure_counts_as_wrong_whatever_it_says(state: Any) -> None:
    failed = [replace(p, state=state) for p in right(*VISUAL[:45])]
    scores = score_predictions([*failed, *right(*VISUAL[45:])], SAMPLE, split="test")
    assert scores.metrics["v"].overall.value == 50
    assert scores.rows.states == {"ok": 45, state: 45}


def test_adversarial_questions_are_not_scored() -> None:
    adversarial = [q for q in SAMPLE.text_questions if q.split == "test" and q.category == 5]
    answers = [Prediction(question_id=q.id, prediction="x", state="ok") for q in adversarial]
    scores = score_predictions([*right(*TEXT), *answers], SAMPLE, split="test")
    assert len(adversarial) == 10
    assert (scores.rows.matched, scores.rows.missing, scores.rows.unscored) == (28, 0, 10)
    assert scores.rows.states == {"ok": 28}
    assert scores.metrics["f1"].overall.n == 28
    assert set(scores.metrics["f1"].by_category) == {"1", "2", "3", "4"}


def test_matched_and_missing_are_the_scored_questions() -> None:
    """5 of 28 text questions, 10 of 90 visual ones, and adversarial rows that never count."""
    adversarial = [q for q in SAMPLE.text_questions if q.split == "test" and q.category == 5]
    rows = [Prediction(question_id=q.id, prediction=None, state="error") for q in adversarial]
    scores = score_predictions([*right(*TEXT[:5], *VISUAL[:10]), *rows], SAMPLE, split="test")
    assert (scores.rows.matched, scores.rows.missing, scores.rows.unscored) == (15, 103, 10)
    assert scores.metrics["f1"].overall.n + scores.metrics["v"].overall.n == 15 + 103
    alone = score_predictions(rows, SAMPLE, split="test")
    assert (alone.rows.matched, alone.rows.missing, alone.rows.unscored) == (0, 0, 10)
    assert alone.metrics["f1"].reason == "No row answers a text question with a gold answer."


def test_groups_add_up() -> None:
    predictions = right(*VISUAL[::2])
    predictions += [Prediction(question_id=q.id, prediction="x", state="ok") for q in VISUAL[1::2]]
    scores = score_predictions(predictions, SAMPLE, split="test").metrics["v"]
    for groups in (scores.by_type, scores.by_conversation):
        assert sum(group.n for group in groups.values()) == 90
        total = sum((group.value or 0) * group.n for group in groups.values())
        assert total / 90 == pytest.approx(scores.overall.value)
    assert {group.interval for group in scores.by_conversation.values()} == {None}


def test_the_interval_is_over_conversations() -> None:
    """Conversation 9 all right (50 of 50), 10 all wrong (0 of 40), worked out by hand.

    Mean 5/9; residual sums 50 * 4/9 and 40 * 5/9, both 22.22; variance 2 / (2 - 1) * 2 * 22.22^2
    over 90^2. Half a question on each side gives 50.5 of 91 as the centre; t with one degree of
    freedom at 0.975 is 12.7062.
    """
    ninth = [question for question in VISUAL if question.conversation == "sample-09"]
    assert len(ninth) == 50
    tenth = [q for q in VISUAL if q.conversation == "sample-10"]
    wrong = [Prediction(question_id=q.id, prediction="x", state="ok") for q in tenth]
    overall = score_predictions([*right(*ninth), *wrong], SAMPLE, split="test").metrics["v"].overall
    assert overall.value == pytest.approx(100 * 5 / 9)
    centre = 50.5 / 91
    reach = 12.706204736 * sqrt(2 * 2 * (50 * 4 / 9) ** 2) / 90 / (centre * (1 - centre))
    assert overall.interval is not None
    ends = [100 * expit(logit(centre) + sign * reach) for sign in (-1, 1)]
    assert [overall.interval.low, overall.interval.high] == pytest.approx(ends, abs=1e-9)
    assert overall.interval.method == "clustered-t on the logit scale"
    assert overall.interval.clusters == 2


@pytest.mark.parametrize(("right_ones", "low", "high"), [(0, 0, 4.0936), (90, 95.9064, 100)])
def test_none_of_ninety_and_all_of_ninety_are_not_certain(
    right_ones: int, low: float, high: float
) -> None:
    """Wilson by hand: z^2 = 3.8415, and 3.8415 / (90 + 3.8415) is 4.0936 percent."""
    answers = [
        Prediction(question_id=q.id, prediction=q.answer if right_ones else "x", state="ok")
        for q in VISUAL
    ]
    scores = score_predictions(answers, SAMPLE, split="test", metrics=["v"])
    overall = scores.metrics["v"].overall
    assert (overall.value, overall.n) == (100 * right_ones / 90, 90)
    assert overall.interval is not None
    assert (overall.interval.low, overall.interval.high) == pytest.approx((low, high), abs=1e-3)
    assert overall.interval.method == "wilson, as no conversation differs"
    assert overall.interval.clusters == 2
    (first, *_) = scores.metrics["v"].by_type.values()
    assert first.interval is not None and first.interval.high - first.interval.low > 4


def test_conversations_of_one_share_are_not_certain() -> None:
    """Half of each right (25 of 50, 20 of 40). Wilson by hand: 0.5 ± z / (2 sqrt(90 + z^2))."""
    halves = []
    for name in ("sample-09", "sample-10"):
        asked = [question for question in VISUAL if question.conversation == name]
        halves += right(*asked[::2])
    interval = score_predictions(halves, SAMPLE, split="test").metrics["v"].overall.interval
    assert interval is not None
    reach = 100 * 1.959963985 / (2 * sqrt(90 + 3.841458821))
    assert (interval.low, interval.high) == pytest.approx((50 - reach, 50 + reach))
    assert interval.method == "wilson, as no conversation differs"


def test_errata_have_a_mean_of_their_own() -> None:
    marks = (Erratum(kind="WRONG", changes_score=True), Erratum(kind="NOTE", changes_score=False))
    marked = {TEXT[0].id: marks[0], TEXT[1].id: marks[1]}
    questions = tuple(replace(q, erratum=marked.get(q.id)) for q in SAMPLE.text_questions)
    benchmark = replace(SAMPLE, text_questions=questions)
    scores = score_predictions(right(*TEXT[1:]), benchmark, split="test").metrics["f1"]
    assert scores.clean is not None
    assert (scores.clean.value, scores.clean.n) == (1, 27)
    assert scores.overall.value == pytest.approx(27 / 28)


def test_rows_of_another_split_are_extra() -> None:
    other = questions_of(SAMPLE, "validation")[0]
    scores = score_predictions(right(*VISUAL, other), SAMPLE, split="test", extra=2)
    assert scores.rows.extra == 3


def test_the_files_fit_their_schemas(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    rows = [{"question_id": q.id, "hypothesis": q.answer} for q in TEXT]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    sheet = score(path, benchmark=SAMPLE, split="test")
    sheet.write(tmp_path)
    written = json.loads((tmp_path / "scores.json").read_text())
    validate(written, "scores", path=tmp_path, remedy="")
    assert written["metrics"]["f1"]["overall"]["value"] == 1
    assert written["source"]["layout"] == "longmemeval"
    lines = read_jsonl(tmp_path / "scores.jsonl", what="it")
    for number, row in lines:
        validate(row, "scores_row", path=tmp_path, place=str(number), remedy="")
    assert len(lines) == 4 * 28


@pytest.mark.slow
def test_the_command_prints_what_it_writes(tmp_path: Path, cli: Cli) -> None:
    assert cli("run", "bm25", "--benchmark", "sample", "--out", "run").returncode == 0
    done = cli("score", "run", "--benchmark", "sample", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == json.loads((tmp_path / "run" / "scores.json").read_text())
    table = cli("score", "run", "--benchmark", "sample", "--metrics", "v").stdout
    assert "BLEU-1" not in table
    other = cli("score", "run", "--benchmark", "sample", "--split", "train")
    assert other.returncode == 2
    assert "the run used the split 'test', not 'train'" in other.stderr
    partial = tmp_path / "partial.jsonl"
    partial.write_text(json.dumps({"question_id": TEXT[0].id, "hypothesis": "x"}))
    assert cli("score", "partial.jsonl", "--benchmark", "sample").returncode == 1


@pytest.fixture(scope="module")
def locomo(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    folder = tmp_path_factory.mktemp("real") / "locomo"
    import_locomo(real_file("locomo10.json"), out=folder, name="LoCoMo")
    return load_benchmark(folder)


PUBLISHED = {
    "memobase_eval_0503_3000": 0.4884,
    "base_zep_search_results": 0.3129,
    "base_langmem_results": None,
    "base_rag_results_-1_k1": None,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_f1_comes_out_row_by_row(name: str, locomo: Benchmark) -> None:
    sheet = score(real_file(f"predictions/{name}.json"), benchmark=locomo, metrics=["f1", "bleu1"])
    document = sheet.document
    assert document["rows"] == {
        "matched": 1540,
        "missing": 0,
        "extra": 0,
        "unscored": 0,
        "states": {"ok": 1540},
        "answered": {"text": 1540, "visual": 0},
    }
    stored = document["stored"]["f1_score"]
    assert (stored["rows"], stored["equal"]) == (1540, 1540)
    value = document["metrics"]["f1"]["overall"]["value"]
    assert value == pytest.approx(stored["mean"], abs=1e-12)
    if PUBLISHED[name] is not None:
        assert round(value, 4) == PUBLISHED[name]
    assert document["stored"]["bleu_score"]["equal"] >= 1530
