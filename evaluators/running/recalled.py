"""The words of `--visual recalled`: which picture of the conversation a question is about.

They name who shared it, on which day and, where that person shared several that day, in which
place; never what it shows.
"""

from __future__ import annotations

from collections.abc import Callable

from locomo_vqa.benchmark import Conversation, Image, VisualQuestion

__all__ = ["ordinal", "recalled_question"]

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


def recalled_question(
    conversation: Conversation,
    question: VisualQuestion,
    *,
    shown: Callable[[Image], bool] = lambda image: True,
) -> str:
    """Return a question about a picture that isn't there, in words that point to one picture.

    `About the picture that Ada shared on 7 May 2023: What colour is the kite?`, and where she
    shared several on that day, `About the second of the three pictures that …`.

    Args:
        shown: whether a picture was shown to who is asked. Others don't count, because nobody
            can count pictures that were not seen; the one that is meant always does.

    Raises:
        ValueError: the question's picture is not in its turn.
    """
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
    place = next(
        (n for n, (where, image) in enumerate(same_day) if _is_meant(where, image, question)), None
    )
    if place is None:
        raise ValueError(f"{question.id}: its picture is not in its turn")
    which = "picture"
    if len(same_day) > 1:
        which = f"{ordinal(place + 1)} of the {_number(len(same_day))} pictures"
    date = f"{day.day} {day:%B %Y}"
    return f"About the {which} that {turn.speaker} shared on {date}: {question.question}"


def ordinal(number: int) -> str:
    """Return `first`, `second` …, and from 13 on `13th`, `21st`."""
    if number in _WORDS:
        return _WORDS[number][1]
    teen = number % 100 in (11, 12, 13)
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _number(number: int) -> str:
    return _WORDS[number][0] if number in _WORDS else str(number)


def _is_meant(turn: str, image: Image, question: VisualQuestion) -> bool:
    return turn == question.turn and image.sha256 == question.image
