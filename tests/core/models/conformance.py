"""What every model must do, whatever runs it: checks over the interface alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest, ModelFailed, request_key
from locomo_vqa.models.probes import known_images


@dataclass(frozen=True)
class Traits:
    """What a backend can do, so that a check knows what to expect."""

    images: bool = True
    several_images: bool = True
    counts_tokens: bool = True
    batches: bool = True
    """Whether answers may be made together, which changes a random model's last digits."""


Check = Callable[[ChatModel, Traits], Awaitable[None]]
QUESTION = ChatRequest(text="What colour is the sky?", max_tokens=6)


def well_formed(reply: ChatReply, request: ChatRequest, traits: Traits) -> None:
    assert isinstance(reply.text, str)
    reply.text.encode("utf-8")
    assert reply.finish in ("stop", "length", "refused")
    assert reply.usage.calls == 1
    if traits.counts_tokens:
        assert reply.usage.input_tokens is not None
        assert reply.usage.input_tokens > 0
        assert reply.usage.output_tokens is not None
        assert 0 <= reply.usage.output_tokens <= request.max_tokens


async def a_reply_has_the_shape(model: ChatModel, traits: Traits) -> None:
    well_formed(await model.ask(QUESTION), QUESTION, traits)


async def an_empty_text_is_a_question_too(model: ChatModel, traits: Traits) -> None:
    request = replace(QUESTION, text="")
    well_formed(await model.ask(request), request, traits)


async def temperature_0_repeats_itself(model: ChatModel, traits: Traits) -> None:
    assert await model.ask(QUESTION) == await model.ask(QUESTION)


async def max_tokens_is_kept(model: ChatModel, traits: Traits) -> None:
    request = replace(QUESTION, max_tokens=2)
    well_formed(await model.ask(request), request, traits)


async def earlier_rounds_are_sent(model: ChatModel, traits: Traits) -> None:
    again = replace(QUESTION, replies=(("blue", "In capitals, please."),))
    reply = await model.ask(again)
    well_formed(reply, again, traits)
    if traits.counts_tokens and model.identity()["backend"] == "transformers":
        first = (await model.ask(QUESTION)).usage.input_tokens
        assert (reply.usage.input_tokens or 0) > (first or 0)


async def images_are_taken_or_refused(model: ChatModel, traits: Traits) -> None:
    for number in (1, 2):
        request = replace(QUESTION, images=known_images()[:number])
        if traits.images and (number == 1 or traits.several_images):
            well_formed(await model.ask(request), request, traits)
        else:
            with pytest.raises(ModelFailed):
                await model.ask(request)


async def many_at_once_are_all_answered(model: ChatModel, traits: Traits) -> None:
    images = known_images()[:1] if traits.images else ()
    requests = [
        ChatRequest(text=f"Question {i}", images=images if i % 2 else (), max_tokens=3 + i % 2)
        for i in range(24)
    ]
    replies = await asyncio.gather(*map(model.ask, requests))
    for reply, request in zip(replies, requests, strict=True):
        well_formed(reply, request, traits)


async def a_cancelled_question_spoils_no_other(model: ChatModel, traits: Traits) -> None:
    tasks = [asyncio.create_task(model.ask(replace(QUESTION, text=f"{i}"))) for i in range(6)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes.pop(2), asyncio.CancelledError)
    assert all(isinstance(outcome, ChatReply) for outcome in outcomes)


async def the_identity_is_json_and_stays(model: ChatModel, traits: Traits) -> None:
    before = request_key(model.identity(), QUESTION)
    await model.ask(QUESTION)
    assert request_key(model.identity(), QUESTION) == before
    assert json.loads(json.dumps(dict(model.identity()))) == dict(model.identity())
    assert model.in_flight >= 1
    assert ":" in model.name


CHECKS: tuple[Check, ...] = (
    a_reply_has_the_shape,
    an_empty_text_is_a_question_too,
    temperature_0_repeats_itself,
    max_tokens_is_kept,
    earlier_rounds_are_sent,
    images_are_taken_or_refused,
    many_at_once_are_all_answered,
    a_cancelled_question_spoils_no_other,
    the_identity_is_json_and_stays,
)
