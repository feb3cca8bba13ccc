"""Makes the contributions to A comparable to the values of other metrics, for their spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import Question, gold_answer

__all__ = ["centred", "stratum_of"]


def stratum_of(question: Question) -> tuple[str, bool]:
    """Return a question's kind, and whether nothing is to be found: what A takes shares of."""
    kind = "text" if isinstance(question, TextQuestion) else "visual"
    return kind, gold_answer(question) is None


def centred(
    tables: Sequence[Mapping[str, float]], questions: Mapping[str, Question]
) -> list[dict[str, float]]:
    """Return what questions contribute to A, less the mean of their stratum, plus A.

    Contributions differ between strata by definition: their spread, unlike that of other metrics,
    depends on how many questions of each stratum a conversation has. What is returned has the
    same mean for each table, and the clustered error of A: 0 for a system that declines always.

    Args:
        tables: the contributions by question, of one run or more; all of the same questions.
        questions: the questions.
    """
    strata: dict[tuple[str, bool], list[str]] = {}
    for name in tables[0]:
        strata.setdefault(stratum_of(questions[name]), []).append(name)
    overall = fmean(value for table in tables for value in table.values())
    moves = {
        name: overall - fmean(table[each] for table in tables for each in names)
        for names in strata.values()
        for name in names
    }
    return [{name: value + moves[name] for name, value in table.items()} for table in tables]
