"""The parts of a benchmark: conversations with images, and questions about them.

All types are immutable. Names follow LoCoMo (arXiv 2402.17753) and MemLoRA (arXiv 2512.04763).
`docs/formats.md` describes their form on disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from locomo_vqa.text import counted

__all__ = [
    "CATEGORIES",
    "QUESTION_TYPES",
    "SPLITS",
    "Category",
    "Conversation",
    "Erratum",
    "Image",
    "ImageRecord",
    "ImageState",
    "QuestionType",
    "Session",
    "Split",
    "TextQuestion",
    "Turn",
    "VisualQuestion",
]

Split = Literal["train", "validation", "test"]
"""All of a conversation is in one split, so no two splits share people (paper, section 4.1)."""
SPLITS: tuple[Split, ...] = get_args(Split)

Category = Literal[1, 2, 3, 4, 5]
"""LoCoMo's number for a text question's category; the names are in `CATEGORIES`."""
CATEGORIES: Mapping[int, str] = {
    1: "multi-hop",
    2: "temporal",
    3: "open-domain",
    4: "single-hop",
    5: "adversarial",
}

QuestionType = Literal[
    "detail", "unusual-detail", "colour", "count", "unusual-count", "mood", "style", "presence"
]
"""The eight candidate types of visual questions (paper, appendix C.1):

detail           a detail of an object
unusual-detail   a detail of an object that is out of place
colour           the colour of a small part
count            how many of an object there are
unusual-count    how many of an object that is out of place there are
mood             the mood of the image
style            its artistic style
presence         whether an object that would be out of place is there
"""
QUESTION_TYPES: tuple[QuestionType, ...] = get_args(QuestionType)

ImageState = Literal[
    "ok",
    "not_fetched",
    "no_url",
    "unavailable",
    "bytes_changed",
    "not_an_image",
    "placeholder",
    "too_large",
    "blocked",
    "shared_across_splits",
]
"""The state of an image:

ok                    its bytes are in the benchmark folder, under their SHA-256
not_fetched           its URL has not been tried, or failed in a way that is worth retrying
no_url                LoCoMo has a caption for it and no URL
unavailable           the URL no longer answers
bytes_changed         the URL returns bytes that differ from those expected
not_an_image          the response can't be decoded as an image
placeholder           the response is a picture that stands for one that is gone, or shows nothing
too_large             it has more bytes or pixels than the limits allow
blocked               the URL is not a public http(s) address, or its host forbids the download
shared_across_splits  it was removed after fetching because several splits share it
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image shared in a turn."""

    url: str | None
    """Its URL in LoCoMo; None if there is only a caption."""
    sha256: str | None = None
    """The SHA-256 of its bytes, which names its file in `images/`; None until fetched."""
    state: ImageState
    """Whether its bytes are available, and if not, why."""
    caption: str | None = None
    """The BLIP caption. A memory system sees it only if the run shows captions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one speaker says in one turn."""

    id: str
    """LoCoMo's dialogue id, `D<session>:<turn>`, unique in its conversation."""
    speaker: str
    """The speaker's first name."""
    text: str
    """The speaker's words."""
    images: tuple[Image, ...] = ()
    """The images shared with the words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A part of a conversation, held on one day."""

    number: int
    """LoCoMo's session number, from 1."""
    time: datetime
    """When it begins, in the speakers' local time (no time zone)."""
    turns: tuple[Turn, ...]
    """In order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation between two people over several months."""

    id: str
    """LoCoMo's `sample_id`, such as `conv-26`."""
    split: Split
    """The split it belongs to, with all of its questions."""
    speakers: tuple[str, str]
    """LoCoMo's `speaker_a` and `speaker_b`."""
    sessions: tuple[Session, ...]
    """By number."""

    def __repr__(self) -> str:
        turns = sum(len(session.turns) for session in self.sessions)
        size = f"{counted(len(self.sessions), 'session')}, {counted(turns, 'turn')}"
        return f"<Conversation {self.id!r}: {size}>"

    def turns(self) -> Iterator[tuple[Session, Turn]]:
        """Yield every turn with its session, in order."""
        for session in self.sessions:
            for turn in session.turns:
                yield session, turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Erratum:
    """An error that a public audit found in a gold answer."""

    kind: str
    """The audit's name for it, such as `TEMPORAL_ERROR`."""
    changes_score: bool
    """Whether correct answers are scored as wrong because of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextQuestion:
    """One of LoCoMo's questions about what was said."""

    id: str
    """`<conversation>/t/<index>`."""
    conversation: str
    """The conversation's id."""
    index: int
    """Its index in LoCoMo's list for the conversation, from 0."""
    category: Category
    """See `CATEGORIES`."""
    question: str
    """The question."""
    answer: str | None
    """The gold answer; None for adversarial questions, which have none."""
    adversarial_answer: str | None
    """The answer that an adversarial question tries to elicit."""
    evidence: tuple[str, ...]
    """Ids of the turns with the answer; malformed ids that can't be repaired are left unchanged."""
    split: Split
    """Its conversation's split."""
    duplicate_of: str | None = None
    """The id of an earlier question with the same words, category and answer."""
    erratum: Erratum | None = None
    """What the audit found wrong with it; None without errata."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualQuestion:
    """A question that only an image can answer, in one word."""

    id: str
    """`<conversation>/v/<turn>/<type>`."""
    conversation: str
    """The conversation's id."""
    turn: str
    """The turn that shares the image."""
    image: str
    """The image's SHA-256."""
    type: QuestionType
    """One of the eight candidate types."""
    question: str
    """The question."""
    answer: str
    """The gold answer: one word."""
    reason: str
    """Why the answer is right, in one sentence; never shown to a system under test."""
    split: Split
    """Its conversation's split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """What is known about one image URL."""

    url: str | None
    """The URL; None for a caption without one, which gets its own record."""
    state: ImageState
    """The outcome of fetching it."""
    sha256: str | None = None
    """The SHA-256 of its bytes."""
    bytes: int | None = None
    """How many bytes it has."""
    format: str | None = None
    """The extension of its file in `images/`, such as `jpg`."""
    turns: tuple[str, ...] = ()
    """The turns that share it, as `<conversation>/<turn>`."""
    width: int | None = None
    """Width in pixels, once it is upright."""
    height: int | None = None
    """Height in pixels, once it is upright."""
    phash: str | None = None
    """Its perceptual hash (`locomo_vqa.phash`), 16 hexadecimal digits; None for a flat image."""
    detail: str | None = None
    """Why it has this state, in a few words."""
