"""What the student's answers are worth with and without its adapter."""

from __future__ import annotations

from locomo_vqa.evaluators.distilling.adapter_check import describe_answers


def test_the_figures_are_those_of_a_calculation_by_hand() -> None:
    """The figures of three replies.

    "a red kite" finds 2 of 2 words with 3 (F1 0.8) and contains the gold answer; "in May" has 1 of
    3 words with 2 (F1 0.4), and does not; no reply has nothing.
    """
    figures = describe_answers(["a Red kite", "in May", ""], ["red kite", "7 May 2023", "blue"])
    assert figures == {"f1": 0.4, "contains_gold": 0.3333, "words": 1.7}


def test_a_reply_may_gain_f1_and_lose_the_fact() -> None:
    """F1 of the long reply is 2·1/(8+1), of the short one 2·1/(3+2)."""
    long = describe_answers(["She bought a pot for baking in Oslo"], ["Oslo"])
    short = describe_answers(["in wide Bergen"], ["Bergen harbour"])
    assert (long["f1"], long["contains_gold"]) == (0.2222, 1.0)
    assert (short["f1"], short["contains_gold"]) == (0.4, 0.0)
