"""Draws the questions whose answers are judged, where J is estimated from a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.files import sha256_text
from locomo_vqa.scores import RowScore

from .verdicts import Answers

__all__ = ["JudgeSample", "sample_answers"]


@dataclass(frozen=True, slots=True)
class JudgeSample:
    """How many questions are judged, and which."""

    size: int
    """The number of questions."""
    seed: int = 0
    """Determines which; the same for every run, so that two runs are compared on the same ones."""

    @property
    def signature(self) -> str:
        """What the sample adds to J's signature."""
        return f",sample={self.size},seed={self.seed}"


def sample_answers(answers: Answers, sample: JudgeSample) -> tuple[Answers, list[RowScore]]:
    """Return the sampled questions' answers, and the rows of the others, which have no value.

    Each conversation has its share of the sample, by largest remainders, so that every question has
    the same chance, and the mean over the sample estimates the mean over all. Conversations stay
    the clusters of its interval: the spread of their means in the sample holds both the spread
    between conversations and the error of drawing questions in each (the ultimate clusters of M. H.
    Hansen, W. N. Hurwitz and W. G. Madow, "Sample Survey Methods and Theory", 1953, volume 1,
    chapter 6). So the interval of a sample is wider.
    """
    chosen = {question.id for question in _chosen(answers.questions, sample)}
    left = [
        RowScore(question_id=question.id, metric="j", value=None, state="unsampled")
        for question in answers.questions
        if question.id not in chosen
    ]
    kept = Answers(
        questions=[question for question in answers.questions if question.id in chosen],
        to_judge=[item for item in answers.to_judge if item.id in chosen],
        states=answers.states,
    )
    return kept, left


def _chosen(questions: Sequence[TextQuestion], sample: JudgeSample) -> list[TextQuestion]:
    groups: dict[str, list[TextQuestion]] = {}
    for question in questions:
        groups.setdefault(question.conversation, []).append(question)
    sizes = {name: len(group) for name, group in groups.items()}
    shares = _shares(sizes, min(sample.size, len(questions)))
    return [
        question
        for name, group in groups.items()
        for question in sorted(group, key=lambda each: _place(each.id, sample.seed))[: shares[name]]
    ]


def _place(question_id: str, seed: int) -> str:
    return sha256_text(f"{seed}\n{question_id}")


def _shares(sizes: Mapping[str, int], total: int) -> dict[str, int]:
    """Return a share of `total` for each group, in proportion to its size."""
    whole = sum(sizes.values())
    shares = {name: total * size // whole for name, size in sizes.items()}
    rest = sorted(sizes, key=lambda name: (-(total * sizes[name] % whole), name))
    for name in rest[: total - sum(shares.values())]:
        shares[name] += 1
    return shares
