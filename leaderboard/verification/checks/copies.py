"""Finds entries with the same answers as another entry, or nearly the same.

Two systems that are right give the same answer, so only answers that tell systems apart count:
those to text questions that are not the gold answer, and that the entry gives to at most two
questions, which leaves out "not mentioned"; without the words that most answers of an entry begin
or end with. Answers to visual questions don't count: two systems that show one model no image give
the same ones. In 24 result files of 10 systems on LoCoMo, two systems have at most 17 % of such
answers in common, two versions or runs of one system at most 49 %, and on the sample one system
with captions and with pixels 45 %.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from locomo_vqa.files import some
from locomo_vqa.runs import Prediction

from .chance import at_least
from .text_answers import TextAnswer, folded

if TYPE_CHECKING:
    import numpy as np

__all__ = ["AnswerVector", "copy_notes"]

SAME_SHARE = 0.8
"""The share of telling answers in common from which two entries are nearly the same."""
VERSIONS = 0.5
"""The share that two versions of one system may have in common."""
UNLIKELY = 1e-3
"""Two versions must reach the number in common with less than this probability: all of 10."""
_MOST_REPEATS = 2


@dataclass(frozen=True, slots=True)
class AnswerVector:
    """An entry's answers, as hashes, for comparing them with other entries'."""

    digest: str | None
    """The hash of every answer, without case and punctuation; None without any."""
    telling: Mapping[str, int]
    """The hash of each answer by which systems differ, by question."""

    @classmethod
    def of(cls, predictions: Sequence[Prediction], answers: Sequence[TextAnswer]) -> AnswerVector:
        """Return the hashes of an entry's answers; `answers` are those to text questions."""
        counts = Counter(each.core for each in answers)
        return cls(
            digest=_digest(predictions),
            telling={
                each.question.id: hash(each.core) or 1
                for each in answers
                if not each.is_gold and counts[each.core] <= _MOST_REPEATS
            },
        )


def _digest(predictions: Sequence[Prediction]) -> str | None:
    digest, any_answer = hashlib.sha256(), False
    for each in sorted(predictions, key=lambda each: each.question_id):
        if text := folded(each.prediction or ""):
            digest.update(f"{each.question_id}\n{text}\n".encode("utf-8", "replace"))
            any_answer = True
    return digest.hexdigest() if any_answer else None


def copy_notes(vectors: Mapping[str, AnswerVector]) -> Iterator[tuple[str, str]]:
    """Yield, by an entry's name, which others have the same answers, or nearly the same."""
    import numpy as np

    names = list(vectors)
    same: dict[str | None, list[str]] = {}
    for name, vector in vectors.items():
        same.setdefault(vector.digest, []).append(name)
    matrix = _matrix(list(vectors.values()))
    counts = np.count_nonzero(matrix, axis=1)
    for number, name in enumerate(names):
        digest = vectors[name].digest
        equal = [other for other in same[digest] if other != name] if digest else []
        if equal:
            yield name, f"Has the same answers as {some(equal)}."
        common = ((matrix == matrix[number]) & (matrix[number] != 0)).sum(axis=1)
        fewer = np.minimum(counts, counts[number])
        near = [
            f"{names[place]} ({common[place]:,} of {fewer[place]:,})"
            for place in np.flatnonzero((common > 0) & (common >= SAME_SHARE * fewer))
            if place != number
            and names[place] not in equal
            and at_least(int(common[place]), int(fewer[place]), VERSIONS) < UNLIKELY
        ]
        if near:
            yield name, f"Has nearly the same answers as {some(near)}."


def _matrix(vectors: Sequence[AnswerVector]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Return telling answers as rows of hashes, a column a question; 0 where there is no answer."""
    import numpy as np

    columns = {name: number for number, name in enumerate({q for v in vectors for q in v.telling})}
    matrix = np.zeros((len(vectors), len(columns)), np.int64)
    for row, vector in zip(matrix, vectors, strict=True):
        row[[columns[name] for name in vector.telling]] = list(vector.telling.values())
    return matrix
