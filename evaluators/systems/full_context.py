"""Sends the whole conversation with every question: the baseline that a memory must beat."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from locomo_vqa.arguments import check_option_names
from locomo_vqa.context_budget import fit_latest
from locomo_vqa.images import for_model, read_image_bytes
from locomo_vqa.models.blocking import BlockingEndpoint
from locomo_vqa.models.messages import image_part, text_part
from locomo_vqa.prompts import ANSWER_VISUAL, fill, prompt_hash
from locomo_vqa.system import (
    Answer,
    ConversationInfo,
    Hit,
    RecalledImage,
    Services,
    ShownImage,
    ShownTurn,
)

from ..memory.prompts import MEMORY_PROMPTS, visual_prompt
from ..own_prompts import PROMPTS_HASH, PromptRule, fill_own, named_prompts, pinned_prompts

__all__ = ["FullContext"]

_ANSWER_TOKEN_LIMIT = 256
MAX_RECALLED_IMAGES = 16
"""The maximum number of images sent with a question about an image that must be recalled.

This is our choice: a person in LoCoMo shares at most 13 on one day."""

_PACKAGE = "locomo_vqa.evaluators.prompts"
_PROMPT = "full_context_v1"
_RECALLED = "full_context_recalled_v1"

_OPTIONS = {
    "prompts": "a folder with prompts of your own; default: the bundled ones",
    PROMPTS_HASH: "the SHA-256 that the folder of prompts must have; recorded by every run",
}
_OF_ALL = PromptRule(needed=(("conversation", "question"),), more=("speakers", "now"))
_PROMPTS = {
    "full_context": _OF_ALL,
    "full_context_recalled": _OF_ALL,
    "answer_visual": MEMORY_PROMPTS["answer_visual"],
}


class FullContext:
    """Asks the run's endpoint with all turns, and with images in their places.

    Of a conversation that is longer than the run's budget, the latest turns are sent.
    """

    version = "2"
    uses_images = True
    prompt_sha256 = prompt_hash(
        (_PACKAGE, _PROMPT), (_PACKAGE, _RECALLED), ("locomo_vqa.prompts", ANSWER_VISUAL)
    )

    @classmethod
    def check_options(cls, options: Mapping[str, str], model: str | None) -> None:
        """Check the options of a run before it begins.

        Raises:
            InputError: an option is unknown, or its value can't be used.
        """
        check_option_names("full-context", options, _OPTIONS)
        named_prompts(options, _PROMPTS)

    @classmethod
    def pin_options(cls, options: Mapping[str, str], model: str | None) -> Mapping[str, str]:
        """Return the options with the SHA-256 of the prompts in a folder, if they name one.

        Raises:
            InputError: the folder or a prompt in it can't be used.
        """
        return pinned_prompts(options, named_prompts(options, _PROMPTS))

    def __init__(self) -> None:
        self._sessions: list[Sequence[ShownTurn]] = []

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Connect to the endpoint."""
        assert services.llm is not None
        self._speakers = " and ".join(conversation.speakers)
        self._model = BlockingEndpoint(services.llm)
        self._context = services.context
        self._own_prompts = named_prompts(services.options, _PROMPTS)

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Store a session unchanged."""
        self._sessions.append(turns)

    def flush(self) -> None:
        """Do nothing: there is no pending work."""

    def answer(self, question: str, *, now: datetime) -> Answer:
        """Ask with the whole conversation, or the latest turns that fit."""
        return self._ask_of_all(_PROMPT, question, now)

    def answer_visual(
        self,
        question: str,
        *,
        image: ShownImage | None,
        now: datetime,
        recalled: RecalledImage | None = None,
    ) -> Answer:
        """Ask about one image, or about its caption.

        A question about an image that has to be recalled is asked with the whole conversation, but
        with at most `MAX_RECALLED_IMAGES` of its images: first the images of the day
        and the person in question, then the latest.
        """
        if recalled is not None:
            return self._ask_of_all(_RECALLED, question, now, self._most_likely(recalled))
        caption = image.caption if image else None
        text = text_part(visual_prompt(question, caption=caption, own=self._own_prompts))
        answer = self._ask([_image_part(image), text] if image and image.path else [text])
        return replace(answer, context_tokens=None if self._context is None else 0)

    def close(self) -> None:
        """Close the connections."""
        self._model.close()

    def _ask_of_all(
        self,
        prompt: str,
        question: str,
        now: datetime,
        images_of: Collection[str] | None = None,
    ) -> Answer:
        number, tokens = self._fitting(images_of)
        conversation = self._conversation(number, images_of)
        marker = "\0"
        filled = self._fill(
            prompt,
            speakers=self._speakers,
            conversation=marker,
            now=_date_in_words(now),
            question=question.replace(marker, ""),
        )
        before, _, after = filled.partition(marker)
        answer = self._ask([text_part(before), *conversation, text_part(after)])
        return replace(answer, context_tokens=tokens, retrieved=self._retrieved(number, images_of))

    def _fill(self, prompt: str, **values: str) -> str:
        own = self._own_prompts.texts.get(prompt.removesuffix("_v1")) if self._own_prompts else None
        return fill(_PACKAGE, prompt, **values) if own is None else fill_own(own, values)

    def _retrieved(self, number: int, images_of: Collection[str] | None) -> tuple[Hit, ...]:
        """Return the turns whose images were sent, or all turns as one passage, latest first."""
        turns = {turn.id: turn for session in self._sessions for turn in session}
        latest = list(turns)[len(turns) - number :]
        if images_of is None:
            return (Hit(text="the conversation", turns=tuple(reversed(latest))),)
        sent = [turns[name] for name in images_of if name in latest]
        return tuple(Hit(text=f"{turn.speaker}: {turn.text}", turn=turn.id) for turn in sent)

    def _fitting(self, images_of: Collection[str] | None) -> tuple[int, int | None]:
        """Return how many of the latest turns fit, and the tokens of their text."""

        def block(number: int) -> str:
            parts = self._conversation(number, images_of, images=False)
            return "\n".join(part["text"] for part in parts)

        return fit_latest(sum(map(len, self._sessions)), block, self._context)

    def _ask(self, content: list[dict[str, Any]]) -> Answer:
        reply = self._model.ask(content, max_tokens=_ANSWER_TOKEN_LIMIT)
        return Answer(text=reply.text.strip(), refused=reply.finish == "refused", usage=reply.usage)

    def _most_likely(self, recalled: RecalledImage) -> list[str]:
        """Return the turns with the images that are most likely the recalled one, best first."""
        latest_first = [
            turn
            for turns in reversed(self._sessions)
            for turn in reversed(turns)
            if _images_with_pixels(turn)
        ]

        def fit(turn: ShownTurn) -> tuple[bool, bool]:
            return turn.time.date() == recalled.date, turn.speaker == recalled.speaker

        chosen: list[str] = []
        left = MAX_RECALLED_IMAGES
        for turn in sorted(latest_first, key=fit, reverse=True):
            left -= len(_images_with_pixels(turn))
            if left < 0:
                break
            chosen.append(turn.id)
        return chosen

    def _conversation(
        self, number: int, images_of: Collection[str] | None, *, images: bool = True
    ) -> list[dict[str, Any]]:
        """Return the latest turns as parts: runs of text, and the images between them.

        With `images_of`, only the images of these turns are sent; the text mentions the others.
        """
        parts: list[dict[str, Any]] = []
        lines: list[str] = []
        left_out = sum(map(len, self._sessions)) - number
        for session in self._sessions:
            turns, left_out = session[left_out:], max(0, left_out - len(session))
            if turns:
                lines.append(f"\nSession {turns[0].session}, {_date_in_words(turns[0].time)}")
            for turn in turns:
                captions = [f" [shares {i.caption}]" for i in turn.images if i.caption]
                sent = images_of is None or turn.id in images_of
                if not sent:
                    captions += [" [shares a picture]" for _ in _images_with_pixels(turn)]
                lines.append(f"{turn.speaker}: {turn.text}{''.join(captions)}")
                for image in _images_with_pixels(turn) if sent and images else ():
                    parts += [text_part("\n".join(lines)), _image_part(image)]
                    lines = []
        return [*parts, text_part("\n".join(lines))]


def _images_with_pixels(turn: ShownTurn) -> list[ShownImage]:
    return [image for image in turn.images if image.path is not None]


def _image_part(image: ShownImage) -> dict[str, Any]:
    assert image.path is not None
    return image_part(*for_model(read_image_bytes(image.path)))


def _date_in_words(time: datetime) -> str:
    return f"{time:%A}, {time.day} {time:%B %Y}, {time:%H:%M}"
