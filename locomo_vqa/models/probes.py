"""What a model can do, found by asking before any work is done with it.

A server can be up and still see wrongly (lmdeploy's issue 4285: InternVL3-78B talking nonsense
on some GPUs), and many accept a JSON Schema and ignore it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from locomo_vqa.errors import MissingResource
from locomo_vqa.models.chat import ChatModel, ChatRequest, ModelError, ModelFailed, Picture
from locomo_vqa.prompts import answer_visual

__all__ = ["Capabilities", "Honoured", "Look", "known_looks", "known_pictures", "probe"]

Honoured = Literal["honoured", "ignored", "refused", "unknown"]
"""What a backend does with a setting: keeps to it, ignores it, refuses the request, not tried."""

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
_BLIND = "Try another server, engine or number format: nothing should be built on what it says."


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A question about a drawn picture whose answer is known."""

    picture: int
    """Which of `known_pictures`."""
    question: str
    """What is asked."""
    expected: str
    """The right word."""
    reply: str = ""
    """What the model said."""
    right: bool = False
    """Whether it named the right word and no other of its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the probe found, for manifests."""

    sees: bool | None
    """Whether some question was answered right for both pictures; None where none was shown."""
    looks: tuple[Look, ...]
    """The questions with what the model said."""
    json_schema: Honoured
    """Whether a reply keeps to a schema whose key the question does not name."""
    temperature: Honoured = "unknown"
    """Not tried: it takes many replies to tell."""
    seed: Honoured = "unknown"
    """Not tried."""

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)


async def probe(
    model: ChatModel, *, pictures: bool = True, accept_blind: bool = False
) -> Capabilities:
    """Ask a model a few things whose answers are known.

    Each question about a picture is asked of two pictures with different answers, so a model
    that always says the same, or guesses from the question alone, never passes.

    Raises:
        MissingResource: the model can't be asked, or it sees nothing or wrongly and
            `accept_blind` is not set.
    """
    looks = known_looks() if pictures else ()
    try:
        *seen, json_schema = await asyncio.gather(
            *(_look(model, look) for look in looks), _schema(model)
        )
    except ModelError as error:
        raise MissingResource(
            f"{model.name}: can't be asked ({error}).",
            "Start the server, or check the name, the address and the key.",
        ) from None
    found = tuple(look for look in seen if isinstance(look, Look))
    assert isinstance(json_schema, str)
    sees = _sees(found) if pictures else None
    if sees is False and not accept_blind:
        said = "; ".join(f"{look.question} {look.reply[:40]!r}" for look in found)
        raise MissingResource(f"{model.name}: does not see what is in a picture ({said}).", _BLIND)
    return Capabilities(sees=sees, looks=found, json_schema=json_schema)


_FILES = ("two_balloons_green.png", "five_balloons_green.png", "three_balloons_yellow.png")
"""Drawn scenes, named after their balloons and the colour of their umbrella."""


@cache
def known_pictures() -> tuple[Picture, ...]:
    """Return three drawn pictures of the sample's world, each with balloons and one umbrella."""
    folder = resources.files(__package__).joinpath("probe_images")
    pictures = []
    for name in _FILES:
        data = folder.joinpath(name).read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        pictures.append(Picture(sha256=sha256, media_type="image/png", data=data))
    return tuple(pictures)


def known_looks() -> tuple[Look, ...]:
    """Return the questions about `known_pictures`, each of two pictures with different answers."""
    count, colour = "How many balloons are there?", "What colour is the umbrella?"
    return (
        Look(picture=0, question=count, expected="two"),
        Look(picture=1, question=count, expected="five"),
        Look(picture=0, question=colour, expected="green"),
        Look(picture=2, question=colour, expected="yellow"),
    )


async def _look(model: ChatModel, look: Look) -> Look:
    request = ChatRequest(
        text=answer_visual(look.question),
        pictures=(known_pictures()[look.picture],),
        max_tokens=32,
    )
    try:
        reply = (await model.ask(request)).text
    except ModelFailed as error:
        reply = f"(failed: {error})"
        return Look(**{**asdict(look), "reply": reply})
    return Look(**{**asdict(look), "reply": reply, "right": _names(reply, look.expected)})


def _names(reply: str, expected: str) -> bool:
    """Tell whether a reply names the expected word and no other word of the same kind."""
    kind = _NUMBERS if expected in _NUMBERS else _COLOURS
    words = {_DIGITS.get(word, word) for word in re.findall(r"[a-z]+|\d+", reply.lower())}
    return words & kind == {expected}


def _sees(looks: tuple[Look, ...]) -> bool:
    return any(
        all(look.right for look in looks if look.question == question)
        for question in {look.question for look in looks}
    )


async def _schema(model: ChatModel) -> Honoured:
    """Ask for JSON under a schema that a reply can fit only where decoding is guided."""
    request = ChatRequest(text="Name a colour, as JSON.", schema=_SCHEMA, max_tokens=64)
    try:
        reply = await model.ask(request)
    except ModelFailed:
        return "refused"
    try:
        return "honoured" if json.loads(reply.text) == {_KEY: _WORD} else "ignored"
    except (ValueError, RecursionError):
        return "ignored"
