"""What is known of a conversation and of a question before any text is compared with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from locomo_vqa.benchmark import Conversation, TextQuestion, Turn

from .content import terms_of

__all__ = ["YES_OR_NO", "About", "ConversationWords", "said_in"]

YES_OR_NO = frozenset(("yes", "no"))
"""The terms that only decide a question."""


@dataclass(frozen=True, slots=True)
class ConversationWords:
    """What is known of a conversation before any question: its turns and how rare words are."""

    turns: Mapping[str, tuple[date, Turn]]
    """The day and the turn, by id."""
    people: tuple[str, str]
    """The stems of the speakers' names."""
    frequency: Mapping[str, int]
    """In how many turns a word occurs."""
    first: Mapping[str, str]
    """The id of the first turn in which a word occurs."""

    @classmethod
    def of(cls, conversation: Conversation) -> ConversationWords:
        """Return the words of a conversation."""
        frequency: dict[str, int] = {}
        place: dict[str, str] = {}
        turns = {}
        for session, turn in conversation.turns():
            turns[turn.id] = (session.time.date(), turn)
            for term in terms_of(said_in(turn)):
                frequency[term] = frequency.get(term, 0) + 1
                place.setdefault(term, turn.id)
        first, second = (next(iter(terms_of(name)), name) for name in conversation.speakers)
        return cls(turns, (first, second), frequency, place)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a question is about."""

    asked: frozenset[str]
    """All of its terms."""
    topic: frozenset[str]
    """Its terms without the people's names."""
    people: frozenset[str]
    """The speakers that it is about."""
    others: frozenset[str]
    """The speakers that it is not about."""

    @classmethod
    def of(cls, question: TextQuestion, words: ConversationWords) -> About:
        """Return what a question is about."""
        asked, speakers = terms_of(question.question), frozenset(words.people)
        return cls(
            asked=asked,
            topic=asked - speakers - YES_OR_NO,
            people=speakers & asked,
            others=speakers - asked,
        )


def said_in(turn: Turn) -> str:
    """Return a turn's words and the captions of its images."""
    return " ".join([turn.text, *(image.caption for image in turn.images if image.caption)])
