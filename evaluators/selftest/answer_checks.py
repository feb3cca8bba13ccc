"""Points about answers, about pictures, and about what asking changes."""

from __future__ import annotations

from .fixtures import FACTS, INVENTED
from .ingest_checks import unread
from .observations import IMAGE_SETTINGS, Observations
from .result import CheckResult, failed, passed, skipped, warned

__all__ = ["answers", "pictures", "read_only", "visual"]

_MOST_TOKENS = 1_000_000
_SEE = {
    "pixels": "Show the model the picture, or declare uses_images = False.",
    "recalled": "Keep pictures with speaker and day, and show the model the one that is meant.",
}


def answers(evidence: Observations) -> CheckResult:
    """Every question gets a text, and counts that can be true."""
    id, title = "answers", "it answers with text"
    reason = unread(evidence)
    if reason is not None:
        return skipped(id, title, reason)
    for reply in evidence.replies:
        if reply.failure:
            return failed(
                id,
                title,
                f"“{reply.question}”: {reply.failure}",
                "Return a text, or an Answer with a text; where there is nothing to say, “”.",
            )
    doubt = next((why for reply in evidence.replies if (why := _doubtful(reply.usage))), None)
    if doubt is not None:
        return warned(
            id,
            title,
            doubt,
            "Count what one answer costs, or leave `usage` out: calls are metered.",
        )
    return passed(id, title)


def read_only(evidence: Observations) -> CheckResult:
    """Asking twice gives the same, and a question is not remembered."""
    id, title = "read-only", "asking changes nothing"
    first, again, invented = evidence.later[:1], evidence.again, evidence.invented
    reason = unread(evidence)
    if reason is not None or again is None or invented is None:
        return skipped(id, title, reason or "nothing was asked")
    if any(reply.failure for reply in (*first, again, invented)):
        return skipped(id, title, "a question got no answer (see the point about answers)")
    word = INVENTED[1].word
    if invented.knows(word):
        return failed(
            id,
            title,
            f"“{word}” was only ever said in a question, and is now remembered",
            "Let answer() read the store and write nothing to it; turn the product's own "
            "remembering of questions off.",
        )
    fact = FACTS[0]
    if first[0].knows(fact.word) != again.knows(fact.word):
        return failed(
            id,
            title,
            f"“{fact.question}”, asked twice, was known once",
            "Let an answer depend on the conversation alone, not on earlier questions.",
        )
    if first[0].text != again.text:
        return warned(
            id,
            title,
            f"“{fact.question}”, asked twice, got two answers",
            "Ask the model at temperature 0, with a seed where it takes one.",
        )
    if evidence.changed_by_asking:
        return warned(
            id,
            title,
            f"asking changed files in the workdir: {', '.join(evidence.changed_by_asking[:3])}",
            "Open the store for reading only while answering; a log or a cache does no harm.",
        )
    return passed(id, title)


def pictures(evidence: Observations) -> CheckResult:
    """add() takes turns with pictures, captions or neither, and leaves the files alone."""
    id, title = "pictures", "it reads turns with pictures, captions and neither"
    if not evidence.pictured:
        return skipped(id, title, "the system does not open")
    broken = {mode: why for mode, why in evidence.pictured.items() if why is not None}
    if broken:
        mode, why = next(iter(broken.items()))
        return failed(
            id,
            title,
            f"{_way(mode)}: {why}",
            "Let add() take two pictures in a turn, a picture without words, a picture with a "
            "path or a caption alone, and turns without any.",
        )
    if evidence.changed_pictures:
        return failed(
            id,
            title,
            f"changed: {', '.join(evidence.changed_pictures[:3])}",
            "Copy a picture to the workdir before you change it.",
        )
    return passed(id, title)


def visual(evidence: Observations) -> CheckResult:
    """answer_visual() works with a picture, with its caption, and with None."""
    id, title = "visual", "it answers questions about pictures"
    if not evidence.visual:
        return skipped(id, title, "the conversation with pictures could not be read")
    for mode, reply in evidence.visual.items():
        if reply.failure:
            return failed(
                id,
                title,
                f"{_way(mode)}: {reply.failure}",
                "Return a text for every question; `image` is None where nothing is shown, its "
                "path None under captions.",
            )
    looked = ("pixels", "recalled") if evidence.system.remembers else ("pixels",)
    unseen = [
        mode
        for mode in looked
        if mode in evidence.visual and not evidence.visual[mode].says("green")
    ]
    sees = evidence.system.uses_images and not evidence.system.only_retrieves
    if unseen and sees and not evidence.forgetful:
        said = " ".join(evidence.visual[unseen[0]].text.split())[:60] or "(nothing)"
        return warned(
            id,
            title,
            f"{_way(unseen[0])}: a green square is called: {said}",
            _SEE[unseen[0]],
        )
    return passed(id, title)


def _way(mode: str) -> str:
    images, shown = IMAGE_SETTINGS[mode]
    return f"--images {images} --visual {shown}"


def _doubtful(usage: object) -> str | None:
    if not isinstance(usage, dict):
        return None
    known = {name: count for name, count in usage.items() if count is not None}
    if not known:
        return "usage has no count that can be read (negative, broken or none)"
    for name, count in known.items():
        if count > _MOST_TOKENS:
            return f"usage.{name} is {count:,}, for one answer"
    if known.get("calls") == 0 and sum(known.values()):
        return "usage counts tokens, but no call"
    return None
