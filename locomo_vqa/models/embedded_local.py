"""The backend `embedded`: small models that come with the toolkit and know its sample world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.errors import MissingResource
from locomo_vqa.files import sha256_file
from locomo_vqa.models.batching import Batcher
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelError, ModelFailed
from locomo_vqa.models.cores import usable_cores
from locomo_vqa.models.names import ModelName
from locomo_vqa.models.thoughts import reply_of
from locomo_vqa.models.timing import timed
from locomo_vqa.runs import Usage

if TYPE_CHECKING:
    from locomo_vqa.models.embedded.lora import Lora

__all__ = ["EMBEDDED_OPTIONS", "EmbeddedLocal", "embedded_folder"]

EMBEDDED_OPTIONS = ("batch", "threads")
"""The options that a model's name may have."""

_SIZES = ("large", "small", "student", "text-large")
_PACKAGE = "locomo_vqa.models.embedded"
_WEIGHTS = "model.safetensors"
_REMEDY = "Reinstall locomo-vqa; its wheel includes them."


class EmbeddedLocal:
    """An embedded model, answering in batches; always greedy, and a schema is not enforced.

    Raises:
        InputError: the name has an unknown size.
        MissingResource: the embedded models are not installed.
    """

    def __init__(self, name: ModelName) -> None:
        name.check_options(*EMBEDDED_OPTIONS)
        self.name = name.shown
        self.in_flight = name.number("batch", 16)
        self._size = name.check_target(*_SIZES)
        self._threads = name.number("threads", usable_cores())
        self._weights = embedded_folder(self._size) / _WEIGHTS
        self._runtime = _runtime()
        self._model = self._runtime.EmbeddedModel(self._size)
        self.sees: bool = self._model.sees
        """Whether it takes images."""
        self._batcher: Batcher[ChatRequest, ChatReply] = Batcher(
            self._load_and_answer, most=self.in_flight, group=self._group
        )

    def identity(self) -> Mapping[str, Any]:
        """Return the backend, the size and the SHA-256 of the weights."""
        return {"backend": "embedded", "model": self._size, "revision": self._revision}

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the reply to one request, which is answered in a batch."""
        if request.images and not self.sees:
            raise ModelFailed(f"{self.name} does not see images; embedded:large does")
        if len(request.images) > 1:
            raise ModelFailed(f"{self.name} takes one image at a time")
        return await self._batcher.submit(request)

    async def close(self) -> None:
        """End the worker thread and release the weights."""
        await self._batcher.close()
        self._model = None

    @cached_property
    def _revision(self) -> str:
        return sha256_file(self._weights)

    def _load_and_answer(self, requests: Sequence[ChatRequest]) -> Sequence[ChatReply | ModelError]:
        """Answer a batch; the first load does not count in a reply's seconds."""
        self._model.load(self._threads, lora=self._lora_of(requests[0]) is not None)
        return timed(self._answer)(requests)

    def _group(self, request: ChatRequest) -> tuple[object, ...]:
        """Return what the requests of one batch share."""
        return (request.max_tokens,)

    def _lora_of(self, request: ChatRequest) -> Lora | None:
        """Return the adapter for a request, which its whole batch shares."""
        return None

    def _answer(self, requests: Sequence[ChatRequest]) -> list[ChatReply | ModelError]:
        prompts = [
            self._runtime.EmbeddedPrompt(
                text=_text(request),
                image=request.images[0].data if request.images else None,
            )
            for request in requests
        ]
        replies = self._model.reply(
            prompts,
            max_new_tokens=requests[0].max_tokens,
            threads=self._threads,
            lora=self._lora_of(requests[0]),
        )
        return [
            reply_of(
                reply.text,
                finish="stop" if reply.ended else "length",
                usage=Usage(
                    input_tokens=reply.input_tokens, output_tokens=reply.output_tokens, calls=1
                ),
                limit=requests[0].max_tokens,
            )
            for reply in replies
        ]


def embedded_folder(size: str) -> Path:
    """Return the folder of an embedded model's checkpoint, which transformers can load.

    Raises:
        MissingResource: it is not installed.
    """
    folder = Path(str(_runtime().__file__)).parent / size
    if not (folder / _WEIGHTS).is_file():
        raise MissingResource(
            f"{folder.parent}: the weights of embedded:{size} are missing.", _REMEDY
        )
    return folder


def _runtime() -> Any:
    try:
        return import_module(_PACKAGE)
    except ImportError as error:
        raise MissingResource(
            f"The embedded models are not installed ({error}).", _REMEDY
        ) from None


def _text(request: ChatRequest) -> str:
    return "\n".join([request.text, *(line for pair in request.replies for line in pair)])
