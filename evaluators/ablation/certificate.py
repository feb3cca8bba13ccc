"""The verdict on whether a system answers from the picture; docs/certificate.md explains it.

The null hypothesis is that a system's answers would be distributed the same had the pixels been
another image's. A fair coin for each image of a conversation decides in which of two runs the
system is shown the image itself; in the other it is shown another conversation's, in a file that
differs from the first in its pixels only. If the null hypothesis holds, the answers don't depend on
the coins, whatever else they depend on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from locomo_vqa.exact_match import exact_match
from locomo_vqa.intervals import wilson_interval
from locomo_vqa.runs import VisualMode
from locomo_vqa.scores import FEW_CONVERSATIONS, Interval
from locomo_vqa.statistics.paired import sign_flip_p
from locomo_vqa.text import counted

from .comparison import Comparison, PairedAnswer

__all__ = [
    "CLAIMS",
    "LEAST_IMAGES",
    "LEVEL",
    "MARGIN",
    "VERDICTS",
    "Certificate",
    "Verdict",
    "certify",
]

Verdict = Literal["proven", "not_shown", "refuted"]
"""Whether a system answers from the picture:

proven      it is right more often with the image than with another one, and than with its caption
refuted     it answers the same whatever the picture, or as often right, up to a small margin
not_shown   neither can be said
"""

LEVEL = 0.005
"""Both tests must have a p-value of at most this: no more systems without sight are proven."""
MARGIN = 5.0
"""The largest difference, in points of V, that counts as none."""
LEAST_IMAGES = 8
"""With fewer, no p-value can be at most `LEVEL`: each image is one coin."""

_LEAST_ANSWERED = 0.5
_LEAST_V = 10.0
_POWER = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Whether a system answers from the picture, and what that is based on.

    Questions without an answer in one of two runs are left out of their comparison, so that a
    failure can't make a difference.
    """

    visual: VisualMode
    """Whether the questions came with their image."""
    verdict: Verdict
    """See `Verdict`."""
    reason: str
    """Why, as the rest of a sentence."""
    questions: int
    """The number of questions compared: those with an answer in both runs."""
    unanswered: int
    """The number of questions that were left out."""
    images: int
    """The number of images that they are about: each is one coin."""
    conversations: int
    """The number of conversations that they are from."""
    own: float
    """V with the image itself, of the questions compared."""
    other: float
    """V with another image in its place."""
    difference: float
    """`own` minus `other`."""
    interval: Interval | None
    """The difference's interval, clustered by image; None with one image."""
    p: float
    """The exact one-sided p-value of the coins."""
    changed: int
    """The number of questions whose answer was another with another image."""
    caption: float | None
    """V with captions, of the questions with an answer in that run, too; None without any."""
    caption_difference: float | None
    """V with the image minus V with its caption, of those questions."""
    caption_p: float | None
    """The one-sided p-value of that difference, by sign flips of images."""
    conversations_p: float | None
    """The two-sided p-value by sign flips of conversations, which is about conversations like
    these; None with fewer than six or more than thirty."""
    questions_needed: int | None
    """About how many questions would prove a difference of this size with a power of 80 %; None if
    it is proven, or not above 0."""

    @property
    def reading(self) -> str:
        """The verdict and the reason in one plain sentence."""
        return f"{CLAIMS[self.visual]}: {VERDICTS[self.verdict]}: {self.reason}."

    @property
    def scope(self) -> str:
        """One sentence about how far the verdict goes beyond the conversations."""
        number = counted(self.conversations, "conversation")
        if self.conversations_p is not None:
            said = f"; over {number} as a sample of others, {p_text(self.conversations_p)}"
            return f"It is about these questions{said} (two-sided)."
        if 0 < self.conversations < FEW_CONVERSATIONS:
            return (
                f"It is about these questions; from {number} it can't be seen whether it holds "
                "for others."
            )
        if self.conversations == 0:
            return "No question was compared."
        return f"It is about these questions, of {number}."

    def to_json(self) -> dict[str, Any]:
        """Return the certificate's content in ablation.json."""
        content = asdict(self)
        return {
            "visual_handling": content.pop("visual"),
            **content,
            "level": LEVEL,
            "margin": MARGIN,
            "reading": self.reading,
            "scope": self.scope,
        }


CLAIMS: Mapping[VisualMode, str] = {
    "given": "Answers from the picture",
    "recalled": "Remembers the picture",
}
"""What is claimed, by how visual questions are asked."""
VERDICTS: Mapping[Verdict, str] = {
    "proven": "proven",
    "not_shown": "not shown",
    "refuted": "refuted",
}
"""The verdicts in words."""


def certify(answers: Iterable[PairedAnswer], *, visual: VisualMode) -> Certificate:
    """Return the certificate for a system's answers in a certificate's runs.

    Raises:
        ValueError: there are no answers.
    """
    asked = list(answers)
    if not asked:
        raise ValueError("A certificate needs questions.")
    found = Comparison.of(asked, "other")
    caption = Comparison.of(asked, "caption")
    changed = sum(not exact_match(a.own or "", a.other or "") for a in asked if a.answered)
    verdict, reason = _verdict(found, caption, changed=changed, asked=len(asked))
    return Certificate(
        visual=visual,
        verdict=verdict,
        reason=reason,
        questions=found.questions,
        unanswered=len(asked) - found.questions,
        images=len(found.sums),
        conversations=len(found.conversations),
        own=found.own,
        other=found.against,
        difference=found.difference,
        interval=found.interval,
        p=found.p,
        changed=changed,
        caption=caption.against if caption.questions else None,
        caption_difference=caption.difference if caption.questions else None,
        caption_p=caption.p if caption.questions else None,
        conversations_p=sign_flip_p(list(map(float, found.conversations.values()))),
        questions_needed=None
        if verdict == "proven"
        else found.questions_needed(level=LEVEL, power=_POWER),
    )


def _verdict(
    found: Comparison, caption: Comparison, *, changed: int, asked: int
) -> tuple[Verdict, str]:
    questions = found.questions
    if questions < _LEAST_ANSWERED * asked:
        return "not_shown", (
            f"{questions:,} of {asked:,} questions have an answer both with the image and "
            "with another in its place"
        )
    about = f"with the image, {found.own:.1f} % are right, with another {found.against:.1f} %"
    if found.p <= LEVEL:
        return _against_captions(found, caption, asked)
    if wilson_interval(changed, questions)[1] < MARGIN / 100:
        return "refuted", (
            f"{questions - changed:,} of {questions:,} answers are the same when another picture "
            "is shown"
        )
    if len(found.sums) < LEAST_IMAGES:
        images = counted(len(found.sums), "image")
        return "not_shown", f"it can't be seen from {images}; it takes {LEAST_IMAGES} or more"
    interval = found.interval
    if interval is not None and interval.high < MARGIN and found.against >= _LEAST_V:
        return "refuted", f"{about}: less than {MARGIN:.0f} points come from the picture"
    if max(found.own, found.against) < _LEAST_V:
        return "not_shown", f"{about}, too few to tell"
    return "not_shown", f"{about}, which may be chance ({p_text(found.p)}){_more(found)}"


def _against_captions(found: Comparison, caption: Comparison, asked: int) -> tuple[Verdict, str]:
    about = (
        f"with the image, {found.own:.1f} % are right, with another {found.against:.1f} % "
        f"({p_text(found.p)})"
    )
    if caption.questions < _LEAST_ANSWERED * asked:
        return "not_shown", f"{about}, but too few questions have an answer with captions"
    captions = f"with captions {caption.against:.1f} % ({p_text(caption.p)})"
    if caption.p <= LEVEL:
        return "proven", f"{about}, {captions}"
    return "not_shown", f"{about}, but {captions}, so that a caption may do as well"


def _more(found: Comparison) -> str:
    needed = found.questions_needed(level=LEVEL, power=_POWER)
    if needed is None or needed <= found.questions:
        return ""
    return f"; a difference of this size takes about {needed:,} questions"


def p_text(p: float) -> str:
    """Return a p-value as text, such as `p = 0.031` or `p < 0.0001`."""
    if p < 0.0001:
        return "p < 0.0001"
    return f"p = {p:.4f}" if p < 0.01 else f"p = {p:.3f}"
