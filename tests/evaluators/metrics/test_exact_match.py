from __future__ import annotations

import subprocess
import sys

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.metrics import METRICS, get_metric
from locomo_vqa.exact_match import exact_match, normalise

PLAIN = ("v", "v_numbers", "rouge1", "meteor", "f1", "bleu1")
"""The metrics that take nothing but two texts."""


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


@pytest.mark.parametrize(
    ("prediction", "gold", "same"),
    [
        ("3", "three", True),
        ("Three ", "3", True),
        ("twenty-one", "21", True),
        ("1,000", "thousand", True),
        ("03", "three", True),
        ("0", "zero", True),
        ("red", "RED", True),
        ("three.", "three", False),
        ("3.0", "three", False),
        ("third", "3", False),
        ("four", "5", False),
        ("", "zero", False),
        ("²", "2", False),
        ("9" * 500, "9", False),
    ],
)
def test_v_with_numbers_as_digits(prediction: str, gold: str, same: bool) -> None:
    metric = get_metric("v_numbers")
    assert metric.score(prediction, gold) == float(same)
    assert (metric.questions, metric.scale, metric.missing) == ("visual", 100.0, 0.0)
    assert metric.signature == "v_numbers:exact,lower,strip,numbers=digits"


def test_a_number_in_another_form_is_wrong_for_v() -> None:
    assert get_metric("v").score("3", "three") == 0
    assert get_metric("v").signature == "v:exact,lower,strip"


def test_normalise() -> None:
    assert normalise("\t Dark  Red \n") == "dark  red"


def test_v_is_reported_out_of_a_hundred() -> None:
    metric = get_metric("v")
    assert (metric.questions, metric.scale, metric.missing) == ("visual", 100.0, 0.0)


def test_the_others_are_reported_from_zero_to_one() -> None:
    others = [get_metric(name) for name in PLAIN if not name.startswith("v")]
    assert {(metric.questions, metric.scale, metric.missing) for metric in others} == {
        ("text", 1.0, 0.0)
    }


def test_names_and_signatures() -> None:
    for name in PLAIN:
        metric = get_metric(name)
        assert metric.name == name
        assert metric.signature.startswith(f"{name}:")


def test_an_unknown_name_lists_the_good_ones_and_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        get_metric("bleu")
    known = ", ".join(METRICS)
    assert caught.value.message == f"`metric` must be one of {known}, not 'bleu'."
    assert caught.value.remedy == "Did you mean 'bleu1'?"


def test_what_takes_more_than_two_texts_says_so() -> None:
    plain = ", ".join(PLAIN)
    with pytest.raises(InputError, match=rf"judge model.*`judge`.*{plain}"):
        get_metric("j")
    with pytest.raises(InputError, match=r"BERTScore can't .* text encoder"):
        get_metric("bertscore")


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from locomo_vqa.evaluators.metrics import get_metric\n"
        f"for name in {PLAIN}: get_metric(name).score('tea', 'a tea')\n"
        "import locomo_vqa.statistics.intervals\n"
        "print(*({'nltk', 'scipy', 'pandas', 'torch', 'numpy', 'rouge_score'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []
