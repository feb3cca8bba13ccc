"""Checks before a run that its model accepts images, where it will be asked about them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from locomo_vqa.benchmark import VisualQuestion
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.errors import InputError
from locomo_vqa.models.chat import ChatModel, ModelDenied, ModelError, ModelFailed
from locomo_vqa.models.probes import probe_requests
from locomo_vqa.system import Services
from locomo_vqa.text import counted

from ..hosting.isolation import outside_event_loop

__all__ = ["check_eyes"]


def check_eyes(services: Services, questions: Sequence[Question]) -> None:
    """Send the endpoint an image if a question is about one, and see whether it is refused.

    A model for images that the options name is not tried. What the model replies does not matter:
    it may be bad at images. Models in this process are not
    tried, because they take long to load; embedded ones are known to see or not.

    Raises:
        InputError: the model takes no images.
    """
    visual = sum(isinstance(question, VisualQuestion) for question in questions)
    if not visual or services.options.get("vision"):
        return
    reason = _refusal(services)
    if reason is not None:
        name = services.llm.model if services.llm else services.model
        raise InputError(
            f"`model`: {name} does not accept images ({reason}), and {visual:,} of "
            f"{counted(len(questions), 'question')} come with one.",
            "Name a model that sees, or choose `images` caption or none.",
        )


def _refusal(services: Services) -> str | None:
    """Return why a model refuses images; None if it takes them, or if that is not known."""
    if services.llm is not None:
        from locomo_vqa.models.openai_endpoint import OpenAIModel

        model = OpenAIModel(services.llm, in_flight=1, tries=1)
        return outside_event_loop(lambda: asyncio.run(_refusal_of(model)))
    if services.model is not None and services.model.startswith("embedded:"):
        from locomo_vqa.models.opening import open_model

        return None if getattr(open_model(services.model), "sees", True) else "it only reads text"
    return None


async def _refusal_of(model: ChatModel) -> str | None:
    """Return why a model refuses a request with an image, if it takes the same without one."""
    request = probe_requests()[0]
    try:
        await model.ask(request)
    except ModelDenied:
        return None  # The run says what is wrong with the key or the name.
    except ModelFailed as error:
        with suppress(ModelError):
            await model.ask(replace(request, images=()))
            return str(error)
    except ModelError:
        return None
    finally:
        with suppress(Exception):
            await model.close()
    return None
