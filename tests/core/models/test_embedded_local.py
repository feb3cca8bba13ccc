"""The adapter of the embedded models, over a runtime that repeats what it is given."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from locomo_vqa.errors import MissingResource
from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest, ModelFailed
from locomo_vqa.models.embedded import EmbeddedPrompt, EmbeddedReply
from locomo_vqa.models.opening import open_model
from locomo_vqa.models.probes import known_images

BATCHES: list[int] = []


class Repeating:
    """Says size, length of the image, and text."""

    sees = True

    def __init__(self, size: str) -> None:
        self.size = size

    def load(self, threads: int, *, lora: bool) -> None:
        assert (threads, lora) == (1, False)

    def reply(
        self, prompts: Sequence[EmbeddedPrompt], max_new_tokens: int, threads: int, lora: object
    ) -> list[EmbeddedReply]:
        assert (threads, lora) == (1, None)
        BATCHES.append(len(prompts))
        if any(prompt.text == "fail" for prompt in prompts):
            raise ValueError("too long")
        said = [f"{self.size} {len(p.image or b'')} {p.text}" for p in prompts]
        return [EmbeddedReply(text, 3, 2, ended=max_new_tokens > 2) for text in said]


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a runtime in the embedded one's place, and return its folder."""
    module: Any = ModuleType("locomo_vqa.models.embedded")
    module.__file__ = str(tmp_path / "__init__.py")
    module.EmbeddedModel, module.EmbeddedPrompt = Repeating, EmbeddedPrompt
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "model.safetensors").write_bytes(b"weights")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return tmp_path


def ask(*requests: ChatRequest) -> tuple[ChatModel, list[ChatReply]]:
    async def main() -> tuple[ChatModel, list[ChatReply]]:
        model = open_model("embedded:small?threads=1")
        try:
            return model, await asyncio.gather(*map(model.ask, requests))
        finally:
            await model.close()

    return asyncio.run(main())


def test_prompts_and_images_are_handed_over_in_batches(runtime: Path) -> None:
    image = known_images()[0]
    BATCHES.clear()
    _, replies = ask(
        ChatRequest(text="a"),
        ChatRequest(text="b", images=(image,)),
        ChatRequest(text="c", replies=(("d", "e"),)),
    )
    texts = ["small 0 a", f"small {len(image.data)} b", "small 0 c\nd\ne"]
    assert [reply.text for reply in replies] == texts
    assert sum(BATCHES) == 3


def test_a_reply_that_was_cut_off_is_marked(runtime: Path) -> None:
    _, replies = ask(ChatRequest(text="a", max_tokens=2), ChatRequest(text="b", max_tokens=3))
    assert [reply.finish for reply in replies] == ["length", "stop"]


def test_a_text_model_refuses_a_image(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Repeating, "sees", False)
    with pytest.raises(ModelFailed, match="does not see images"):
        ask(ChatRequest(text="b", images=(known_images()[0],)))


def test_the_identity_has_the_hash_of_the_weights(runtime: Path) -> None:
    model, _ = ask()
    assert model.identity() == {
        "backend": "embedded",
        "model": "small",
        "revision": hashlib.sha256(b"weights").hexdigest(),
    }


def test_what_it_cannot_do_is_a_failure_of_that_request(runtime: Path) -> None:
    with pytest.raises(ModelFailed, match="one image"):
        ask(ChatRequest(text="a", images=known_images()))
    with pytest.raises(ModelFailed, match="too long"):
        ask(ChatRequest(text="fail"))


def test_missing_weights_are_said(runtime: Path) -> None:
    (runtime / "small" / "model.safetensors").unlink()
    with pytest.raises(MissingResource, match="embedded:small"):
        open_model("embedded:small")
