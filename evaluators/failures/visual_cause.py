"""The cause of a wrong answer to a question about an image.

The image comes with the question, or was seen only when the conversation was read (`recalled`), and
the system has to find it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo_vqa.benchmark import Turn, VisualQuestion
from locomo_vqa.runs import Prediction, visual_handling

from .causes import Finding
from .content import has_term, terms_of
from .passages import turns_of
from .text_cause import Seen

__all__ = ["visual_finding"]


def visual_finding(
    question: VisualQuestion,
    turn: Turn | None,
    prediction: Prediction,
    run: Mapping[str, Any] | None,
    seen: Seen,
) -> Finding:
    """Return why an answer about an image is wrong.

    Args:
        question: the question.
        turn: the turn that shares the image.
        prediction: the answer.
        run: the run's manifest; None for predictions that say nothing of images.
        seen: what the system kept of the conversation.
    """
    if run is None:
        return Finding(
            cause="unknown",
            why="The predictions don't say whether the system was shown the image.",
            turns=(question.turn,),
        )
    shown = run["image_handling"]
    if shown == "none":
        return _not_shown("The run showed no images.", question)
    if shown == "shuffled":
        return _not_shown("The run showed another image in place of each one.", question)
    if shown == "crossed":
        return Finding(
            cause="unknown",
            why="The run showed another image in place of some, and doesn't say which.",
            turns=(question.turn,),
        )
    if shown == "caption":
        return _by_caption(question, turn)
    if not run["system"]["uses_images"]:
        return _never("The system looks at no images.", question)
    if visual_handling(run) == "given":
        return _misread("The image came with the question.", question)
    return _recalled(question, prediction, seen)


def _by_caption(question: VisualQuestion, turn: Turn | None) -> Finding:
    images = turn.images if turn else ()
    caption = next((i.caption for i in images if i.sha256 == question.image), None)
    terms = terms_of(caption or "")
    if caption and all(has_term(terms, term) for term in terms_of(question.answer)):
        return _misread("The caption that was shown says it.", question)
    return _not_shown("The caption that was shown in place of the image doesn't say it.", question)


def _recalled(question: VisualQuestion, prediction: Prediction, seen: Seen) -> Finding:
    if seen.keeping == "nothing":
        return _never("The system remembers nothing.", question)
    if seen.keeping == "everything":
        return _misread("The system sends the images of that day with the question.", question)
    if any(question.turn in turns_of(hit) for hit in prediction.retrieved):
        return _misread("The image's turn was retrieved.", question)
    images = getattr(seen.record, "images", None)
    if images is not None and question.turn not in images:
        return _never("The image is not among those that the system remembers.", question)
    others = any(question.turn in turns_of(hit) for hit in seen.passages.seen.values())
    if images is None and not others:
        return Finding(
            cause="unknown",
            why="The system keeps no record of its images, and this one was not retrieved: it was "
            "either never stored or not found.",
            turns=(question.turn,),
        )
    return Finding(
        cause="not_found",
        stage="retrieval",
        why="The image is remembered, and was not retrieved.",
        turns=(question.turn,),
    )


def _not_shown(why: str, question: VisualQuestion) -> Finding:
    return Finding(cause="not_shown", why=why, turns=(question.turn,))


def _never(why: str, question: VisualQuestion) -> Finding:
    return Finding(cause="never_stored", stage="vision", why=why, turns=(question.turn,))


def _misread(why: str, question: VisualQuestion) -> Finding:
    return Finding(cause="not_used", stage="vision", why=why, turns=(question.turn,))
