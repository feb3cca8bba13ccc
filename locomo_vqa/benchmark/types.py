"""What a benchmark is made of: conversations with images, and questions about them.

All types are immutable. Names follow LoCoMo (arXiv 2402.17753) and MemLoRA (arXiv 2512.04763);
on disk each is a line of the benchmark folder described in `docs/formats.md`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from locomo_vqa.errors import InputError

__all__ = [
    "CATEGORIES",
    "QUESTION_TYPES",
    "SPLITS",
    "Benchmark",
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

_RESTORE = "Restore the file, or fetch the images again."

Split = Literal["train", "validation", "test"]
"""Whole conversations go to one split, so that no split knows another's people (paper, 4.1)."""
SPLITS: tuple[Split, ...] = get_args(Split)

Category = Literal[1, 2, 3, 4, 5]
"""LoCoMo's number of a text question's kind; the names are in `CATEGORIES`."""
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
count            how many there are of an object
unusual-count    how many there are of an object that is out of place
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
    "too_large",
    "blocked",
    "shared_across_splits",
]
"""What is known of an image:

ok                    its bytes are in the benchmark folder, under their SHA-256
not_fetched           its URL has not been tried, or failed in a way that is worth another try
no_url                LoCoMo gives a caption and no URL
unavailable           the URL no longer answers
bytes_changed         the URL answers with other bytes than were expected
not_an_image          what came back can't be decoded as an image
too_large             more bytes or pixels than the limits allow
blocked               the URL is not a public http(s) address, or its host forbids the download
shared_across_splits  it was fetched, and removed because several splits share it
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image as one turn shares it."""

    url: str | None
    """Where LoCoMo found it; None where only a caption is left."""
    sha256: str | None = None
    """The SHA-256 of its bytes, which is its name in the folder `images/`; None until fetched."""
    state: ImageState
    """Whether its bytes can be shown, and if not, why."""
    caption: str | None = None
    """The BLIP caption. A memory system sees it only where a run shows captions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one speaker says at once."""

    id: str
    """LoCoMo's dialogue id, `D<session>:<turn>`: unique within a conversation."""
    speaker: str
    """The speaker's first name."""
    text: str
    """The words."""
    images: tuple[Image, ...] = ()
    """The images shared with the words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A stretch of talk on one day."""

    number: int
    """LoCoMo's number, from 1; sessions are in this order."""
    time: datetime
    """When it begins, by the speakers' clock (no time zone)."""
    turns: tuple[Turn, ...]
    """In order of speaking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Months of talk between two people."""

    id: str
    """LoCoMo's `sample_id`, such as `conv-26`."""
    split: Split
    """The split it belongs to, with all of its questions."""
    speakers: tuple[str, str]
    """LoCoMo's `speaker_a` and `speaker_b`."""
    sessions: tuple[Session, ...]
    """By number."""

    def turns(self) -> Iterator[tuple[Session, Turn]]:
        """Yield every turn with its session, in order."""
        for session in self.sessions:
            for turn in session.turns:
                yield session, turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Erratum:
    """What a public audit found wrong with a gold answer."""

    kind: str
    """The audit's name of the error, such as `TEMPORAL_ERROR`."""
    changes_score: bool
    """Whether a right answer is scored wrong because of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextQuestion:
    """A LoCoMo question about what was said."""

    id: str
    """`<conversation>/t/<index>`."""
    conversation: str
    """The conversation's id."""
    index: int
    """The place in LoCoMo's own list of that conversation, from 0."""
    category: Category
    """See `CATEGORIES`."""
    question: str
    """The question's words."""
    answer: str | None
    """The gold answer; None for adversarial questions, which have none."""
    adversarial_answer: str | None
    """What a fooled system would say to an adversarial question."""
    evidence: tuple[str, ...]
    """Ids of the turns that hold the answer; an id that LoCoMo broke is kept as it was."""
    split: Split
    """Its conversation's split."""
    duplicate_of: str | None = None
    """The id of an earlier question with the same words, category and answer."""
    erratum: Erratum | None = None
    """What the audit found wrong with it; None without errata."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualQuestion:
    """A question that only an image answers, in one word."""

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
    """The question's words."""
    answer: str
    """The gold answer: one word."""
    reason: str
    """Why, in a sentence: for people, and for training; never shown to a system under test."""
    split: Split
    """Its conversation's split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """What is known of one distinct image URL."""

    url: str | None
    """The URL; None for the captions that have none, which then are one record each."""
    state: ImageState
    """The outcome of fetching it."""
    sha256: str | None = None
    """The SHA-256 of its bytes."""
    bytes: int | None = None
    """Their number."""
    format: str | None = None
    """The file's ending under `images/`, such as `jpg`."""
    turns: tuple[str, ...] = ()
    """Where it is shared: `<conversation>/<turn>`."""
    width: int | None = None
    """Its pixels from left to right, as a person sees it."""
    height: int | None = None
    """Its pixels from top to bottom, as a person sees it."""
    phash: str | None = None
    """Its perceptual hash (`locomo_vqa.phash`), 16 hexadecimal digits; None for a flat image."""
    detail: str | None = None
    """Why it has this state, in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """Conversations, their questions and their images."""

    name: str
    """What it calls itself."""
    revision: str
    """SHA-256 of the parsed content without its errata: equal where the questions are equal."""
    folder: Path
    """Where it lies; images are in `images/` below it."""
    conversations: tuple[Conversation, ...]
    """In file order."""
    text_questions: tuple[TextQuestion, ...]
    """By conversation, then index."""
    visual_questions: tuple[VisualQuestion, ...]
    """By conversation, then turn."""
    images: tuple[ImageRecord, ...]
    """One a distinct URL."""
    _formats: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        from locomo_vqa.benchmark.summary import summarize

        return summarize(self)

    def _repr_html_(self) -> str:
        from locomo_vqa.benchmark.summary import summary_html

        return summary_html(self)

    def image_path(self, sha256: str) -> Path:
        """Return where the bytes of an image lie; raises KeyError for an unknown hash."""
        return self.folder / "images" / f"{sha256}.{self._formats[sha256]}"

    def read_image(self, sha256: str) -> bytes:
        """Return an image's bytes, checked against its name.

        Raises:
            InputError: the file is missing, or holds another image.
        """
        path = self.image_path(sha256)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: can't be read ({error.strerror}).", _RESTORE) from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise InputError(f"{path}: holds another image than its name says.", _RESTORE)
        return data
