from __future__ import annotations

import subprocess
import sys

import pytest

from locomo_vqa.evaluators.metrics import METRICS, get_metric
from locomo_vqa.exact_match import exact_match, normalise


@pytest.mark.parametrize(
    ("prediction", "gold", "same"),
    [
        ("Red", "red", True),
        (" red\n", "RED", True),
        ("red.", "red", False),
        ("the red", "red", False),
        ("reds", "red", False),
        ("", "red", False),
        ("two", "2", False),
    ],
)
def test_exact_match(prediction: str, gold: str, same: bool) -> None:
    assert exact_match(prediction, gold) is same
    assert get_metric("v").score(prediction, gold) == float(same)


def test_normalise() -> None:
    assert normalise("\t Dark  Red \n") == "dark  red"


def test_v_is_reported_out_of_a_hundred() -> None:
    metric = get_metric("v")
    assert (metric.questions, metric.scale, metric.missing) == ("visual", 100.0, 0.0)


def test_the_others_are_reported_from_zero_to_one() -> None:
    others = [get_metric(name) for name in METRICS if name != "v"]
    assert {(metric.questions, metric.scale, metric.missing) for metric in others} == {
        ("text", 1.0, 0.0)
    }


def test_names_and_signatures() -> None:
    for name in METRICS:
        metric = get_metric(name)
        assert metric.name == name
        assert metric.signature.startswith(f"{name}:")


def test_an_unknown_name_lists_the_good_ones() -> None:
    with pytest.raises(ValueError, match=r"no metric 'bleu'.*v, rouge1, meteor, f1, bleu1"):
        get_metric("bleu")


def test_what_takes_a_judge_says_so() -> None:
    with pytest.raises(ValueError, match=r"judge model.*--judge.*v, rouge1, meteor, f1, bleu1"):
        get_metric("j")


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from locomo_vqa.evaluators.metrics import METRICS, get_metric\n"
        "for name in METRICS: get_metric(name).score('tea', 'a tea')\n"
        "import locomo_vqa.evaluators.statistics.intervals\n"
        "print(*({'nltk', 'scipy', 'pandas', 'torch', 'numpy', 'rouge_score'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []
