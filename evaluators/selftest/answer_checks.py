"""Checks of answers, of images, and of what asking changes."""

from __future__ import annotations

from .ingest_checks import unread
from .observations import DOES_NOT_OPEN, IMAGE_SETTINGS, Observations
from .result import CheckResult, failed, passed, skipped, warned

__all__ = ["answers", "images", "read_only", "visual"]

_MOST_TOKENS = 1_000_000
_SEE = {
    "pixels": "Show the model the image, or declare uses_images = False.",
    "recalled": "Keep images with speaker and day, and show the model the right one.",
}


def answers(seen: Observations) -> CheckResult:
    """Check that every answer is a string, with plausible counts."""
    id, title = "answers", "it answers with text"
    reason = unread(seen)
    if reason is not None:
        return skipped(id, title, reason)
    for reply in seen.replies:
        if reply.failure:
            return failed(
                id,
                title,
                f"“{reply.question}”: {reply.failure}",
                "Return a text, or an Answer with a text; return “” if there is nothing to say.",
            )
    doubt = next(
        (why for reply in seen.replies if (why := _find_doubtful_usage(reply.usage))), None
    )
    if doubt is not None:
        return warned(
            id,
            title,
            doubt,
            "Count what one answer costs, or leave usage out: calls are metered.",
        )
    if seen.system.only_retrieves and not seen.lends_model:
        return passed(id, title, "only the search was tried; with a model, its answers are too")
    return passed(id, title)


def read_only(seen: Observations) -> CheckResult:
    """Check that asking twice gives the same answer, and that questions are not remembered."""
    id, title = "read-only", "asking changes nothing"
    first, again, invented = seen.later[:1], seen.again, seen.invented
    reason = unread(seen)
    if reason is not None or again is None or invented is None:
        return skipped(id, title, reason or "nothing was asked")
    if any(reply.failure for reply in (*first, again, invented)):
        return skipped(id, title, "a question got no answer (see the check of answers)")
    word = seen.script.invented[1].word
    if invented.knows(word):
        return failed(
            id,
            title,
            f"“{word}” appeared only in a question, and is now remembered",
            "Have answer() only read the store; turn off the product's own memory of questions.",
        )
    fact = seen.script.facts[0]
    if first[0].knows(fact.word) != again.knows(fact.word):
        return failed(
            id,
            title,
            f"“{fact.question}” was asked twice, and answered once",
            "Make answers depend on the conversation alone, not on earlier questions.",
        )
    if first[0].text != again.text:
        return warned(
            id,
            title,
            f"“{fact.question}” was asked twice, and got two different answers",
            "Ask the model at temperature 0, and set a seed if it takes one.",
        )
    if seen.changed_by_asking:
        return warned(
            id,
            title,
            f"asking changed files in the workdir: {', '.join(seen.changed_by_asking[:3])}",
            "Open the store read-only to answer; a log or a cache is harmless.",
        )
    return passed(id, title)


def images(seen: Observations) -> CheckResult:
    """Check that add() accepts turns with images, captions, or neither, and changes no files."""
    id, title = "images", "it reads turns with images, with captions, and with neither"
    if not seen.with_images:
        return skipped(id, title, DOES_NOT_OPEN)
    broken = {mode: why for mode, why in seen.with_images.items() if why is not None}
    if broken:
        mode, why = next(iter(broken.items()))
        return failed(
            id,
            title,
            f"{_describe_mode(mode)}: {why}",
            "Make add() accept two images in a turn, an image without text, an image with only a "
            "path or only a caption, and turns without images.",
        )
    if seen.changed_images:
        return failed(
            id,
            title,
            f"changed: {', '.join(seen.changed_images[:3])}",
            "Copy an image to the workdir before you change it.",
        )
    return passed(id, title)


def visual(seen: Observations) -> CheckResult:
    """Check that answer_visual() works with an image, with its caption, and with None."""
    id, title = "visual", "it answers questions about images"
    if not seen.visual:
        reason = "the conversation with images could not be read"
        return skipped(id, title, DOES_NOT_OPEN if seen.does_not_open else reason)
    for mode, reply in seen.visual.items():
        if reply.failure:
            return failed(
                id,
                title,
                f"{_describe_mode(mode)}: {reply.failure}",
                "Return a text for every question; image is None where nothing is shown, and its "
                "path is None where only a caption is.",
            )
    recalls = seen.system.remembers and not seen.system.only_retrieves
    looked = ("pixels", "recalled") if recalls else ("pixels",)
    unseen = [
        mode for mode in looked if mode in seen.visual and not seen.visual[mode].says("green")
    ]
    answers = seen.lends_model or not seen.system.only_retrieves
    sees = seen.system.uses_images and answers
    if unseen and sees and not seen.forgetful:
        said = " ".join(seen.visual[unseen[0]].text.split())[:60] or "(nothing)"
        return warned(
            id,
            title,
            f"{_describe_mode(unseen[0])}: a green square was called: {said}",
            _SEE[unseen[0]],
        )
    return passed(id, title)


def _describe_mode(mode: str) -> str:
    image_mode, shown = IMAGE_SETTINGS[mode]
    return f"images={image_mode}, visual={shown}"


def _find_doubtful_usage(usage: object) -> str | None:
    if not isinstance(usage, dict):
        return None
    known = {name: count for name, count in usage.items() if count is not None}
    if not known:
        return "usage has no usable count (negative, fractional, or missing)"
    for name, count in known.items():
        if count > _MOST_TOKENS:
            return f"usage.{name} is {count:,}, for one answer"
    if known.get("calls") == 0 and sum(known.values()):
        return "usage counts tokens, but no calls"
    return None
