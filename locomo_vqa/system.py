"""What a memory system is: it reads one conversation, in order, and then answers questions.

A system is any class with these methods; it need not import this package. One instance reads one
conversation, so nothing can leak from one to another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from locomo_vqa.runs import Hit, ShownMode, Usage, VisualMode
from locomo_vqa.worker import address_for_stage

__all__ = [
    "Answer",
    "ContextBudget",
    "ConversationInfo",
    "Endpoint",
    "Hit",
    "MemorySystem",
    "RecalledImage",
    "Services",
    "ShownImage",
    "ShownTurn",
    "Usage",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownImage:
    """An image as a system sees it."""

    path: Path | None
    """The file with the image's bytes, if the run shows pixels and the image is available."""
    media_type: str | None
    """Its media type, such as `image/png`."""
    caption: str | None
    """The BLIP caption, if the run shows captions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTurn:
    """A turn as a system sees it: no search query, no gold answer, no URL."""

    id: str
    """LoCoMo's dialogue id, such as `D3:7`."""
    session: int
    """The session's number, from 1."""
    time: datetime
    """When the session began, in the conversation's own time."""
    speaker: str
    """The speaker's first name."""
    role: Literal["user", "assistant"]
    """`user` for LoCoMo's speaker_a, `assistant` for speaker_b."""
    text: str
    """The words."""
    images: tuple[ShownImage, ...] = ()
    """The images, as far as the run shows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationInfo:
    """What a system may know about a conversation before reading it."""

    id: str
    """LoCoMo's id, for naming stores and files; it doesn't help with answers."""
    speakers: tuple[str, str]
    """The two first names."""
    images: ShownMode
    """How the run shows images."""
    visual: VisualMode = "given"
    """Whether visual questions come with their image, or are about one that was seen before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An OpenAI-compatible endpoint that a system may call."""

    base_url: str
    """The address of the API, up to and including `/v1`."""
    model: str
    """The model's name there."""
    api_key: str = field(repr=False)
    """The bearer token to send."""
    timeout_s: float = 120.0
    """How long one call may take, in seconds."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Query parameters for every request, such as an `api-version`."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """Fields for every request besides its messages, in place of a system's own settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextBudget:
    """How much of its memory a system may hand to the answering model with a question.

    Only what comes from the memory counts, as the prompt has it: not the instructions, the
    question, the date, or images. `locomo_vqa.context_budget` fits passages into a budget.
    """

    tokens: int | None
    """The number of tokens; None: no limit, they are only counted."""
    tokenizer: str
    """What counts them: a model with its own tokenizer, or `utf8-bytes/4` (the UTF-8 length of the
    text divided by four, rounded up)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the harness gives a system."""

    llm: Endpoint | None = None
    """The run's model, if it is an endpoint."""
    model: str | None = None
    """The name of the run's model, for systems that open models themselves."""
    options: Mapping[str, str] = field(default_factory=dict)
    """The run's options for the system, by name."""
    context: ContextBudget | None = None
    """How much the system may hand to the answering model; None without a model. A system that only
    retrieves need not care: the harness cuts its passages."""

    def llm_for(self, stage: str) -> Endpoint | None:
        """Return `llm` for the calls of one stage, which are then counted separately.

        Args:
            stage: `extraction`, `update`, `generation`, `judge`, `vision`, or `embedding`.

        Raises:
            ValueError: it is none of these.
        """
        if self.llm is None:
            return None
        return replace(self.llm, base_url=address_for_stage(self.llm.base_url, stage))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A system's answer to a question; a plain string also works."""

    text: str
    """The answer."""
    refused: bool = False
    """Whether the system, or its model, declined to answer; `text` is then the reason."""
    confidence: float | None = None
    """How sure the system is of its answer, from 0 to 1; None if it doesn't say."""
    retrieved: tuple[Hit, ...] = ()
    """What the answer is based on, best first."""
    usage: Usage | None = None
    """The calls and tokens that it took, if the system knows."""
    context_tokens: int | None = None
    """The tokens of its memory that the answering model was handed, if the system counts them as
    `Services.context` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalledImage:
    """Which image of the conversation a question is about when it comes without the image.

    The question also says this in words. Images that were not shown do not count.
    """

    speaker: str
    """The first name of the person who shared it."""
    date: date
    """The day on which it was shared."""
    ordinal: int
    """Its position among the images that this person shared on that day, from 1."""
    count: int
    """How many images this person shared on that day."""


class MemorySystem(Protocol):
    """One conversation in a memory system.

    `open`, `add`, and `answer` are required. `flush` and `close` may be left out; a class without
    `answer_visual` is asked about images with `answer`. Explicit subclasses inherit these defaults.

    Where `answer_visual` has a parameter `recalled`, it is called with the `RecalledImage` that a
    question of `visual="recalled"` is about, and with None otherwise.
    """

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Begin the conversation; `workdir` is an empty folder for its files."""

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Read one session; background work may continue after this returns."""

    def flush(self) -> None:
        """Return when all background work is done."""

    def answer(self, question: str, *, now: datetime) -> Answer | str:
        """Answer a question about what was said; `now` is the end of the conversation."""
        ...

    def answer_visual(
        self, question: str, *, image: ShownImage | None, now: datetime
    ) -> Answer | str:
        """Answer a question about an image in one word.

        `image` is None if the image is not shown, and with `visual="recalled"`, where the question
        says which image of the conversation it is about.
        """
        return self.answer(question, now=now)

    def close(self) -> None:
        """Release files, connections, and processes."""
