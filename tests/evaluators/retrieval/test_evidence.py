"""Evidence: what can be used, what LoCoMo broke, and that both are counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.evaluators.retrieval.evidence import find_evidence
from locomo_vqa.locomo import read_locomo

SAMPLE = load_benchmark("sample")


def with_evidence(*evidence: str) -> tuple[Benchmark, str]:
    """Return a benchmark whose first question has this evidence, and the question's id."""
    first = replace(SAMPLE.text_questions[0], category=1, answer="yes", evidence=evidence)
    return replace(SAMPLE, text_questions=(first,), visual_questions=()), first.id


def test_an_entry_that_names_no_turn_is_left_out_alone() -> None:
    benchmark, question = with_evidence("D1:2", "D", "D2:1", "D1:2", "D1:999")
    found = find_evidence(benchmark)
    assert found.by_question[question].turns == ("D1:2", "D2:1")
    assert found.by_question[question].sessions == (1, 2)
    assert found.broken == {question: ("D", "D1:999")}
    assert found.count_left_out() == {}


@pytest.mark.parametrize(("evidence", "reason"), [((), "none"), (("D1:999", "x"), "no_turn")])
def test_a_question_without_usable_evidence_is_left_out(
    evidence: tuple[str, ...], reason: str
) -> None:
    benchmark, question = with_evidence(*evidence)
    found = find_evidence(benchmark)
    assert found.by_question == {}
    assert found.left_out == {question: reason}
    assert found.count_left_out() == {reason: 1}


def test_an_adversarial_question_has_none_and_an_image_has_its_turn() -> None:
    found = find_evidence(SAMPLE, "test")
    adversarial = {q.id for q in SAMPLE.text_questions if q.category == 5}
    assert adversarial.isdisjoint({*found.by_question, *found.left_out})
    visual = next(q for q in SAMPLE.visual_questions if q.split == "test")
    assert found.by_question[visual.id].turns == (visual.turn,)


def test_what_is_usable_in_the_published_file(real_locomo: Path) -> None:
    """Of 1,540 questions, four name no evidence; `D`, `D10:19` and `D4:36` name no turn.

    A reader that takes only what matches `D<number>:<number>` literally finds 1,535: it misses
    the turn D30:5, which the file spells `D30:05`.
    """
    read = read_locomo(real_locomo)
    benchmark = replace(
        SAMPLE,
        conversations=read.conversations,
        text_questions=read.questions,
        visual_questions=(),
    )
    found = find_evidence(benchmark)
    assert len(found.by_question) == 1536
    assert found.count_left_out() == {"none": 4}
    assert found.broken == {
        "conv-42/t/58": ("D10:19",),
        "conv-42/t/88": ("D",),
        "conv-47/t/38": ("D4:36",),
    }
    assert found.by_question["conv-50/t/69"].turns == ("D30:5",)
