"""J corrected by its judge's errors: by hand, and against simulated judges."""

from __future__ import annotations

from dataclasses import asdict, replace
from math import sqrt
from typing import Any

import numpy as np
import pytest
from scipy.stats import t  # type: ignore[import-untyped]

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.evaluators.judging.correction import corrected_j, notes_on_leniency
from locomo_vqa.evaluators.report.content import report_data
from locomo_vqa.evaluators.scoring import score

SAMPLE = load_benchmark("sample")


def rate(errors: int, n: int) -> dict[str, Any]:
    return {"errors": errors, "n": n, "value": errors / n, "bounds": None}


def check(accept: tuple[int, int], reject: tuple[int, int]) -> dict[str, Any]:
    return {"false_accept": rate(*accept), "false_reject": rate(*reject)}


def accepted(*groups: tuple[int, int]) -> dict[str, list[float]]:
    return {str(c): [1.0] * k + [0.0] * (n - k) for c, (k, n) in enumerate(groups)}


def test_rogan_and_gladen_by_hand() -> None:
    # Of 300, 150 accepted; a = 20 / 100, r = 5 / 50: (0.5 - 0.2) / (1 - 0.3) = 3/7.
    groups = accepted((40, 100), (50, 100), (60, 100))
    found = corrected_j(groups, judged=300, check=check((20, 100), (5, 50)))
    assert found.value == pytest.approx(100 * 3 / 7)
    # One error and one other case more: a = 21/102, r = 6/52; the mean is 150.5 of 301.
    a, r = 21 / 102, 6 / 52
    p = (150.5 / 301 - a) / (1 - a - r)
    clustered = 3 / 2 * (10**2 + 0 + 10**2) / 300**2
    variance = clustered + (1 - p) ** 2 * a * (1 - a) / 102 + p**2 * r * (1 - r) / 52
    reach = t.ppf(0.975, 2) * sqrt(variance) / (1 - a - r)
    assert found.interval is not None
    assert found.interval.low == pytest.approx(max(0, 100 * (p - reach)))
    assert found.interval.high == pytest.approx(min(100, 100 * (p + reach)))
    assert (found.false_accept, found.false_reject, found.lenient) == (0.2, 0.1, True)


def test_a_judge_without_errors_leaves_j_as_it_is() -> None:
    groups = accepted((40, 100), (50, 100), (63, 110))
    found = corrected_j(groups, judged=310, check=check((0, 100), (0, 100)))
    assert found.value == pytest.approx(100 * 153 / 310)
    assert not found.lenient
    assert notes_on_leniency(found) == []


def test_missing_answers_were_not_judged_and_are_not_corrected() -> None:
    # 100 of 200 were judged, 60 accepted, a = 0.2, r = 0: 100 judged have (0.6 - 0.2) / 0.8 = 0.5.
    groups = accepted((30, 100), (30, 100))
    found = corrected_j(groups, judged=100, check=check((20, 100), (0, 100)))
    assert found.value == pytest.approx(25)
    assert found.interval is not None
    assert found.interval.high <= 50


@pytest.mark.parametrize(("k", "value"), [(1, 0), (99, 100)])
def test_it_stays_from_0_to_100_and_within_its_interval(k: int, value: float) -> None:
    groups = accepted((k, 100), (k, 100))
    found = corrected_j(groups, judged=200, check=check((10, 50), (10, 50)))
    assert found.value == value
    assert found.interval is not None
    assert 0 <= found.interval.low <= value <= found.interval.high <= 100
    assert found.interval.high - found.interval.low > 1


def test_a_judge_that_accepts_everything_can_not_be_corrected() -> None:
    found = corrected_j(accepted((9, 9), (9, 9)), judged=18, check=check((50, 50), (0, 50)))
    assert (found.value, found.interval, found.lenient) == (None, None, True)
    assert notes_on_leniency(found) == [
        "J has no rank: its judge accepts 100.0 % of wrong answers, more than 10 %. Its errors are "
        "too many, or not known well enough, for J to be corrected."
    ]


def test_one_conversation_has_a_value_and_no_interval() -> None:
    found = corrected_j(accepted((6, 10)), judged=10, check=check((2, 10), (0, 10)))
    assert found.value == pytest.approx(50)
    assert found.interval is None


@pytest.mark.parametrize(("errors", "lenient"), [(10, False), (11, True)])
def test_a_tenth_of_wrong_answers_may_be_accepted(errors: int, lenient: bool) -> None:
    groups = accepted((50, 100), (52, 100))
    found = corrected_j(groups, judged=200, check=check((errors, 100), (0, 100)))
    assert found.lenient is lenient
    assert bool(notes_on_leniency(found)) is lenient


def test_verdicts_that_a_check_lacks_leave_no_correction() -> None:
    lacking = check((0, 40), (0, 40))
    lacking["false_accept"] |= {"value": None, "bounds": {"low": 0.2, "high": 0.3}}
    found = corrected_j(accepted((5, 10), (6, 10)), judged=20, check=lacking)
    assert (found.value, found.false_accept, found.lenient) == (None, None, True)
    assert "its judge accepts more than 10 % of wrong answers. " in notes_on_leniency(found)[0]


@pytest.mark.parametrize(("truth", "a", "r"), [(0.3, 0.3, 0.05), (0.8, 0.1, 0.1)])
def test_the_interval_covers_the_true_share(truth: float, a: float, r: float) -> None:
    """Ten conversations of 60 questions, and checks of 60 cases, drawn 400 times."""
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        chances = np.clip(rng.normal(truth, 0.08, 10), 0, 1)
        found = rng.binomial(60, chances * (1 - r) + (1 - chances) * a)
        measured = check((int(rng.binomial(60, a)), 60), (int(rng.binomial(60, r)), 60))
        interval = corrected_j(
            accepted(*((int(k), 60) for k in found)), judged=600, check=measured
        ).interval
        assert interval is not None
        covered += interval.low <= 100 * truth <= interval.high
    assert covered / 400 >= 0.93


def test_reports_mark_a_j_without_a_rank() -> None:
    predictions = {q.id: q.answer or "" for q in SAMPLE.text_questions if q.category != 5}
    report = score(
        predictions, benchmark=SAMPLE, metrics=["f1", "j"], judge="rules", progress=False
    )
    j = report["j"]
    assert j.corrected is not None
    assert not j.corrected.lenient
    assert ">J *<" not in report._repr_html_()
    marked = replace(j, corrected=replace(j.corrected, lenient=True))
    metrics = {**report.scores.metrics, "j": marked}
    document = {
        **report.document,
        "metrics": {**report.document["metrics"], "j": asdict(marked)},
    }
    kind = replace(report, scores=replace(report.scores, metrics=metrics), document=document)
    assert ">J *<" in kind._repr_html_()
    labels = {row["name"]: row["label"] for row in report_data(kind)["metrics"]}
    assert (labels["j"], labels["f1"]) == ("J *", "F1")
