from __future__ import annotations

from typing import Any

import pytest

from locomo_vqa.evaluators.metrics.f1 import f1


def test_by_hand() -> None:
    # {jon, lost, it} against {it, was, lost, in, january}: 2 of 3 and 2 of 5.
    assert f1("Jon lost it. Lost it!", "It was lost, in January?") == pytest.approx(0.5)


def test_other_punctuation_stays() -> None:
    assert f1("tea;", "tea") == 0.0


@pytest.mark.parametrize(("prediction", "gold"), [("", "tea"), ("tea", ""), ("", ""), ("?!", ".,")])
def test_an_empty_text_is_zero(prediction: str, gold: str) -> None:
    assert f1(prediction, gold) == 0.0


def test_equals_every_published_value(published_rows: list[dict[str, Any]]) -> None:
    differing = [
        row
        for row in published_rows
        if f1(str(row["response"]), str(row["answer"])) != row["f1_score"]
    ]
    assert not differing
