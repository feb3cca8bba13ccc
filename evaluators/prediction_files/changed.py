"""Joins questions whose words were changed, such as by renaming a speaker."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import TextQuestion

from .questions import Questions
from .rows import SourceRow
from .spelling import plain_words, similarity

__all__ = ["join_changed"]

_SIMILAR = 0.5
"""The least share of common words; with a speaker renamed, a short question still has it."""
_STEADY = 0.9


def join_changed(
    rows: Sequence[SourceRow],
    others: Sequence[SourceRow],
    placed: Mapping[int, TextQuestion],
    questions: Questions,
) -> dict[int, TextQuestion]:
    """Return the questions of rows whose text the benchmark doesn't have, by the rows' order.

    A row's conversation is that of the joined rows before and after it, of the other rows with its
    key, or one that no row has been joined with. In it, the row is joined with a question that no
    row has yet, whose category and gold answer are the row's own, which
    shares most of its words, and whose number fits if the rows are numbered. Without a gold answer
    the number must fit. If several questions remain, the row is joined with none.

    Args:
        rows: the rows without a question.
        others: the other rows.
        placed: the questions of the other rows, by the rows' order.
        questions: the benchmark's questions.
    """
    taken = {question.id for question in placed.values()}
    known = {question.conversation for question in placed.values()}
    surroundings = _Surroundings(
        order=sorted(placed),
        placed=placed,
        offsets=_number_offsets(others, placed),
        by_key=_conversations_by_key(others, placed),
        unknown=[name for name in questions.conversations if name not in known],
    )
    joined: dict[int, TextQuestion] = {}
    words = {
        question.id: _Words.of_question(question)
        for conversation in questions.conversations.values()
        for question in conversation.in_order
    }
    for row in rows:
        own = _Words.of_row(row)
        candidates = [
            (similarity(own.question, words[question.id].question), question)
            for name in surroundings.conversations(row)
            for question in questions.conversations[name].in_order
            if question.id not in taken
            and row.category in (None, question.category)
            and (row.gold is None or not own.golds.isdisjoint(words[question.id].golds))
        ]
        found = surroundings.only_one(row, [pair for pair in candidates if pair[0] >= _SIMILAR])
        if found is not None:
            taken.add(found.id)
            joined[row.order] = found
    return joined


def _number_offsets(
    rows: Sequence[SourceRow], placed: Mapping[int, TextQuestion]
) -> dict[str, int]:
    """Return what the file's numbers exceed LoCoMo's by, where a conversation's rows agree."""
    offsets: dict[str, Counter[int]] = {}
    for row in rows:
        question = placed.get(row.order)
        if row.index is not None and question is not None:
            counts = offsets.setdefault(question.conversation, Counter())
            counts[row.index - question.index] += 1
    common = {name: counts.most_common(1)[0] for name, counts in offsets.items()}
    return {
        name: offset
        for name, (offset, number) in common.items()
        if number >= _STEADY * offsets[name].total()
    }


def _conversations_by_key(
    rows: Sequence[SourceRow], placed: Mapping[int, TextQuestion]
) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.conversation is not None and row.order in placed:
            found.setdefault(row.conversation, {})[placed[row.order].conversation] = None
    return {key: list(names) for key, names in found.items()}


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a question, and its gold answers by their words alone."""

    question: frozenset[str]
    golds: frozenset[str]

    @classmethod
    def of_question(cls, question: TextQuestion) -> _Words:
        golds = (question.answer, question.adversarial_answer)
        return cls(
            frozenset(plain_words(question.question).split()),
            frozenset(plain_words(gold) for gold in golds if gold is not None),
        )

    @classmethod
    def of_row(cls, row: SourceRow) -> _Words:
        golds = () if row.gold is None else (plain_words(row.gold),)
        return cls(frozenset(plain_words(row.question or "").split()), frozenset(golds))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surroundings:
    """The joined rows around a row without a question."""

    order: Sequence[int]
    placed: Mapping[int, TextQuestion]
    offsets: Mapping[str, int]
    by_key: Mapping[str, Sequence[str]]
    """The conversations of the joined rows with a key."""
    unknown: Sequence[str]
    """The conversations without a joined row."""

    def conversations(self, row: SourceRow) -> list[str]:
        """Return the conversations that a row may belong to."""
        around = (question for question in self._around(row) if question is not None)
        same_key = self.by_key.get(row.conversation or "", ())
        names = [*(question.conversation for question in around), *same_key]
        return list(dict.fromkeys(names if same_key else [*names, *self.unknown]))

    def only_one(
        self, row: SourceRow, candidates: Sequence[tuple[float, TextQuestion]]
    ) -> TextQuestion | None:
        """Return the one candidate that remains after number, order and similarity, or None."""
        numbered = [pair for pair in candidates if self._has_number(row, pair[1])]
        left = numbered if row.gold is None else numbered or list(candidates)
        if len(left) > 1:
            low, high = self._around(row)
            left = [pair for pair in left if _is_between(low, pair[1], high)]
        if len(left) > 1:
            best = max(share for share, _ in left)
            left = [pair for pair in left if pair[0] == best]
        return left[0][1] if len(left) == 1 else None

    def _around(self, row: SourceRow) -> tuple[TextQuestion | None, TextQuestion | None]:
        position = bisect_left(self.order, row.order)
        before = self.placed[self.order[position - 1]] if position else None
        after = self.placed[self.order[position]] if position < len(self.order) else None
        return before, after

    def _has_number(self, row: SourceRow, question: TextQuestion) -> bool:
        offset = self.offsets.get(question.conversation)
        return None not in (offset, row.index) and row.index == question.index + (offset or 0)


def _is_between(low: TextQuestion | None, middle: TextQuestion, high: TextQuestion | None) -> bool:
    after = low is None or low.conversation != middle.conversation or low.index < middle.index
    before = high is None or high.conversation != middle.conversation or middle.index < high.index
    return after and before
