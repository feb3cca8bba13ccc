"""Selection: rates, intervals and the choice, against values worked out by other means."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from locomo_vqa.benchmark import QUESTION_TYPES
from locomo_vqa.builders.selection.choice import Outcomes, Selection, select_types
from locomo_vqa.builders.selection.plot import plot_error_rates


def outcomes(images: int = 40, **errors: int) -> Any:
    """Every type answered on the same images, with as many errors as said."""
    return {
        type: {f"p{i}": i < errors.get(type.replace("-", "_"), 0) for i in range(images)}
        for type in QUESTION_TYPES
    }


def select(given: Any, keep: int = 3) -> Any:
    return select_types(given, keep=keep, declined={"mood": 2}, lost={"style": 1})


@pytest.mark.slow
@pytest.mark.parametrize(("errors", "n"), [(0, 10), (3, 10), (10, 10), (17, 40), (7, 7)])
def test_the_interval_is_wilson_s(errors: int, n: int) -> None:
    """By the formula of Wilson (1927), solved by hand for the two ends."""
    z, share = 1.959963984540054, errors / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    result = select(outcomes(n, count=errors), keep=1).results[0 if errors else 3]
    assert (result.low, result.high) == pytest.approx(
        (max(0, centre - half), min(1, centre + half)), abs=1e-12
    )
    assert result.high - result.low > 0.1


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
    assert "mood and style have the same error rate" in tied.remarks[0]
    assert 0.3 < tied.stability < 0.7
    close = select({**given, "mood": {f"p{i}": i < 12 for i in range(40)}})
    assert "overlap" in close.remarks[0]
    assert close.stability < 1


def test_a_tie_is_not_a_certain_choice() -> None:
    # Without errors, three of the types are as good as any other three, in every sample.
    none = select(outcomes())
    assert none.stability == pytest.approx(1 / math.comb(len(QUESTION_TYPES), 3))
    # One type always errs, the others never: two of the others are drawn.
    one = select(outcomes(count=40))
    assert one.stability == pytest.approx(1 / math.comb(len(QUESTION_TYPES) - 1, 2))


def test_a_type_with_too_few_questions_does_not_compete_in_the_samples() -> None:
    given = outcomes(count=40, colour=40, detail=40)
    given["presence"] = {f"p{i}": True for i in range(4)}
    assert select(given).stability == 1


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


@pytest.mark.slow
def test_the_figure_shows_the_chosen_types_in_their_colour(tmp_path: Any) -> None:
    from PIL import Image

    given = outcomes(count=36, colour=30, detail=20, mood=10)
    selection = select({**given, "style": {}})
    plot_error_rates(selection.results, "Error rates", tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as image:
        counted = image.getcolors(1 << 20) or []
    colours = {colour[:3]: number for number, colour in counted if colour[3] == 255}
    chosen, other = colours[0x00, 0x72, 0xB2], colours[0x99, 0x99, 0x99]
    # Three bars of 90, 75 and 50 % beside one of 25 %; intervals are drawn over them.
    assert chosen / other == pytest.approx((90 + 75 + 50) / 25, rel=0.1)


@pytest.mark.slow
def test_the_figure_s_text_is_text_and_its_bytes_are_the_same_every_time(tmp_path: Any) -> None:
    selection = select({**outcomes(count=36, colour=30, detail=20), "style": {}})
    for name in ("a.svg", "b.svg"):
        plot_error_rates(selection.results, "Error rates", tmp_path / name)
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert text == (tmp_path / "b.svg").read_text(encoding="utf-8")
    for words in ("Error rates", "90% of 40", "unusual-detail", "no questions"):
        assert words in text


def test_a_selection_is_a_table_and_comes_back_from_its_file() -> None:
    selection = select(outcomes(count=36, colour=30, unusual_detail=24, mood=2))
    assert Selection.from_json(json.loads(json.dumps(selection.to_json()))) == selection
    frame = selection.to_frame()
    assert list(frame[frame.selected].type) == ["count", "colour", "unusual-detail"]
    shown = selection._repr_html_()
    assert [words in shown for words in (">36 of 40<", ">90%<", ">count<")] == [True] * 3


def test_a_trial_of_two_images_can_choose_too() -> None:
    """With a whole build's minimum of five questions, nothing could be chosen."""
    outcomes: Outcomes = {
        "colour": {"a": True, "b": True},
        "mood": {"a": False, "b": False},
        "count": {"a": True, "b": False},
    }
    none = dict.fromkeys(outcomes, 0)
    with pytest.raises(ValueError, match="only 0 question types have at least 5"):
        select_types(outcomes, keep=2, declined=none, lost=none)
    chosen = select_types(outcomes, keep=2, declined=none, lost=none, fewest=1)
    assert set(chosen.types) == {"colour", "count"}
    # Of the four equally likely resamples, that of b alone leaves count and mood tied at 0.
    assert chosen.stability == pytest.approx(0.75 + 0.25 / 2, abs=0.03)


def test_the_error_among_agreed_questions_is_told_beside_the_other() -> None:
    """Of count's 36 errors, 2 are on agreed questions; the paper's rule stands."""
    given = outcomes(count=36, colour=30, unusual_detail=24, mood=20)
    agreed = {**given, "count": {f"p{i}": i < 2 for i in range(10)}}
    found = select_types(given, keep=3, declined={}, lost={}, agreed=agreed)
    assert found.types == ("count", "colour", "unusual-detail")
    assert found.by_agreed == ("colour", "unusual-detail", "mood")
    assert found.remarks[0].startswith("HARD, OR WRONG? Among agreed questions alone, the choice")
    assert "part of the error on count comes from" in found.remarks[0]
    first = found.results[0]
    assert first.agreed is not None
    assert (first.agreed.n, first.agreed.errors, first.agreed.error_rate) == (10, 2, 0.2)
    assert Selection.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_recipe_may_choose_by_agreed_questions() -> None:
    given = outcomes(count=36, colour=30, unusual_detail=24, mood=20)
    agreed = {**given, "count": {f"p{i}": i < 2 for i in range(10)}}
    found = select_types(given, keep=3, declined={}, lost={}, agreed=agreed, select_by="agreed")
    assert found.types == ("colour", "unusual-detail", "mood")
    assert found.remarks[0].startswith("HARD, OR WRONG? Over all questions, the choice would be")
    assert "count" in [result.type for result in found.results]


def test_the_same_choice_needs_no_remark() -> None:
    given = outcomes(count=36, colour=30, unusual_detail=24, mood=2)
    assert select_types(given, keep=3, declined={}, lost={}, agreed=given).remarks == ()
