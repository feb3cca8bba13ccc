"""A system's view of a conversation, with its images in the form that a mode prescribes.

These types can't hold gold answers, evidence, image URLs, or other conversations' questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from locomo_vqa.benchmark import Benchmark, Conversation, Image, Session, VisualQuestion
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.runs import ImageMode, ShownMode, VisualMode
from locomo_vqa.system import ConversationInfo, RecalledImage, ShownImage, ShownTurn

from .crossed_images import CrossedImages
from .recalled import recalled_image, recalled_question
from .shuffled_images import ShuffledImages
from .work_folder import ImageCopies

__all__ = ["ConversationView", "ShownQuestion", "check_images"]

_MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
}


def check_images(benchmark: Benchmark, conversations: Iterable[str], images: ImageMode) -> None:
    """Check that conversations can be shown in a mode, before any question is asked.

    Raises:
        InputError: the mode is shuffled or crossed, and an image has no replacement.
    """
    if images in ("shuffled", "crossed"):
        ShuffledImages(benchmark).check(conversations)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQuestion:
    """A question in the form that a system gets."""

    text: str
    """The text, which identifies the image if it must be recalled."""
    visual: bool
    """Whether the question is about an image."""
    image: ShownImage | None
    """The image that comes with the question; None if it has none, or it is not shown."""
    original: ShownImage | None
    """The same image in the benchmark, for whoever else looks at it: a system may have changed its
    copy."""
    recalled: RecalledImage | None
    """The image that must be recalled; None for other questions."""


class ConversationView:
    """One conversation of a benchmark, in an image mode.

    `visual` determines whether a question about an image comes with it. A system sees `copies`,
    because the originals are next to the gold answers; in the mode crossed, those that `crossed`
    makes.
    """

    def __init__(
        self,
        benchmark: Benchmark,
        conversation: Conversation,
        images: ImageMode,
        visual: VisualMode = "given",
        copies: ImageCopies | None = None,
        crossed: CrossedImages | None = None,
    ) -> None:
        self._benchmark = benchmark
        self._conversation = conversation
        self._mode: ShownMode = images if images in ("caption", "none") else "pixels"
        self._shuffled = ShuffledImages(benchmark) if images == "shuffled" else None
        self._visual = visual
        self._copies = copies
        self._crossed = crossed

    @property
    def info(self) -> ConversationInfo:
        """The information given to the system at the start; it hides that images are shuffled."""
        return ConversationInfo(
            id=self._conversation.id,
            speakers=self._conversation.speakers,
            images=self._mode,
            visual=self._visual,
        )

    @property
    def now(self) -> datetime:
        """The time at which questions are asked: the time of the last session."""
        return self._conversation.sessions[-1].time

    def sessions(self) -> Iterator[tuple[ShownTurn, ...]]:
        """Yield the turns of each session, in order."""
        for session in self._conversation.sessions:
            yield tuple(self._turns(session))

    def question(self, question: Question) -> ShownQuestion:
        """Return a question in the form that the system gets."""
        visual = question if isinstance(question, VisualQuestion) else None
        return ShownQuestion(
            text=self.question_text(question),
            visual=visual is not None,
            image=self.question_image(visual) if visual else None,
            original=self._question_image(visual, None) if visual else None,
            recalled=self.recalled(question),
        )

    def question_image(self, question: VisualQuestion) -> ShownImage | None:
        """Return the image that a visual question comes with, or None if nothing is shown."""
        return self._question_image(question, self._copies)

    def question_text(self, question: Question) -> str:
        """Return a question's text, which identifies the image if it must be recalled."""
        recalled = self.recalled(question)
        if recalled is None or not isinstance(question, VisualQuestion):
            return question.question
        return recalled_question(question, recalled)

    def recalled(self, question: Question) -> RecalledImage | None:
        """Return the image that must be recalled for a question; None for other questions."""
        if self._visual == "given" or not isinstance(question, VisualQuestion):
            return None
        return recalled_image(self._conversation, question, shown=self._is_shown)

    def _question_image(
        self, question: VisualQuestion, copies: ImageCopies | None
    ) -> ShownImage | None:
        if self._visual == "recalled":
            return None
        for _, turn in self._conversation.turns():
            if turn.id == question.turn:
                for image in turn.images:
                    if image.sha256 == question.image:
                        return self._shown_image(image, copies)
        return None

    def _turns(self, session: Session) -> Iterator[ShownTurn]:
        for turn in session.turns:
            shown = (self._shown_image(image, self._copies) for image in turn.images)
            first = turn.speaker == self._conversation.speakers[0]
            yield ShownTurn(
                id=turn.id,
                session=session.number,
                time=session.time,
                speaker=turn.speaker,
                role="user" if first else "assistant",
                text=turn.text,
                images=tuple(image for image in shown if image is not None),
            )

    def _shown_image(self, image: Image, copies: ImageCopies | None) -> ShownImage | None:
        if self._mode == "none" or not self._is_shown(image):
            return None
        if self._mode == "caption":
            return ShownImage(path=None, media_type=None, caption=image.caption)
        assert image.sha256 is not None
        if (crossed := self._crossed) is not None:
            path = (crossed.reference if copies is None else crossed.copy)(image.sha256)
            return ShownImage(path=path, media_type=_MEDIA_TYPES[path.suffix[1:]], caption=None)
        sha256 = self._shuffled.replacement(image.sha256) if self._shuffled else image.sha256
        self._benchmark.read_image(sha256)
        path = self._benchmark.image_path(sha256)
        if copies is not None:
            path = copies.copy(path)
        media_type = _MEDIA_TYPES.get(path.suffix[1:], "application/octet-stream")
        return ShownImage(path=path, media_type=media_type, caption=None)

    def _is_shown(self, image: Image) -> bool:
        """Return whether an image is shown; in the mode none, whether it has pixels to show."""
        if self._mode == "caption":
            return image.caption is not None
        return image.state == "ok" and image.sha256 is not None
