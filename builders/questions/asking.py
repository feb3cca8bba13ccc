"""Asks a model about many items: in this process, or in batches wherever the model is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.images import for_model
from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatModel, ModelImage

__all__ = ["AskAbout", "ImageLoader", "SpreadsItems", "ask_each", "load_image"]

ImageLoader: TypeAlias = Callable[[str], ModelImage]
"""Returns an image, by its SHA-256, as shown to models."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

AskAbout: TypeAlias = Callable[[ChatModel, ImageLoader, _Item], Awaitable[_Result]]
"""Asks a model about one item, and returns what came of it.

It is a function of a module, or a `functools.partial` of one: a model that is elsewhere gets it
pickled, with the items.
"""


@runtime_checkable
class SpreadsItems(Protocol):
    """A model that is asked in other processes, which get the items in batches."""

    def spread(
        self, items: Iterable[Any], ask: AskAbout[Any, Any], *, image_of: Callable[[Any], str]
    ) -> AsyncIterator[Any]:
        """Yield each result once it is known; see `ask_each`."""


async def ask_each(
    model: ChatModel,
    benchmark: Benchmark,
    items: Iterable[_Item],
    ask: AskAbout[_Item, _Result],
    *,
    image_of: Callable[[_Item], str],
) -> AsyncIterator[_Result]:
    """Yield the result of each item once it is known, with a bounded number in progress.

    Args:
        model: whom to ask.
        benchmark: the folder with the images.
        items: what to ask about; those about one image should follow each other.
        ask: asks about one item.
        image_of: returns the SHA-256 of the image that an item belongs to.
    """
    if isinstance(model, SpreadsItems):
        async for result in model.spread(items, ask, image_of=image_of):
            yield result
        return
    load = partial(load_image, benchmark)
    work = partial(ask, model, load)
    async for _, result in gather_bounded(items, work, at_once=2 * model.in_flight):
        yield result


def load_image(benchmark: Benchmark, sha256: str) -> ModelImage:
    """Read an image as shown to models: upright, one frame, RGB."""
    data, media_type = for_model(benchmark.read_image(sha256))
    return ModelImage(sha256=sha256, media_type=media_type, data=data)
