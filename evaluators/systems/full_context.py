"""The whole conversation before every question: what a memory has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from locomo_vqa.models.blocking import BlockingEndpoint
from locomo_vqa.models.messages import image_part, text_part
from locomo_vqa.prompts import ANSWER_VISUAL, answer_visual, fill, prompt_hash
from locomo_vqa.system import Answer, ConversationInfo, Services, ShownImage, ShownTurn

__all__ = ["FullContext"]

MAX_ANSWER_TOKENS = 256
_PACKAGE = "locomo_vqa.evaluators.prompts"
_PROMPT = "full_context_v1"


class FullContext:
    """Asks the endpoint of `--model` with everything that was said, pictures in their places."""

    version = "1"
    uses_pictures = True
    prompt_sha256 = prompt_hash((_PACKAGE, _PROMPT), ("locomo_vqa.prompts", ANSWER_VISUAL))

    def __init__(self) -> None:
        self._sessions: list[Sequence[ShownTurn]] = []

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Connect to the endpoint."""
        assert services.llm is not None
        self._speakers = " and ".join(conversation.speakers)
        self._model = BlockingEndpoint(services.llm)

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Keep a session as it is."""
        self._sessions.append(turns)

    def flush(self) -> None:
        """Nothing is pending."""

    def answer(self, question: str, *, now: datetime) -> Answer:
        """Ask with the whole conversation."""
        marker = "\0"
        prompt = fill(
            _PACKAGE,
            _PROMPT,
            speakers=self._speakers,
            conversation=marker,
            now=_date(now),
            question=question,
        )
        before, _, after = prompt.partition(marker)
        return self._ask([text_part(before), *self._conversation(), text_part(after)])

    def answer_visual(self, question: str, *, image: ShownImage | None, now: datetime) -> Answer:
        """Ask about one picture, or about its caption in its place."""
        caption = image.caption if image else None
        text = text_part(answer_visual(question, caption=caption))
        return self._ask([_picture(image), text] if image and image.path else [text])

    def close(self) -> None:
        """Close the connections."""
        self._model.close()

    def _ask(self, content: list[dict[str, Any]]) -> Answer:
        reply = self._model.ask(content, max_tokens=MAX_ANSWER_TOKENS)
        return Answer(text=reply.text.strip(), refused=reply.finish == "refused", usage=reply.usage)

    def _conversation(self) -> list[dict[str, Any]]:
        """Return the conversation as parts: runs of text, and the pictures between them."""
        parts: list[dict[str, Any]] = []
        lines: list[str] = []
        for turns in self._sessions:
            if turns:
                lines.append(f"\nSession {turns[0].session}, {_date(turns[0].time)}")
            for turn in turns:
                captions = [f" [shares {i.caption}]" for i in turn.images if i.caption]
                lines.append(f"{turn.speaker}: {turn.text}{''.join(captions)}")
                for image in turn.images:
                    if image.path is not None:
                        parts += [text_part("\n".join(lines)), _picture(image)]
                        lines = []
        return [*parts, text_part("\n".join(lines))]


def _picture(image: ShownImage) -> dict[str, Any]:
    assert image.path is not None
    assert image.media_type is not None
    return image_part(image.path.read_bytes(), image.media_type)


def _date(time: datetime) -> str:
    return f"{time:%A}, {time.day} {time:%B %Y}, {time:%H:%M}"
