"""The models behind the stages: each call counted, unreadable replies asked for again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest
from locomo_vqa.models.names import parse_name
from locomo_vqa.models.opening import open_model
from locomo_vqa.prompts import fill
from locomo_vqa.system import Endpoint, Services

from .anomalies import AnomalyCounts
from .replies import ReplyFault
from .settings import MemorySettings
from .usage import PipelineUsage

if TYPE_CHECKING:
    from ..proxy.stages import CallStage

__all__ = ["AGAIN", "StageModels", "stage_endpoint"]

AGAIN = "mem0_again_v1"
"""The prompt that objects to a reply."""

_PACKAGE = "locomo_vqa.evaluators.prompts"
_IN_FLIGHT = 8
_TRIES = 3
_SHOWN_CHARS = 2000
_STAGED = re.compile(r"(http://127\.0\.0\.1:\d+/c/[^/]+)/llm/v1")
_T = TypeVar("_T")

_FAULTS: dict[ReplyFault, str] = {
    "broken_json": "it is no JSON",
    "truncated_json": "its JSON ends too early",
    "not_a_list": "its JSON has no such list",
    "refused": "it has no facts and no operations",
}


def stage_endpoint(endpoint: Endpoint, stage: CallStage) -> Endpoint:
    """Return the endpoint that counts a stage apart, where it is the metering proxy's."""
    found = _STAGED.fullmatch(endpoint.base_url)
    return replace(endpoint, base_url=f"{found[1]}/{stage}/v1") if found else endpoint


class StageModels:
    """One model for text and one for pictures, which may be the same; for one event loop.

    Raises:
        InputError: a model's name is wrong.
        MissingResource: packages or weights of a model are not on this machine.
    """

    def __init__(
        self,
        services: Services,
        settings: MemorySettings,
        counts: PipelineUsage,
        anomalies: AnomalyCounts,
    ) -> None:
        self._services = services
        self._tries = settings.tries
        self._counts = counts
        self._anomalies = anomalies
        self._opened: dict[str, ChatModel] = {}
        self._vision = settings.vision
        self.at_once = self._at("extraction").in_flight
        """How many requests the text model can use at once."""
        self._at("vision")

    async def ask(self, stage: CallStage, request: ChatRequest) -> ChatReply:
        """Return the reply to one request.

        Raises:
            ModelError: there is none.
        """
        model, calls = self._at(stage), self._counts.calls
        if calls is None or self._is_metered(stage):
            reply = await model.ask(request)
        else:
            reply = await calls.ask(stage, model, request)
        sent = len(request.text) + sum(len(said) + len(why) for said, why in request.replies)
        self._counts.add(stage, reply.usage, asked=sent, replied=len(reply.text))
        return reply

    async def ask_until_read(
        self,
        stage: CallStage,
        request: ChatRequest,
        read: Callable[[ChatReply], list[_T] | ReplyFault],
    ) -> list[_T] | None:
        """Return what the first reply that can be read has, or None after so many tries as are set.

        `read` returns that, or the name of what is wrong, which is counted.

        Raises:
            ModelError: there is no reply at all.
        """
        for _ in range(self._tries):
            reply = await self.ask(stage, request)
            found = read(reply)
            if isinstance(found, list):
                return found
            self._anomalies.count(found)
            objection = fill(_PACKAGE, AGAIN, fault=_FAULTS[found]).strip()
            said = reply.text[:_SHOWN_CHARS] or "(nothing)"
            request = replace(request, replies=((said, objection),))
        return None

    async def close(self) -> None:
        """Let go of all models."""
        for model in self._opened.values():
            await model.close()

    def _is_metered(self, stage: CallStage) -> bool:
        """Return whether the proxy, or with `--no-meter` nobody, counts the calls of a stage."""
        own = stage == "vision" and self._vision is not None
        return self._services.llm is not None and not own

    def _at(self, stage: CallStage) -> ChatModel:
        if stage == "vision" and self._vision is not None:
            return self._open(self._vision, lambda name: open_model(name))
        llm = self._services.llm
        if llm is None:
            assert self._services.model is not None
            return self._open(self._services.model, lambda name: open_model(name))
        endpoint = stage_endpoint(llm, stage)
        return self._open(endpoint.base_url, lambda _: self._endpoint(endpoint))

    def _open(self, key: str, make: Callable[[str], ChatModel]) -> ChatModel:
        if key not in self._opened:
            self._opened[key] = make(key)
        return self._opened[key]

    def _endpoint(self, endpoint: Endpoint) -> ChatModel:
        from locomo_vqa.models.openai_endpoint import OpenAIModel

        name = self._services.model
        in_flight = parse_name(name).number("in_flight", _IN_FLIGHT) if name else _IN_FLIGHT
        return OpenAIModel(endpoint, in_flight=in_flight, tries=_TRIES)
