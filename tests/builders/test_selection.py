"""Selection: rates, intervals and the choice, against values worked out by other means."""

from __future__ import annotations

from typing import Any

import pytest

from locomo_vqa.benchmark import QUESTION_TYPES
from locomo_vqa.builders.plot import plot_error_rates
from locomo_vqa.builders.selection import select_types, wilson_interval


def outcomes(pictures: int = 40, **errors: int) -> Any:
    """Every type answered on the same pictures, with as many errors as said."""
    return {
        type: {f"p{i}": i < errors.get(type.replace("-", "_"), 0) for i in range(pictures)}
        for type in QUESTION_TYPES
    }


def select(given: Any, keep: int = 3) -> Any:
    return select_types(given, keep=keep, declined={"mood": 2}, lost={"style": 1})


@pytest.mark.parametrize(("errors", "n"), [(0, 10), (3, 10), (10, 10), (17, 40), (1, 1)])
def test_the_interval_is_wilson_s(errors: int, n: int) -> None:
    scipy = pytest.importorskip("scipy.stats")
    expected = scipy.binomtest(errors, n).proportion_ci(method="wilson")
    assert wilson_interval(errors, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_hardest_three_are_chosen() -> None:
    selection = select(outcomes(count=36, colour=30, unusual_detail=24, mood=2))
    assert selection.types == ("count", "colour", "unusual-detail")
    assert [result.type for result in selection.results][:4] == [
        *("count", "colour", "unusual-detail", "mood")
    ]
    assert selection.results[0].error_rate == 0.9
    assert (selection.results[3].declined, selection.stability) == (2, 1.0)
    assert selection.remarks == ()


def test_a_tie_and_an_overlap_are_told() -> None:
    given = outcomes(count=36, colour=30, mood=10)
    given["style"] = {f"p{i}": i >= 30 for i in range(40)}
    tied = select(given)
    assert tied.types == ("count", "colour", "mood")
    assert "mood and style have one error rate" in tied.remarks[0]
    assert 0.3 < tied.stability < 0.7
    close = select({**given, "mood": {f"p{i}": i < 12 for i in range(40)}})
    assert "overlap" in close.remarks[0]
    assert close.stability < 1


def test_a_type_without_questions_is_never_chosen() -> None:
    given = outcomes(count=36, colour=30, detail=20)
    given["presence"] = {f"p{i}": True for i in range(4)}
    given["style"] = {}
    selection = select(given)
    assert selection.types == ("count", "colour", "detail")
    assert any("presence has 4 answered questions" in remark for remark in selection.remarks)
    style = next(result for result in selection.results if result.type == "style")
    assert (style.error_rate, style.low, style.n, style.lost) == (None, None, 0, 1)
    with pytest.raises(ValueError, match="only 1 question types"):
        select({"presence": given["presence"], "count": given["count"]})


def test_the_plot_is_a_picture(tmp_path: Any) -> None:
    from PIL import Image

    selection = select({**outcomes(count=36, colour=30, detail=20), "style": {}})
    plot_error_rates(selection.results, "Error rates", tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as picture:
        colours = {colour for _, colour in picture.getcolors(1 << 16) or []}
    assert (0x3B, 0x6F, 0xD4) in colours
