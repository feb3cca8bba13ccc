"""Checks what a model can do before it is put to work.

A server can be up and still see wrongly (lmdeploy's issue 4285: InternVL3-78B produces nonsense on
some GPUs), and many accept a JSON Schema and ignore it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from locomo_vqa.errors import MissingResource
from locomo_vqa.json_gate import load_json
from locomo_vqa.models.asking import gather_all
from locomo_vqa.models.chat import (
    ChatModel,
    ChatRequest,
    ModelDenied,
    ModelError,
    ModelFailed,
    ModelImage,
)
from locomo_vqa.prompts import answer_visual

__all__ = [
    "Capabilities",
    "Honoured",
    "ImageProbe",
    "known_images",
    "known_probes",
    "probe",
    "probe_requests",
]

Honoured = Literal["honoured", "ignored", "refused", "unknown"]
"""What a backend does with a setting: it honours it, ignores it, refuses it, or was not asked."""

_KEY = "zanzibar_7"
_WORD = "ultramarine"
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {_KEY: {"type": "string", "enum": [_WORD]}},
    "required": [_KEY],
    "additionalProperties": False,
}
_NUMBERS = frozenset(("zero", "one", "two", "three", "four", "five"))
_COLOURS = frozenset(("red", "orange", "yellow", "green", "blue", "purple", "pink", "white"))
_DIGITS = {"1": "one", "2": "two", "3": "three", "4": "four", "5": "five"}
_BLIND = "Try another server, engine or number format; its answers about images can't be trusted."


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageProbe:
    """A question about a drawn image whose answer is known."""

    image: int
    """The index of the image in `known_images`."""
    question: str
    """What is asked."""
    expected: str
    """The correct answer."""
    reply: str = ""
    """What the model said."""
    right: bool = False
    """Whether the reply names the correct answer, and no other number or colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the probe found, for manifests."""

    sees: bool | None
    """Whether it answered some question correctly for both images; None if it was shown none."""
    probes: tuple[ImageProbe, ...]
    """The questions with the model's replies."""
    json_schema: Honoured
    """Whether its reply follows a schema whose key the question does not name."""
    temperature: Honoured = "unknown"
    """Not tried: that would take many replies."""
    seed: Honoured = "unknown"
    """Not tried."""

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)


async def probe(
    model: ChatModel, *, images: bool = True, accept_blind: bool = False
) -> Capabilities:
    """Ask a model questions with known answers.

    Each question about an image is asked for two images with different answers, so a model that
    always says the same, or guesses from the question alone, never passes.

    Raises:
        MissingResource: the model can't be asked, or does not see what is in the images and
            `accept_blind` is not set.
    """
    probes = known_probes() if images else ()
    try:
        *seen, json_schema = await gather_all(
            *(_ask_probe(model, item) for item in probes), _honours_schema(model)
        )
    except ModelError as error:
        raise MissingResource(
            f"{model.name}: does not answer ({error}).",
            "Start the server, or check the name, the address and the key.",
        ) from None
    found = tuple(item for item in seen if isinstance(item, ImageProbe))
    assert isinstance(json_schema, str)
    sees = _can_see(found) if images else None
    if sees is False and not accept_blind:
        said = "; ".join(f"{item.question} {item.reply[:40]!r}" for item in found)
        raise MissingResource(f"{model.name}: does not see what is in an image ({said}).", _BLIND)
    return Capabilities(sees=sees, probes=found, json_schema=json_schema)


_FILES = ("two_balloons_green.png", "five_balloons_green.png", "three_balloons_yellow.png")
"""Drawn scenes, named after their balloons and the colour of their umbrella."""


@cache
def known_images() -> tuple[ModelImage, ...]:
    """Return three drawn images of the sample's world, each with balloons and one umbrella."""
    folder = resources.files(__package__).joinpath("probe_images")
    images = []
    for name in _FILES:
        data = folder.joinpath(name).read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        images.append(ModelImage(sha256=sha256, media_type="image/png", data=data))
    return tuple(images)


def known_probes() -> tuple[ImageProbe, ...]:
    """Return the questions about `known_images`, each of two images with different answers."""
    count, colour = "How many balloons are there?", "What colour is the umbrella?"
    return (
        ImageProbe(image=0, question=count, expected="two"),
        ImageProbe(image=1, question=count, expected="five"),
        ImageProbe(image=0, question=colour, expected="green"),
        ImageProbe(image=2, question=colour, expected="yellow"),
    )


def probe_requests() -> tuple[ChatRequest, ...]:
    """Return the requests about images that `probe` makes."""
    return tuple(_request_of(item) for item in known_probes())


def _request_of(item: ImageProbe) -> ChatRequest:
    image = known_images()[item.image]
    return ChatRequest(text=answer_visual(item.question), images=(image,), max_tokens=32)


async def _ask_probe(model: ChatModel, item: ImageProbe) -> ImageProbe:
    try:
        reply = (await model.ask(_request_of(item))).text
    except ModelDenied:
        raise
    except ModelFailed as error:
        reply = f"(failed: {error})"
        return ImageProbe(**{**asdict(item), "reply": reply})
    return ImageProbe(
        **{**asdict(item), "reply": reply, "right": _names_only(reply, item.expected)}
    )


def _names_only(reply: str, expected: str) -> bool:
    """Return whether a reply names the expected word, and no other number or colour."""
    kind = _NUMBERS if expected in _NUMBERS else _COLOURS
    words = {_DIGITS.get(word, word) for word in re.findall(r"[a-z]+|\d+", reply.lower())}
    return words & kind == {expected}


def _can_see(probes: tuple[ImageProbe, ...]) -> bool:
    return any(
        all(item.right for item in probes if item.question == question)
        for question in {item.question for item in probes}
    )


async def _honours_schema(model: ChatModel) -> Honoured:
    """Ask for JSON with a schema that a reply can only follow if decoding is guided."""
    request = ChatRequest(text="Name a colour, as JSON.", schema=_SCHEMA, max_tokens=64)
    try:
        reply = await model.ask(request)
    except ModelDenied:
        raise
    except ModelFailed:
        return "refused"
    if reply.unguided:
        return "refused"
    try:
        return "honoured" if load_json(reply.text) == {_KEY: _WORD} else "ignored"
    except ValueError:
        return "ignored"
