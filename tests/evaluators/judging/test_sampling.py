"""J estimated from a sample: which questions are judged, and what the others are worth."""

from __future__ import annotations

from collections import Counter
from statistics import fmean

import pytest

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.judging.sampling import JudgeSample, sample_answers
from locomo_vqa.evaluators.judging.settings import JudgeSettings
from locomo_vqa.evaluators.judging.verdicts import Answers, sort_answers
from locomo_vqa.evaluators.scoring.board_scorer import make_board_scorer
from locomo_vqa.runs import Prediction
from locomo_vqa.scores import RowScore
from tests.evaluators.recording import SAMPLE

QUESTIONS = [
    each
    for each in questions_of(SAMPLE, "all")
    if isinstance(each, TextQuestion) and each.category != 5
]
PREDICTIONS = [
    Prediction(question_id=each.id, prediction=each.answer if n % 3 else "no", state="ok")
    for n, each in enumerate(QUESTIONS)
]
ANSWERS = sort_answers(PREDICTIONS, SAMPLE, "all")


def ids(answers: Answers) -> list[str]:
    return [question.id for question in answers.questions]


def test_each_conversation_has_its_share_and_every_run_the_same_questions() -> None:
    kept, left = sample_answers(ANSWERS, JudgeSample(50))
    assert len(kept.questions) == len(kept.to_judge) == 50
    assert set(ids(kept)) | {row.question_id for row in left} == set(ids(ANSWERS))
    sizes = Counter(each.conversation for each in QUESTIONS)
    for name, number in Counter(each.conversation for each in kept.questions).items():
        assert abs(number - 50 * sizes[name] / len(QUESTIONS)) < 1
    fewer = sort_answers(PREDICTIONS[1:], SAMPLE, "all")
    assert ids(sample_answers(fewer, JudgeSample(50))[0]) == ids(kept)
    other = ids(sample_answers(ANSWERS, JudgeSample(50, seed=1))[0])
    assert other != ids(kept) and len(other) == 50


def test_the_mean_over_many_samples_is_the_mean_over_all() -> None:
    """Every question has the same chance up to the rounding of shares: 142 in 400 samples of 40."""
    right = {p.question_id: float(n % 3 > 0) for n, p in enumerate(PREDICTIONS)}
    means = []
    drawn: Counter[str] = Counter()
    for seed in range(400):
        names = ids(sample_answers(ANSWERS, JudgeSample(40, seed=seed))[0])
        means.append(fmean(right[name] for name in names))
        drawn.update(names)
    assert fmean(means) == pytest.approx(fmean(right.values()), abs=0.02)
    assert set(drawn) == set(right)


def test_unsampled_questions_have_no_value_and_the_sample_is_in_the_signature() -> None:
    scorer = make_board_scorer(judge="rules", judge_sample=30, judge_seed=7, l_preset="paper")
    scores = scorer(PREDICTIONS, SAMPLE, split="all", metrics=["j", "f1"])
    j, rows = scores.metrics["j"], [row for row in scores.by_question if row.metric == "j"]
    judged = [row for row in rows if row.value is not None]
    assert (j.state, j.overall.n, j.sampled_of, j.unscored) == ("ok", 30, len(QUESTIONS), 0)
    assert j.signature is not None and j.signature.endswith(",sample=30,seed=7")
    assert len(rows) == len(QUESTIONS) and len(judged) == 30
    assert j.value == pytest.approx(fmean(row.value for row in judged if row.value is not None))
    assert {row.state for row in rows if row.value is None} == {"unsampled"}
    assert next(row for row in rows if row.value is None) == RowScore(
        question_id=next(r.question_id for r in rows if r.value is None),
        metric="j",
        value=None,
        state="unsampled",
    )
    assert j.interval is not None and j.interval.clusters == 10


def test_a_sample_as_large_as_the_split_is_no_sample() -> None:
    scorer = make_board_scorer(judge="rules", judge_sample=len(QUESTIONS))
    j = scorer(PREDICTIONS, SAMPLE, split="all", metrics=["j"]).metrics["j"]
    assert j.sampled_of is None and j.overall.n == len(QUESTIONS)
    assert j.signature is not None and "sample" not in j.signature


@pytest.mark.parametrize("value", [0, -1, 2.5, True])
def test_a_wrong_size_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="`judge_sample` must be a whole number of at least 1"):
        JudgeSettings.checked(judge="rules", judge_sample=value)  # type: ignore[arg-type]


def test_a_sample_without_a_judge_is_refused() -> None:
    with pytest.raises(InputError, match="`judge_sample` is given, but not `judge`"):
        JudgeSettings.checked(judge=None, judge_sample=5)
