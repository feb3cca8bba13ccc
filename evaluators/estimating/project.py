"""From what was seen of some conversations to the whole run.

For each stage, reading and answering are projected apart. What reading a session costs is fitted to
the session's turns, text and images and to the text before it; what a question costs, to the size
of its conversation, for text and visual questions separately. Tokens in are fitted to the text and
images of the requests. What was seen is counted; only the rest is projected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from locomo_vqa.benchmark import Conversation, VisualQuestion
from locomo_vqa.benchmark.questions import Question

from .growth import Growth, fit_growth, fit_means
from .seen import SeenCall, SeenConversation
from .sizes import columns_of, sizes_of

__all__ = ["Figure", "Known", "OfCalls", "OfSeconds", "project"]

_LEAST_DOUBT = 0.05
"""The least share of what is projected that it may be wrong by, however well the fit agrees."""
_SURE = 2.0
"""Standard errors in an interval of 95 %."""


class Measure(Protocol):
    """A figure of a run, for its sessions and questions."""

    @property
    def by_images(self) -> bool:
        """Whether a question's grows with the images of its conversation, not the text."""

    def sessions(self, seen: SeenConversation) -> Sequence[float]:
        """Return the figure for each session, or one for all of them."""

    def flush(self, seen: SeenConversation) -> float:
        """Return the figure for what follows the last session."""

    def questions(self, seen: SeenConversation) -> Mapping[str, float]:
        """Return the figure for each question that was asked."""


@dataclass(frozen=True, slots=True)
class OfCalls:
    """A sum over calls."""

    value: Callable[[SeenCall], float]
    by_images: bool = False

    def sessions(self, seen: SeenConversation) -> Sequence[float]:
        """Return the sum for each session."""
        return [self._sum(calls) for calls in seen.sessions]

    def flush(self, seen: SeenConversation) -> float:
        """Return the sum for what follows the last session."""
        return self._sum(seen.flush)

    def questions(self, seen: SeenConversation) -> Mapping[str, float]:
        """Return the sum for each question."""
        return {id: self._sum(calls) for id, calls in seen.questions.items()}

    def _sum(self, calls: Sequence[SeenCall]) -> float:
        return float(sum(map(self.value, calls)))


@dataclass(frozen=True, slots=True)
class OfSeconds:
    """The wall time."""

    by_images: bool = False

    def sessions(self, seen: SeenConversation) -> Sequence[float]:
        """Return the seconds of each session."""
        return seen.session_seconds

    def flush(self, seen: SeenConversation) -> float:
        """Return 0: it is short, and not measured."""
        return 0.0

    def questions(self, seen: SeenConversation) -> Mapping[str, float]:
        """Return the seconds of each question."""
        return seen.question_seconds


@dataclass(frozen=True, slots=True)
class Figure:
    """A sum for a whole run: what was seen, what is projected, and by how much that may be off."""

    seen: float = 0.0
    rest: float = 0.0
    doubt: float = 0.0

    @property
    def value(self) -> float:
        """The whole."""
        return self.seen + self.rest

    def __add__(self, other: Figure) -> Figure:
        return Figure(self.seen + other.seen, self.rest + other.rest, self.doubt + other.doubt)

    def times(self, factor: float) -> Figure:
        """Return the same in another unit."""
        return Figure(self.seen * factor, self.rest * factor, self.doubt * factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A run's conversations and questions, and what was seen of them."""

    conversations: Sequence[Conversation]
    questions: Mapping[str, Sequence[Question]]
    """By conversation."""
    seen: Mapping[str, SeenConversation]

    def read(self) -> list[Conversation]:
        """Return the conversations that were read."""
        return [each for each in self.conversations if each.id in self.seen]


def project(known: Known, measure: Measure) -> tuple[Figure, dict[str, float]]:
    """Return the sum of a figure over the run, and its value for each conversation."""
    reading, by_reading = _reading(known, measure)
    answering, by_answering = _answering(known, measure)
    names = [each.id for each in known.conversations]
    return reading + answering, {name: by_reading[name] + by_answering[name] for name in names}


def _reading(known: Known, measure: Measure) -> tuple[Figure, dict[str, float]]:
    tables = {each.id: columns_of(sizes_of(each)) for each in known.conversations}
    points: dict[str, list[tuple[Sequence[float], float]]] = {}
    found: dict[str, float] = {}
    for each in known.read():
        seen, rows = known.seen[each.id], tables[each.id]
        values = list(measure.sessions(seen))
        if len(values) != len(rows):  # Only their sum is known.
            rows, values = [_sum_rows(rows)], [sum(values)]
        values[-1] += measure.flush(seen)
        points[each.id] = list(zip(rows, values, strict=True))
        found[each.id] = sum(values)
    total = sum(found.values())
    growth = _fit(list(points.values()))
    for each in known.conversations:
        if each.id not in found:
            found[each.id] = sum(growth.at(row) for row in tables[each.id])
    rest = sum(found.values()) - total
    return Figure(total, rest, rest * _SURE * _disagreement(points, tables)), found


def _sum_rows(rows: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return tuple(map(sum, zip(*rows, strict=True)))


def _fit(groups: Sequence[Sequence[tuple[Sequence[float], float]]]) -> Growth:
    points = [point for group in groups for point in group]
    return fit_growth([row for row, _ in points], [value for _, value in points])


def _disagreement(
    points: Mapping[str, Sequence[tuple[Sequence[float], float]]],
    tables: Mapping[str, Sequence[Sequence[float]]],
) -> float:
    """Return by what share one conversation is missed if it is projected from the others."""
    shares = []
    for name, group in points.items():
        others = [other for known, other in points.items() if known != name]
        true = sum(value for _, value in group)
        if others and true:
            guess = sum(map(_fit(others).at, tables[name]))
            shares.append((guess / true - 1) ** 2)
    missed = math.sqrt(sum(shares) / len(shares)) if shares else 0.0
    return max(missed / math.sqrt(2), _LEAST_DOUBT / _SURE)


def _answering(known: Known, measure: Measure) -> tuple[Figure, dict[str, float]]:
    sizes = {each.id: _size(each, measure) for each in known.conversations}
    figures = {name: measure.questions(seen) for name, seen in known.seen.items()}
    whole, found = Figure(), dict.fromkeys(sizes, 0.0)
    for is_visual in (False, True):
        kind = {
            name: [q.id for q in questions if isinstance(q, VisualQuestion) is is_visual]
            for name, questions in known.questions.items()
        }
        here, by_name = _answering_one_kind(kind, figures, sizes)
        whole += here
        for name, amount in by_name.items():
            found[name] += amount
    return whole, found


def _size(conversation: Conversation, measure: Measure) -> float:
    sizes = sizes_of(conversation)
    return float(sum(size.images if measure.by_images else size.text for size in sizes))


def _answering_one_kind(
    questions: Mapping[str, Sequence[str]],
    figures: Mapping[str, Mapping[str, float]],
    sizes: Mapping[str, float],
) -> tuple[Figure, dict[str, float]]:
    asked = {
        name: [figures[name][id] for id in ids if id in figures[name]]
        for name, ids in questions.items()
        if name in figures
    }
    mean = fit_means([(sizes[name], values) for name, values in asked.items()])
    seen = {name: sum(asked.get(name, ())) for name in questions}
    left = {name: len(ids) - len(asked.get(name, ())) for name, ids in questions.items()}
    rest = {name: number * mean.at(sizes[name]) for name, number in left.items()}
    number = sum(left.values())
    sampling = math.sqrt((number * mean.error) ** 2 + number * mean.spread**2)
    total = sum(rest.values())
    doubt = math.hypot(_SURE * sampling, _LEAST_DOUBT * total)
    return (
        Figure(sum(seen.values()), total, doubt),
        {name: seen[name] + rest[name] for name in questions},
    )
