"""A system that remembers nothing: what a score is worth without any memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from locomo_vqa.images import for_model
from locomo_vqa.models.chat import ChatModel, ChatRequest, ModelImage, ModelTimeout
from locomo_vqa.models.openai_endpoint import OpenAIModel
from locomo_vqa.models.opening import open_model
from locomo_vqa.prompts import ANSWER_VISUAL, answer_visual, fill, prompt_hash
from locomo_vqa.system import Answer, ConversationInfo, Services, ShownImage, ShownTurn

from ..proxy.model_calls import ModelCalls

__all__ = ["NoMemory"]

MAX_ANSWER_TOKENS = 64
_PACKAGE = "locomo_vqa.evaluators.prompts"
_PROMPT = "no_memory_v1"


class NoMemory:
    """Forgets the conversation. With a model it guesses, and looks at the picture of a question.

    Without one it declines every question about the conversation, and gives no answer to visual
    ones. Any model will do, in this process too.
    """

    version = "2"
    uses_images = True
    any_model = True
    prompt_sha256 = prompt_hash((_PACKAGE, _PROMPT), ("locomo_vqa.prompts", ANSWER_VISUAL))

    def __init__(self) -> None:
        self._model: ChatModel | None = None
        self._calls: ModelCalls | None = None
        self._runner = asyncio.Runner()

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Open the model, if there is one."""
        if services.llm is not None:
            self._model = OpenAIModel(services.llm)
        elif services.model is not None:
            self._model = open_model(services.model)
            self._calls = ModelCalls(workdir)

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Forget the turns at once."""

    def flush(self) -> None:
        """Nothing is pending."""

    def answer(self, question: str, *, now: datetime) -> Answer:
        """Guess; without a model, say what LoCoMo counts as an abstention."""
        if self._model is None:
            return Answer(text="No information available.")
        return self._ask(self._model, fill(_PACKAGE, _PROMPT, question=question), ())

    def answer_visual(self, question: str, *, image: ShownImage | None, now: datetime) -> Answer:
        """Answer from the picture, or from its caption; without a model there is no answer."""
        if self._model is None:
            return Answer(text="")
        caption = image.caption if image else None
        pictures = (_picture(image.path),) if image and image.path else ()
        return self._ask(self._model, answer_visual(question, caption=caption), pictures)

    def close(self) -> None:
        """Let go of the model."""
        if self._model is not None:
            self._runner.run(self._model.close())
        if self._calls is not None:
            self._calls.close()
        self._runner.close()

    def _ask(self, model: ChatModel, text: str, pictures: tuple[ModelImage, ...]) -> Answer:
        request = ChatRequest(text=text, images=pictures, max_tokens=MAX_ANSWER_TOKENS)
        try:
            calls = self._calls
            reply = self._runner.run(
                calls.ask("llm", model, request) if calls else model.ask(request)
            )
        except ModelTimeout as error:
            raise TimeoutError(str(error)) from None
        return Answer(text=reply.text.strip(), refused=reply.finish == "refused", usage=reply.usage)


def _picture(path: Path) -> ModelImage:
    data, media_type = for_model(path.read_bytes())
    return ModelImage(sha256=path.stem, media_type=media_type, data=data)
