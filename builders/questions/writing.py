"""Has a model write visual questions about images, and asks again if one can't be used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from locomo_vqa.benchmark import Benchmark, QuestionType, Split
from locomo_vqa.errors import MissingResource
from locomo_vqa.models.chat import ChatModel, ChatRequest, ModelDenied, ModelError
from locomo_vqa.responses import reject_replies

from .asking import ImageLoader, ask_each
from .question_types import generation_prompt
from .replies import QUESTION_SCHEMA, Declined, Written, read_reply
from .rows import QuestionRow, QuestionState

__all__ = [
    "MAX_REPLY_TOKENS",
    "ImagePlace",
    "chosen_for_trial",
    "image_places",
    "stop_if_denied",
    "write_all",
    "write_in_order",
]

MAX_REPLY_TOKENS = 256
"""The longest reply of the generator, in tokens."""

_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlace:
    """An image at the place where a conversation first shares it."""

    conversation: str
    turn: str
    image: str
    """The image's SHA-256."""
    caption: str | None
    split: Split


def image_places(benchmark: Benchmark, removed: Iterable[str] = ()) -> Iterator[ImagePlace]:
    """Yield every image that can be shown, once, at its first place; skip those in `removed`."""
    seen = set(removed)
    for conversation in benchmark.conversations:
        for _, turn in conversation.turns():
            for image in turn.images:
                if image.state == "ok" and image.sha256 and image.sha256 not in seen:
                    seen.add(image.sha256)
                    yield ImagePlace(
                        conversation=conversation.id,
                        turn=turn.id,
                        image=image.sha256,
                        caption=image.caption,
                        split=conversation.split,
                    )


def chosen_for_trial(places: Iterable[ImagePlace], most: int) -> list[ImagePlace]:
    """Return the places of at most `most` images: those with the lowest hashes.

    That is a sample of all conversations, and the same one every time.
    """
    return sorted(places, key=lambda place: place.image)[:most]


async def write_all(
    model: ChatModel,
    benchmark: Benchmark,
    places: Iterable[ImagePlace],
    types: Sequence[QuestionType],
    *,
    attempts: int,
) -> AsyncIterator[QuestionRow]:
    """Yield a row for every place and type as it is finished, image by image."""
    wanted = ((place, type) for place in places for type in types)

    write = partial(_write, attempts=attempts)
    async for row in ask_each(model, benchmark, wanted, write, image_of=lambda item: item[0].image):
        yield row


async def write_in_order(
    model: ChatModel,
    benchmark: Benchmark,
    places: Sequence[ImagePlace],
    types: Sequence[QuestionType],
    *,
    attempts: int,
    progress: Callable[[int, int], None],
) -> list[QuestionRow]:
    """Return a row for each place and type, in the order of the places.

    `progress` is called with the number of finished rows and the total.
    """
    rows: list[QuestionRow] = []
    async for row in write_all(model, benchmark, places, types, attempts=attempts):
        rows.append(row)
        progress(len(rows), len(places) * len(types))
    order = {place.image: number for number, place in enumerate(places)}
    return sorted(rows, key=lambda row: (order[row.image], types.index(row.type)))


async def _write(
    model: ChatModel, load: ImageLoader, item: tuple[ImagePlace, QuestionType], *, attempts: int
) -> QuestionRow:
    place, type = item
    request = ChatRequest(
        text=generation_prompt(type),
        images=(load(place.image),),
        schema=QUESTION_SCHEMA,
        max_tokens=MAX_REPLY_TOKENS,
    )
    replies: list[tuple[str, str]] = []
    requests: list[ChatRequest] = []
    while True:
        requests.append(replace(request, replies=tuple(replies)))
        try:
            reply = await model.ask(requests[-1])
        except ModelError as error:
            stop_if_denied(model, error)
            return _row(place, type, "failed", len(replies) + 1, problem=str(error))
        if reply.finish == "refused":
            problem = f"refused: {reply.text}" if reply.text else "refused, or filtered"
            return _row(place, type, "failed", len(replies) + 1, problem=problem)
        read = read_reply(reply.text)
        asked = len(replies) + 1
        if isinstance(read, Written):
            return _row(
                *(place, type, "ok", asked),
                question=read.question,
                answer=read.answer,
                reason=read.reason,
            )
        if isinstance(read, Declined):
            return _row(place, type, "declined", asked, reason=read.reason)
        if asked >= attempts:
            reject_replies(model, requests)
            said = " ".join(reply.text.split())[:_MAX_SHOWN]
            row = _row(place, type, "dropped", asked, problem=read.objection)
            return replace(row, reply=said)
        replies.append((reply.text, read.objection))


def stop_if_denied(model: ChatModel, error: ModelError) -> None:
    """End the build if a model refuses every request.

    Raises:
        MissingResource: `error` is such a refusal; the message quotes the server.
    """
    if isinstance(error, ModelDenied):
        raise MissingResource(
            f"{model.name}: {error}.",
            "Check the name, the address and the key; replies so far are kept.",
        ) from None


def _row(
    place: ImagePlace,
    type: QuestionType,
    state: QuestionState,
    attempts: int,
    *,
    question: str | None = None,
    answer: str | None = None,
    reason: str | None = None,
    problem: str | None = None,
) -> QuestionRow:
    return QuestionRow(
        id=f"{place.conversation}/v/{place.turn}/{type}",
        conversation=place.conversation,
        turn=place.turn,
        image=place.image,
        type=type,
        split=place.split,
        state=state,
        question=question,
        answer=answer,
        reason=reason,
        problem=problem,
        attempts=attempts,
    )
