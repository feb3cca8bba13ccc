"""The probes: who passes, who does not, and what is noted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from locomo_vqa.errors import MissingResource
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelFailed, ModelUnreachable
from locomo_vqa.models.opening import open_model
from locomo_vqa.models.probes import Capabilities, known_images, known_probes, probe
from locomo_vqa.runs import Usage

Speaker = Callable[[ChatRequest], str]


class Model:
    """A model whose words are given by a function."""

    name = "test:model"
    in_flight = 4

    def __init__(self, speak: Speaker) -> None:
        self._speak = speak

    def identity(self) -> Mapping[str, Any]:
        return {}

    async def ask(self, request: ChatRequest) -> ChatReply:
        return ChatReply(text=self._speak(request), finish="stop", usage=Usage(calls=1))

    async def close(self) -> None:
        pass


def truth(request: ChatRequest) -> str:
    """Return the right answer, from the probes' own table."""
    if not request.images:
        return "{}"
    for item in known_probes():
        right = request.images[0] == known_images()[item.image]
        if right and item.question in request.text:
            return item.expected
    raise AssertionError


def counts_only(request: ChatRequest) -> str:
    if "How many" in request.text:
        return f"I see {'5' if truth(request) == 'five' else '2'} balloons."
    return "Pink."


def guided(request: ChatRequest) -> str:
    """Return the least that fits the schema, as guided decoding would."""
    if request.schema is None:
        return truth(request)
    properties = request.schema["properties"]
    return json.dumps({key: properties[key]["enum"][0] for key in request.schema["required"]})


def refuses_schemas(request: ChatRequest) -> str:
    if request.schema is not None:
        raise ModelFailed("no such field: response_format")
    return truth(request)


def refuses_images(request: ChatRequest) -> str:
    if request.images:
        raise ModelFailed("no pictures")
    return "red"


def run(speak: Speaker, **options: Any) -> Capabilities:
    return asyncio.run(probe(Model(speak), **options))


def test_a_model_that_sees_passes() -> None:
    found = run(truth)
    assert (found.sees, found.json_schema) == (True, "ignored")
    assert all(item.right for item in found.probes)
    assert (found.temperature, found.seed) == ("unknown", "unknown")
    assert json.loads(json.dumps(found.to_json()))["probes"][0]["reply"] == "two"


def test_one_question_right_on_both_images_is_enough() -> None:
    found = run(counts_only)
    assert found.sees
    assert [item.right for item in found.probes] == [True, True, False, False]


@pytest.mark.parametrize(
    "speak",
    (
        lambda _: "three",
        lambda _: "red",
        lambda request: "two" if "How many" in request.text else "green",
        lambda _: "one two three four five red green blue",
        lambda _: "",
        lambda _: "!!!!!!!!",
        refuses_images,
    ),
)
def test_a_model_that_does_not_see_is_refused(speak: Speaker) -> None:
    with pytest.raises(MissingResource, match="does not see"):
        run(speak)
    assert run(speak, accept_blind=True).sees is False


def test_without_images_nothing_is_looked_at() -> None:
    found = run(lambda _: "hello", images=False)
    assert (found.sees, found.probes) == (None, ())


@pytest.mark.parametrize(
    ("speak", "expected"),
    ((guided, "honoured"), (truth, "ignored"), (refuses_schemas, "refused")),
)
def test_what_becomes_of_a_schema(speak: Speaker, expected: str) -> None:
    assert run(speak).json_schema == expected


def test_a_server_that_is_not_there_is_said() -> None:
    def gone(_: ChatRequest) -> str:
        raise ModelUnreachable("no connection")

    with pytest.raises(MissingResource, match="does not answer"):
        run(gone)


def test_the_images_differ_and_stay() -> None:
    images = known_images()
    assert len({image.sha256 for image in images}) == len(images) == 3
    assert images[0].data.startswith(b"\x89PNG")
    answers = {(item.question, item.expected) for item in known_probes()}
    assert len(answers) == len(known_probes()) == 4


@pytest.mark.parametrize("size", ("large", "small"))
def test_the_embedded_models_see(size: str) -> None:
    async def probe_it() -> Capabilities:
        model = open_model(f"embedded:{size}")
        try:
            return await probe(model)
        finally:
            await model.close()

    assert asyncio.run(probe_it()).sees
