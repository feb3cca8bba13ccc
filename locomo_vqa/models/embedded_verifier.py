"""The model `embedded:verifier`: it checks questions about the sample's images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.files import canonical_json, sha256_file, sha256_text
from locomo_vqa.models.batching import Batcher
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelError, ModelFailed
from locomo_vqa.models.names import ModelName
from locomo_vqa.models.timing import timed
from locomo_vqa.runs import Usage

if TYPE_CHECKING:
    from locomo_vqa.models.embedded.verifier import VerifierNetwork

__all__ = ["VERIFIER", "EmbeddedVerifier"]

VERIFIER = "verifier"
"""Its name after `embedded:`."""

_MOST_SEEN = 128
"""The most images whose tokens are kept: the questions about an image follow each other."""


class EmbeddedVerifier:
    """A small network that says yes, no or one word; see `locomo_vqa.models.embedded.verifier`.

    Raises:
        InputError: the name has an unknown option.
        MissingResource: its weights are not installed.
    """

    def __init__(self, name: ModelName) -> None:
        name.check_options("batch")
        self.name = name.shown
        self.in_flight = name.number("batch", 16)
        self._folder = _folder()
        self._seen: dict[str, Any] = {}
        self._batcher: Batcher[ChatRequest, ChatReply] = Batcher(
            timed(self._answer), most=self.in_flight, group=lambda request: None
        )

    def identity(self) -> Mapping[str, Any]:
        """Return the backend, the name and a SHA-256 of the weights and of how they decide."""
        return {"backend": "embedded", "model": VERIFIER, "revision": self._revision}

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the reply to one request, which is answered in a batch."""
        if len(request.images) != 1:
            raise ModelFailed(f"{self.name} answers about one image, not {len(request.images)}")
        return await self._batcher.submit(request)

    async def close(self) -> None:
        """End the worker thread and forget the images."""
        await self._batcher.close()
        self._seen.clear()

    @cached_property
    def _revision(self) -> str:
        from locomo_vqa.models.embedded.verifier import DECISION, WEIGHTS

        return sha256_text(canonical_json([sha256_file(self._folder / WEIGHTS), *DECISION]))

    @cached_property
    def _network(self) -> VerifierNetwork:
        from locomo_vqa.models.embedded.verifier import VerifierNetwork

        return VerifierNetwork(self._folder)

    def _answer(self, requests: Sequence[ChatRequest]) -> list[ChatReply | ModelError]:
        from locomo_vqa.models.embedded.verifier import read_prompt

        prompts = [read_prompt(request.text) for request in requests]
        words = self._network.answer(prompts, [self._see(request) for request in requests])
        return [
            ChatReply(text=word, finish="stop", usage=Usage(output_tokens=1, calls=1))
            for word in words
        ]

    def _see(self, request: ChatRequest) -> Any:
        (image,) = request.images
        if image.sha256 not in self._seen:
            if len(self._seen) >= _MOST_SEEN:
                self._seen.pop(next(iter(self._seen)))
            try:
                self._seen[image.sha256] = self._network.see(image.data)
            except InputError as error:
                raise ModelFailed(f"{self.name}: {error.message}") from None
        return self._seen[image.sha256]


def _folder() -> Path:
    folder = Path(str(resources.files("locomo_vqa.models.embedded"))) / VERIFIER
    if not (folder / "model.safetensors").is_file():
        raise MissingResource(
            f"{folder}: the weights of embedded:{VERIFIER} are missing.",
            "Reinstall locomo-vqa; its wheel includes them.",
        )
    return folder
