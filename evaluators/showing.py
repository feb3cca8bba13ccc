"""What a system is shown: the conversation as it happened, and of pictures what `--images` allows.

Gold answers, evidence, picture URLs and other people's questions have no place in these types.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from locomo_vqa.benchmark import Benchmark, Conversation, Image, Session, VisualQuestion
from locomo_vqa.runs import ImageMode
from locomo_vqa.system import ConversationInfo, ShownImage, ShownTurn

__all__ = ["Showing"]

_MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
}


class Showing:
    """One conversation of a benchmark, through the window of an image mode."""

    def __init__(self, benchmark: Benchmark, conversation: Conversation, images: ImageMode) -> None:
        self._benchmark = benchmark
        self._conversation = conversation
        self._mode = images

    @property
    def info(self) -> ConversationInfo:
        """What the system is told at the start."""
        return ConversationInfo(
            id=self._conversation.id, speakers=self._conversation.speakers, images=self._mode
        )

    @property
    def now(self) -> datetime:
        """When questions are asked: the time of the last session."""
        return self._conversation.sessions[-1].time

    def sessions(self) -> Iterator[tuple[ShownTurn, ...]]:
        """Yield the turns of each session, in order."""
        for session in self._conversation.sessions:
            yield tuple(self._turns(session))

    def question_image(self, question: VisualQuestion) -> ShownImage | None:
        """Return the picture a visual question comes with, or None where nothing is shown."""
        for _, turn in self._conversation.turns():
            if turn.id == question.turn:
                for image in turn.images:
                    if image.sha256 == question.image:
                        return self._shown(image)
        return None

    def _turns(self, session: Session) -> Iterator[ShownTurn]:
        for turn in session.turns:
            shown = (self._shown(image) for image in turn.images)
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

    def _shown(self, image: Image) -> ShownImage | None:
        if self._mode == "caption" and image.caption is not None:
            return ShownImage(path=None, media_type=None, caption=image.caption)
        if self._mode == "pixels" and image.state == "ok" and image.sha256 is not None:
            self._benchmark.read_image(image.sha256)
            path = self._benchmark.image_path(image.sha256)
            media_type = _MEDIA_TYPES.get(path.suffix[1:], "application/octet-stream")
            return ShownImage(path=path, media_type=media_type, caption=None)
        return None
