"""A system that remembers nothing, to show which score needs no memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from locomo_vqa.models.chat import ChatModel, ChatRequest, ModelImage, ModelTimeout
from locomo_vqa.models.openai_endpoint import OpenAIModel
from locomo_vqa.models.opening import open_model
from locomo_vqa.prompts import ANSWER_VISUAL, answer_visual, fill, prompt_hash
from locomo_vqa.system import Answer, ConversationInfo, Services, ShownImage, ShownTurn

from ..answering import read_image
from ..proxy.model_calls import ModelCalls

__all__ = ["NoMemory"]

_ANSWER_TOKEN_LIMIT = 64
_PACKAGE = "locomo_vqa.evaluators.prompts"
_PROMPT = "no_memory_v1"


class NoMemory:
    """Ignores the conversation; with a model, it guesses, and sees a question's image.

    Without a model, it declines every text question, and gives an empty answer to visual ones. Any
    kind of model can be used.
    """

    version = "2"
    uses_images = True
    any_model = True
    prompt_sha256 = prompt_hash((_PACKAGE, _PROMPT), ("locomo_vqa.prompts", ANSWER_VISUAL))

    def __init__(self) -> None:
        self._model: ChatModel | None = None
        self._calls: ModelCalls | None = None
        self._runner = asyncio.Runner()
        self._no_tokens: int | None = None

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Open the run's model, if it has one."""
        self._no_tokens = None if services.context is None else 0
        if services.llm is not None:
            self._model = OpenAIModel(services.llm)
        elif services.model is not None:
            self._model = open_model(services.model)
            self._calls = ModelCalls(workdir)

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Ignore the turns."""

    def flush(self) -> None:
        """Do nothing: there is no pending work."""

    def answer(self, question: str, *, now: datetime) -> Answer:
        """Guess; without a model, return the answer that LoCoMo counts as an abstention."""
        if self._model is None:
            return Answer(text="No information available.")
        return self._ask(self._model, fill(_PACKAGE, _PROMPT, question=question), ())

    def answer_visual(self, question: str, *, image: ShownImage | None, now: datetime) -> Answer:
        """Answer from the image or its caption; without a model, the answer is empty."""
        if self._model is None:
            return Answer(text="")
        caption = image.caption if image else None
        images = (read_image(image.path),) if image and image.path else ()
        return self._ask(self._model, answer_visual(question, caption=caption), images)

    def close(self) -> None:
        """Close the model."""
        if self._model is not None:
            self._runner.run(self._model.close())
        if self._calls is not None:
            self._calls.close()
        self._runner.close()

    def _ask(self, model: ChatModel, text: str, images: tuple[ModelImage, ...]) -> Answer:
        request = ChatRequest(text=text, images=images, max_tokens=_ANSWER_TOKEN_LIMIT)
        try:
            calls = self._calls
            reply = self._runner.run(
                calls.ask("llm", model, request) if calls else model.ask(request)
            )
        except ModelTimeout as error:
            raise TimeoutError(str(error)) from None
        return Answer(
            text=reply.text.strip(),
            refused=reply.finish == "refused",
            usage=reply.usage,
            context_tokens=self._no_tokens,
        )
