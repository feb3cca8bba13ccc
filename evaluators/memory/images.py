"""Remembers shared images, and looks at one again when a question is about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from locomo_vqa.context_budget import fit_texts
from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelFailed
from locomo_vqa.system import Answer, Hit, RecalledImage, ShownImage, ShownTurn

from ..answering import read_image
from .generation import ANSWER_TOKEN_LIMIT
from .image_index import ImageIndex
from .pipeline import Pipeline, TurnLine
from .prompts import describe_prompt, turn_as_text, visual_prompt
from .settings import MemorySettings
from .speaker_stores import SpeakerStores
from .stage_models import StageModels

__all__ = ["DESCRIBE_PROMPT", "ImageMemory", "ImageUse"]

ImageUse = Literal["nothing", "captions", "pixels"]
"""How a system uses images:

nothing    neither pixels nor captions
captions   captions alone
pixels     pixels, or captions if there are no pixels
"""

DESCRIBE_PROMPT = "mem0_describe_v1"
"""The prompt that asks for a description."""

_MAX_DESCRIPTION = 400


class ImageMemory:
    """The images of one conversation, read together with its turns."""

    def __init__(
        self,
        use: ImageUse,
        *,
        pipeline: Pipeline | SpeakerStores,
        models: StageModels,
        settings: MemorySettings,
        record: Callable[[dict[str, Any]], None],
        read_reply: Callable[[ChatReply], str],
    ) -> None:
        """Begin without images.

        Args:
            record: called with the row of each remembered image.
            read_reply: returns the answer in a reply about an image, or raises ModelFailed.
        """
        self.index = ImageIndex(record)
        self._use = use
        self._pipeline = pipeline
        self._models = models
        self._reading = settings.shared_images
        self._own_prompts = settings.own_prompts
        self._read_reply = read_reply

    async def read(self, turns: Sequence[ShownTurn]) -> list[TurnLine]:
        """Remember the images of a session, and return its turns for the extraction.

        Raises:
            ModelError: a request got no reply.
        """
        shared = [(turn, image) for turn in turns for image in turn.images if self._is_used(image)]
        descriptions = await self._describe_all([image for _, image in shared])
        described = [
            (turn, image, words) for (turn, image), words in zip(shared, descriptions, strict=True)
        ]
        for turn, image, words in described:
            found = self.index.describe(turn, image, words)
            (vector,) = await self._pipeline.embed([found.text])
            self.index.add(found, vector)
        return [
            self._turn_line(
                turn, [(image, words) for owner, image, words in described if owner is turn]
            )
            for turn in turns
        ]

    async def answer(
        self, question: str, image: ShownImage | None, recalled: RecalledImage | None
    ) -> Answer:
        """Answer a question about an image.

        Args:
            question: the question.
            image: the image, if the question comes with one.
            recalled: the remembered image to find, if the question comes without one.

        Raises:
            ModelError: a request got no reply.
        """
        hits: tuple[Hit, ...] = ()
        if image is None and recalled is not None and len(self.index):
            (vector,) = await self._pipeline.embed([question])
            found = self.index.find(recalled, vector)
            assert found is not None
            image, hits = found.image, (Hit(text=found.text, turn=found.turn),)
        shown = image if image is not None and self._is_used(image) else None
        caption, tokens = self._handed_over(shown, remembered=bool(hits))
        request = ChatRequest(
            text=visual_prompt(question, caption=caption, own=self._own_prompts),
            images=(read_image(shown.path),) if shown and shown.path else (),
            max_tokens=ANSWER_TOKEN_LIMIT,
        )
        reply = await self._models.ask("vision", request)
        try:
            text = self._read_reply(reply).strip()
        except ModelFailed:
            self._models.count_unreadable("vision", request)
            raise
        refused = reply.finish == "refused"
        return Answer(
            text=text, refused=refused, retrieved=hits, usage=reply.usage, context_tokens=tokens
        )

    def _handed_over(
        self, shown: ShownImage | None, *, remembered: bool
    ) -> tuple[str | None, int | None]:
        """Return the caption to show, and its tokens if it comes from the memory."""
        caption, context = shown.caption if shown else None, self._pipeline.context
        if not remembered or caption is None:
            return caption, None if context is None else 0
        fitted = fit_texts([caption], context, as_block="".join)
        return "".join(fitted.texts) or None, fitted.tokens

    def _is_used(self, image: ShownImage) -> bool:
        pixels = self._use == "pixels" and image.path is not None
        return pixels or (self._use != "nothing" and image.caption is not None)

    def _turn_line(
        self, turn: ShownTurn, shared: Sequence[tuple[ShownImage, str | None]]
    ) -> TurnLine:
        """Return a turn for the extraction; its text mentions any image that is attached."""
        seen = self._use == "pixels" and self._reading == "see"
        captions = [words or ("a picture" if seen else None) for _, words in shared]
        return TurnLine(
            turn=turn.id,
            speaker=turn.speaker,
            text=turn_as_text(turn.speaker, turn.text, [words for words in captions if words]),
            images=tuple(read_image(i.path) for i, _ in shared if seen and i.path is not None),
        )

    async def _describe_all(self, images: Sequence[ShownImage]) -> list[str | None]:
        """Return the description of each image, with concurrent requests to the vision model."""
        descriptions: dict[int, str | None] = {}
        asked = gather_bounded(
            range(len(images)),
            lambda number: self._describe(images[number]),
            at_once=self._models.in_flight,
        )
        async for number, words in asked:
            descriptions[number] = words
        return [descriptions[number] for number in range(len(images))]

    async def _describe(self, image: ShownImage) -> str | None:
        """Return the caption, or the vision model's description if the settings ask for it."""
        if image.caption is not None or image.path is None:
            return image.caption
        if self._reading != "describe":
            return None
        request = ChatRequest(
            text=describe_prompt(self._own_prompts),
            images=(read_image(image.path),),
            max_tokens=ANSWER_TOKEN_LIMIT,
        )
        reply = await self._models.ask("vision", request)
        words = " ".join(reply.text.split()).rstrip(".")[:_MAX_DESCRIPTION]
        return words if words and reply.finish != "refused" else None
