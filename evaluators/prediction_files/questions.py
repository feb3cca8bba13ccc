"""Indexes the benchmark's questions by everything that rows may identify them with."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from locomo_vqa.benchmark import Benchmark, TextQuestion

from .rows import SourceRow, fold

__all__ = ["ConversationQuestions", "Questions", "gold_fits", "index_questions"]

_TRAILING_NUMBER = re.compile(r"(?:^|\D)(\d{1,6})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationQuestions:
    """The text questions of one conversation."""

    conversation: str
    """The conversation's id."""
    in_order: tuple[TextQuestion, ...]
    """The questions, in order of their index."""
    by_index: Mapping[int, TextQuestion]
    """The questions, by LoCoMo's own index."""
    by_text: Mapping[str, tuple[TextQuestion, ...]]
    """The questions, by folded text; several if LoCoMo repeats one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """All questions of a benchmark."""

    words: Mapping[str, str]
    """The folded text of every text and visual question, by id."""
    conversations: Mapping[str, ConversationQuestions]
    """The questions of each conversation, in file order."""
    holders: Mapping[str, Collection[str]]
    """The conversations that have a question, by its folded text."""

    def hint(self, key: str | None) -> str | None:
        """Return the conversation that a key suggests: an id, or a number in file order.

        A number beyond the last conversation may be the one in an id, such as 26 in conv-26.
        """
        if key is None or key in self.conversations:
            return key
        found = _TRAILING_NUMBER.search(key)
        if found is None:
            return None
        names = list(self.conversations)
        if int(found[1]) < len(names):
            return names[int(found[1])]
        ending = [name for name in names if re.search(rf"(?:^|\D){found[1]}$", name)]
        return ending[0] if len(ending) == 1 else None


def gold_fits(row: SourceRow, question: TextQuestion) -> bool:
    """Return whether the row's own gold answer is one of LoCoMo's for the question."""
    golds = [gold for gold in (question.answer, question.adversarial_answer) if gold is not None]
    return row.gold is not None and row.gold.strip() in [gold.strip() for gold in golds]


def index_questions(benchmark: Benchmark) -> Questions:
    """Prepare a benchmark's questions for joining."""
    grouped: dict[str, list[TextQuestion]] = {c.id: [] for c in benchmark.conversations}
    holders: dict[str, dict[str, None]] = defaultdict(dict)
    for question in benchmark.text_questions:
        grouped[question.conversation].append(question)
        holders[fold(question.question)][question.conversation] = None
    text = {question.id: fold(question.question) for question in benchmark.text_questions}
    visual = {question.id: fold(question.question) for question in benchmark.visual_questions}
    return Questions(
        words={**text, **visual},
        conversations={
            name: _index_questions(name, questions) for name, questions in grouped.items()
        },
        holders=holders,
    )


def _index_questions(conversation: str, questions: list[TextQuestion]) -> ConversationQuestions:
    in_order = tuple(sorted(questions, key=lambda question: question.index))
    by_text: dict[str, tuple[TextQuestion, ...]] = {}
    for question in in_order:
        words = fold(question.question)
        by_text[words] = (*by_text.get(words, ()), question)
    return ConversationQuestions(
        conversation=conversation,
        in_order=in_order,
        by_index={question.index: question for question in in_order},
        by_text=by_text,
    )
