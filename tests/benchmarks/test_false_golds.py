"""The figures of the benchmark of false golds, worked out by hand."""

from __future__ import annotations

from benchmarks.false_golds import JudgedQuestion, figures, table, verdict


def judged(
    number: int, *, true: bool, agreed: bool, premise: bool = True, published: bool = True
) -> list[JudgedQuestion]:
    question = JudgedQuestion(
        type="detail", published=published, true=true, premise=premise, agreed=agreed
    )
    return [question] * number


QUESTIONS = [
    *judged(95, true=True, agreed=True),
    *judged(5, true=True, agreed=False),
    *judged(6, true=False, premise=False, agreed=False),
    *judged(2, true=False, agreed=False),
    *judged(2, true=False, premise=False, agreed=True),
    *judged(7, true=False, agreed=True, published=False),
]


def test_figures() -> None:
    rows = figures(QUESTIONS)
    assert rows["published"] == {
        "questions": 110,
        "false_premise": 8,
        "wrong_answer": 2,
        "found": 8,
        "false_alarms": 5,
        "agreed": 97,
        "true_after": 95,
    }
    assert rows["all"]["wrong_answer"] == 9
    assert rows["mood"]["questions"] == 0
    shown = table(rows).splitlines()
    assert "| published | 110 | 8 | 2 | 8 of 10, 80.0% | 5, 5.0% | 95 of 97, 97.9% |" in shown
    assert "| mood | 0 | 0 | 0 | 0 of 0 | 0 | 0 of 0 |" in shown


def test_the_goals_are_met_or_missed() -> None:
    assert verdict(figures(QUESTIONS)["published"]).startswith("The published types meet")
    one_more = [*QUESTIONS, *judged(1, true=True, agreed=False)]
    assert "MISS" in verdict(figures(one_more)["published"])
    assert "MISS" in verdict(figures(QUESTIONS)["all"])
