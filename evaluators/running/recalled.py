"""Describes the image that a question is about, if the image is not shown again.

The question states in words, and a `RecalledImage` as fields, who shared it, on which day, and
which one it is if the person shared several that day; never what it shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from locomo_vqa.benchmark import Conversation, Image, VisualQuestion
from locomo_vqa.benchmark.twins import VisualTwin
from locomo_vqa.system import RecalledImage

__all__ = ["ordinal", "recalled_image", "recalled_question"]

_WORDS = {
    1: ("one", "first"),
    2: ("two", "second"),
    3: ("three", "third"),
    4: ("four", "fourth"),
    5: ("five", "fifth"),
    6: ("six", "sixth"),
    7: ("seven", "seventh"),
    8: ("eight", "eighth"),
    9: ("nine", "ninth"),
    10: ("ten", "tenth"),
    11: ("eleven", "eleventh"),
    12: ("twelve", "twelfth"),
}


def recalled_image(
    conversation: Conversation,
    question: VisualQuestion,
    *,
    shown: Callable[[Image], bool] = lambda image: True,
) -> RecalledImage:
    """Return a description of the image that a visual question is about.

    A twin has the form of the question whose place it takes, and a day without images.

    Args:
        conversation: the question's conversation.
        question: the question.
        shown: returns whether an image was shown to the system. Other images don't count, because
            a system can't count what it did not see; the question's own image always counts.

    Raises:
        ValueError: the question's image is not in its turn.
    """
    if isinstance(question, VisualTwin):
        form = recalled_image(conversation, question.form, shown=shown)
        return replace(form, date=question.day)
    session, turn = next(
        (session, turn) for session, turn in conversation.turns() if turn.id == question.turn
    )
    day = session.time.date()
    same_day = [
        (other.id, image)
        for when, other in conversation.turns()
        if when.time.date() == day and other.speaker == turn.speaker
        for image in other.images
        if shown(image) or _is_meant(other.id, image, question)
    ]
    for place, (where, image) in enumerate(same_day, 1):
        if _is_meant(where, image, question):
            return RecalledImage(speaker=turn.speaker, date=day, ordinal=place, count=len(same_day))
    raise ValueError(f"{question.id}: its image is not in its turn")


def recalled_question(question: VisualQuestion, image: RecalledImage) -> str:
    """Return a question whose text identifies the image.

    For example `About the picture that Ada shared on 7 May 2023: What colour is the kite?` or, if
    she shared several that day, `About the second of the three pictures that …`.
    """
    which = "picture"
    if image.count > 1:
        which = f"{ordinal(image.ordinal)} of the {_number_word(image.count)} pictures"
    date = f"{image.date.day} {image.date:%B %Y}"
    return f"About the {which} that {image.speaker} shared on {date}: {question.question}"


def ordinal(number: int) -> str:
    """Return an ordinal such as `first`; from 13, such as `13th`."""
    if number in _WORDS:
        return _WORDS[number][1]
    teen = number % 100 in (11, 12, 13)
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _number_word(number: int) -> str:
    return _WORDS[number][0] if number in _WORDS else str(number)


def _is_meant(turn: str, image: Image, question: VisualQuestion) -> bool:
    return turn == question.turn and image.sha256 == question.image
