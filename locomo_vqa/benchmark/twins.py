"""Visual twins: questions about an image that was never shared, in the form of recalled ones.

A twin is a visual question of another conversation, asked about a picture that a speaker of this
one would have shared on a day on which this person shared none. It has no gold answer: a system
should say that there is no such picture.

Nothing in the question gives it away. Each day without images takes the place of one of the
speaker's days with images, with all of its questions: how many pictures were shared, which of them
each question is about, and each question's type. The words come from a question of this type that
another conversation of the same split was asked, with the names of the two speakers in place of
theirs. Both speakers have the same share of twins, so a name doesn't help either. The same
benchmark always has the same twins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TypeVar

from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_text

from .loaded import Benchmark
from .types import Conversation, VisualQuestion

__all__ = ["TWINS_VERSION", "VisualTwin", "is_twin_id", "twins_of"]

TWINS_VERSION = 1
"""It grows when other questions become twins."""

_MARK = "/twin/"
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualTwin(VisualQuestion):
    """A question about an image that was never shared.

    `turn` and `image` are those of the question whose place it takes, for the speaker and the
    number of pictures; `answer` and `reason` are empty.
    """

    day: date
    """The day of which it asks, on which the speaker shared no image."""
    form: VisualQuestion = field(repr=False)
    """The question whose place it takes."""
    source: str
    """The id of the question of another conversation that has its words."""


def is_twin_id(question_id: str) -> bool:
    """Return whether an id is that of a visual twin; no question of a benchmark has such an id."""
    return _MARK in question_id


def twins_of(benchmark: Benchmark) -> list[VisualTwin]:
    """Return the visual twins of a benchmark, by conversation.

    A conversation without a day on which either speaker shared no image has none, and neither has
    a benchmark with visual questions about one conversation only.

    Raises:
        InputError: a question of the benchmark has an id that looks like a twin's.
    """
    ids = [each.id for each in benchmark.text_questions]
    for question_id in (*ids, *(each.id for each in benchmark.visual_questions)):
        if is_twin_id(question_id):
            raise InputError(
                f"{benchmark.name}: the id {question_id} is reserved for visual twins.",
                "Rename the conversation or the question.",
            )
    conversations = {conversation.id: conversation for conversation in benchmark.conversations}
    words = _Words(benchmark.visual_questions, conversations)
    return [
        twin
        for conversation in benchmark.conversations
        for twin in _twins_in(conversation, benchmark.visual_questions, words)
    ]


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of a conversation on which one speaker shared images."""

    speaker: str
    day: date
    questions: tuple[VisualQuestion, ...]
    """The questions about these images."""
    images: int
    """How many there are."""


def _twins_in(
    conversation: Conversation, asked: Sequence[VisualQuestion], words: _Words
) -> Iterator[VisualTwin]:
    days = _days_with_images(conversation, asked)
    free = {name: _days_without_images(conversation, name) for name in conversation.speakers}
    by_speaker = {
        name: found
        for name in conversation.speakers
        if (found := [day for day in days if day.speaker == name])
    }
    share = min((len(free[name]) / len(found) for name, found in by_speaker.items()), default=0.0)
    for name, found in by_speaker.items():
        number = min(len(free[name]), round(share * len(found)))
        chosen = _evenly(_in_order(conversation.id, free[name]), number)
        for day, model in zip(sorted(chosen), _evenly(_by_form(found), number), strict=True):
            for question in model.questions:
                if (twin := _twin(conversation, question, day, words)) is not None:
                    yield twin


def _twin(
    conversation: Conversation, question: VisualQuestion, day: date, words: _Words
) -> VisualTwin | None:
    source = words.take(conversation, question)
    if source is None:
        return None
    _, _, place = question.id.partition("/v/")
    return VisualTwin(
        **{
            **asdict(question),
            "id": f"{conversation.id}{_MARK}{day.isoformat()}/{place or question.id}",
            "question": words.renamed(source, conversation),
            "answer": "",
            "reason": "",
        },
        day=day,
        form=question,
        source=source.id,
    )


class _Words:
    """The questions that can lend their words, each to one twin as long as there are enough."""

    def __init__(
        self, questions: Sequence[VisualQuestion], conversations: Mapping[str, Conversation]
    ) -> None:
        self._conversations = conversations
        self._used: dict[str, int] = {}
        self._by_type: dict[str, list[VisualQuestion]] = {}
        for question in questions:
            self._by_type.setdefault(question.type, []).append(question)

    def take(self, conversation: Conversation, question: VisualQuestion) -> VisualQuestion | None:
        """Return a question of another conversation, of the same split if there is one."""
        others = [
            other for other in self._by_type[question.type] if other.conversation != conversation.id
        ]
        near = [other for other in others if other.split == conversation.split] or others
        if not near:
            return None
        found = min(
            near,
            key=lambda other: (
                self._used.get(other.id, 0),
                sha256_text(f"{conversation.id}|{question.id}|{other.id}"),
            ),
        )
        self._used[found.id] = self._used.get(found.id, 0) + 1
        return found

    def renamed(self, source: VisualQuestion, target: Conversation) -> str:
        """Return a question's words, with the target's speakers in place of its own."""
        names = dict(
            zip(self._conversations[source.conversation].speakers, target.speakers, strict=True)
        )
        pattern = "|".join(rf"\b{re.escape(name)}\b" for name in names)
        return re.sub(pattern, lambda found: names[found[0]], source.question)


def _days_with_images(conversation: Conversation, asked: Sequence[VisualQuestion]) -> list[_Day]:
    about: dict[str, list[VisualQuestion]] = {}
    for question in asked:
        if question.conversation == conversation.id:
            about.setdefault(question.turn, []).append(question)
    questions: dict[tuple[str, date], list[VisualQuestion]] = {}
    images: dict[tuple[str, date], int] = {}
    for session, turn in conversation.turns():
        key = (turn.speaker, session.time.date())
        images[key] = images.get(key, 0) + len(turn.images)
        questions.setdefault(key, []).extend(about.get(turn.id, ()))
    return [
        _Day(speaker, day, tuple(found), images[speaker, day])
        for (speaker, day), found in questions.items()
        if found
    ]


def _days_without_images(conversation: Conversation, speaker: str) -> list[date]:
    days = {session.time.date() for session in conversation.sessions}
    shared = {
        session.time.date()
        for session, turn in conversation.turns()
        if turn.speaker == speaker and turn.images
    }
    return sorted(days - shared)


def _by_form(days: Sequence[_Day]) -> list[_Day]:
    """Return days by the number of images and of questions, so that an even choice has them all."""
    return sorted(
        days,
        key=lambda one: (one.images, len(one.questions), sha256_text(f"{one.speaker}{one.day}")),
    )


def _in_order(salt: str, days: Sequence[date]) -> list[date]:
    return sorted(days, key=lambda day: sha256_text(f"{salt}|{day}"))


def _evenly(items: Sequence[_Item], number: int) -> list[_Item]:
    """Return `number` of the items, at even distances."""
    return [items[int((n + 0.5) * len(items) / number)] for n in range(number)]
