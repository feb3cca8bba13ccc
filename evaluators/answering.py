"""Answers questions for a retrieval-only system, with the run's model and a published prompt."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from locomo_vqa.context_budget import as_list, fit_hits
from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest, ModelImage
from locomo_vqa.prompts import ANSWER_VISUAL, answer_visual, fill, prompt_hash
from locomo_vqa.system import Answer, ConversationInfo, Hit, Services, ShownImage

from .proxy.model_calls import ModelCalls

__all__ = ["PROMPT_SHA256", "AnswerModels", "Answerer", "read_image"]

_MAX_TOKENS = 256
_PACKAGE = f"{__package__}.prompts"
_PROMPT = "answer_from_memories_v1"
_TRIES = 3

PROMPT_SHA256 = prompt_hash((_PACKAGE, _PROMPT), ("locomo_vqa.prompts", ANSWER_VISUAL))
"""SHA-256 of the two prompts."""

_T = TypeVar("_T")


class AnswerModels:
    """The models of a run, on an event loop that many threads share.

    A local model is loaded once; each conversation may have its own endpoint.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._opening = threading.Lock()
        self._local: dict[str, ChatModel] = {}
        self._calls: set[Future[Any]] = set()

    def __enter__(self) -> AnswerModels:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        for model in self._local.values():
            self.run(model.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine and return its result; callable from any thread except the loop's."""
        call = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._calls.add(call)
        try:
            return call.result()
        finally:
            self._calls.discard(call)

    def stop(self) -> None:
        """Cancel the requests in progress; callable from any thread."""
        for call in self._calls.copy():
            call.cancel()

    def answerer(
        self, conversation: ConversationInfo, services: Services, workdir: Path
    ) -> Answerer:
        """Return the answerer for one conversation, whose work folder is `workdir`."""
        return Answerer(self, conversation, services, self._model(services), workdir)

    def _model(self, services: Services) -> ChatModel:
        if services.llm is not None:
            from locomo_vqa.models.openai_endpoint import OpenAIModel

            return OpenAIModel(services.llm, in_flight=1, tries=_TRIES)
        from locomo_vqa.models.opening import open_model

        assert services.model is not None
        with self._opening:
            if services.model not in self._local:
                self._local[services.model] = open_model(services.model)
            return self._local[services.model]


class Answerer:
    """Asks the model the questions about one conversation."""

    def __init__(
        self,
        models: AnswerModels,
        conversation: ConversationInfo,
        services: Services,
        model: ChatModel,
        workdir: Path,
    ) -> None:
        self._models = models
        self._speakers = " and ".join(conversation.speakers)
        self._own = services.llm is not None
        self._context = services.context
        self._model = model
        self._calls = None if self._own else ModelCalls(workdir)

    def answer(self, question: str, hits: Sequence[Hit], *, now: datetime) -> Answer:
        """Answer from the hits, which are sorted best first, as far as the run's budget goes.

        Raises:
            ModelError: there is no reply.
        """
        kept, tokens = fit_hits(hits, self._context)
        prompt = fill(
            _PACKAGE,
            _PROMPT,
            speakers=self._speakers,
            memories=as_list([hit.text for hit in kept]) or "(nothing was found)",
            now=f"{now:%A}, {now.day} {now:%B %Y}",
            question=question,
        )
        return _answer(self._ask(prompt, ()), kept, tokens)

    def answer_visual(self, question: str, image: ShownImage | None) -> Answer:
        """Answer a question about an image, or about its caption; no memory is used.

        Raises:
            ModelError: there is no reply.
        """
        caption = image.caption if image else None
        images = (read_image(image.path),) if image and image.path else ()
        reply = self._ask(answer_visual(question, caption=caption), images)
        return _answer(reply, (), None if self._context is None else 0)

    def close(self) -> None:
        """Close the connections and files of the conversation."""
        if self._calls is not None:
            self._calls.close()
        if self._own:
            self._models.run(self._model.close())

    def _ask(self, text: str, images: tuple[ModelImage, ...]) -> ChatReply:
        request = ChatRequest(text=text, images=images, max_tokens=_MAX_TOKENS)
        calls = self._calls
        return self._models.run(
            calls.ask("llm", self._model, request) if calls else self._model.ask(request)
        )


def _answer(reply: ChatReply, hits: tuple[Hit, ...], context_tokens: int | None) -> Answer:
    return Answer(
        text=reply.text.strip(),
        refused=reply.finish == "refused",
        retrieved=hits,
        usage=reply.usage,
        context_tokens=context_tokens,
    )


def read_image(path: Path) -> ModelImage:
    """Read an image file into a `ModelImage`."""
    from locomo_vqa.images import for_model, read_image_bytes

    original = read_image_bytes(path)
    data, media_type = for_model(original)
    return ModelImage(sha256=hashlib.sha256(original).hexdigest(), media_type=media_type, data=data)
