"""The models of the stages: every call is counted, and unreadable replies are retried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest, ModelError
from locomo_vqa.models.names import parse_name
from locomo_vqa.models.opening import open_model
from locomo_vqa.responses import reject_replies
from locomo_vqa.system import Endpoint, Services
from locomo_vqa.worker import address_for_stage

from .anomalies import AnomalyCounts
from .prompts import again_prompt
from .replies import ReplyFault
from .settings import MemorySettings
from .stage_names import is_model_name
from .usage import PipelineUsage

if TYPE_CHECKING:
    from ..proxy.stages import CallStage

__all__ = ["RETRY_PROMPT", "StageModels", "stage_endpoint"]

RETRY_PROMPT = "mem0_again_v1"
"""The prompt that says what is wrong with a reply."""

_IN_FLIGHT = 8
_TRIES = 3
_MAX_QUOTED_CHARACTERS = 2000
_T = TypeVar("_T")

_OBJECTIONS: dict[ReplyFault, str] = {
    "broken_json": "it is no JSON",
    "truncated_json": "its JSON ends too early",
    "not_a_list": "its JSON has no such list",
    "refused": "it has no facts and no operations",
    "placeholder": "it only repeats the example",
}
"""Words that models are sent."""


def stage_endpoint(endpoint: Endpoint, stage: CallStage) -> Endpoint:
    """Return the address that counts a stage separately, if it is the metering proxy's."""
    return replace(endpoint, base_url=address_for_stage(endpoint.base_url, stage))


class StageModels:
    """A model for each stage, which may all be the same; for one event loop.

    Raises:
        InputError: a model's name is not valid.
        MissingResource: a model's packages or weights are not on this machine.
    """

    def __init__(
        self,
        services: Services,
        settings: MemorySettings,
        usage: PipelineUsage,
        anomalies: AnomalyCounts,
    ) -> None:
        self._services = services
        self._tries = settings.tries
        self._own_prompts = settings.own_prompts
        self._usage = usage
        self._anomalies = anomalies
        self._opened: dict[str, ChatModel] = {}
        self.unreadable = 0
        """Requests to which no try gave a readable reply."""
        self._named: Mapping[CallStage, str | None] = {
            "extraction": settings.extraction,
            "update": settings.update,
            "generation": settings.generation,
            "vision": settings.vision,
        }
        self.in_flight = self._model_of("extraction").in_flight
        """The number of requests that the text model can process at once."""
        for stage in self._named:
            self._model_of(stage)

    async def ask(self, stage: CallStage, request: ChatRequest) -> ChatReply:
        """Return the reply to one request.

        Raises:
            ModelError: the model did not reply.
        """
        model, calls = self._model_of(stage), self._usage.calls
        sent = len(request.text) + sum(len(said) + len(why) for said, why in request.replies)
        try:
            if calls is None or self._goes_through_proxy(stage):
                reply = await model.ask(request)
            else:
                reply = await calls.ask(stage, model, request)
        except ModelError as error:
            if error.usage is not None:
                self._usage.add(stage, error.usage, sent=sent, received=0)
            raise
        self._usage.add(stage, reply.usage, sent=sent, received=len(reply.text))
        return reply

    async def ask_until_readable(
        self,
        stage: CallStage,
        request: ChatRequest,
        read: Callable[[ChatReply], list[_T] | ReplyFault],
    ) -> list[_T] | None:
        """Return the content of the first readable reply; None if no attempt gets one.

        `read` returns the content, or the name of the fault, which is then counted. If every
        attempt fails, a model with a store is asked again by the next command.

        Raises:
            ModelError: the model did not reply.
        """
        asked: list[ChatRequest] = []
        for _ in range(self._tries):
            asked.append(request)
            reply = await self.ask(stage, request)
            found = read(reply)
            if isinstance(found, list):
                return found
            self._anomalies.count(found)
            objection = again_prompt(_OBJECTIONS[found], self._own_prompts)
            quoted = reply.text[:_MAX_QUOTED_CHARACTERS] or "(nothing)"
            request = replace(request, replies=((quoted, objection),))
        self.unreadable += 1
        self.reject(stage, asked)
        return None

    def count_unreadable(self, stage: CallStage, request: ChatRequest) -> None:
        """Count a reply about an image that has no answer, and have it asked again."""
        self._anomalies.count("no_answer")
        self.reject(stage, [request])

    def reject(self, stage: CallStage, requests: Iterable[ChatRequest]) -> None:
        """Have a model with a store asked again by the next command."""
        reject_replies(self._model_of(stage), requests)

    async def close(self) -> None:
        """Close all models."""
        for model in self._opened.values():
            await model.close()

    def _goes_through_proxy(self, stage: CallStage) -> bool:
        """Return whether a stage asks the run's endpoint, whose calls the proxy may count."""
        named = self._named.get(stage)
        return self._services.llm is not None and not (named and is_model_name(named))

    def _model_of(self, stage: CallStage) -> ChatModel:
        named, llm = self._named.get(stage), self._services.llm
        if named is not None and is_model_name(named):
            return self._open_once(named, lambda name: open_model(name, parameter=stage))
        if llm is None:
            assert self._services.model is not None
            return self._open_once(self._services.model, lambda name: open_model(name))
        endpoint = stage_endpoint(replace(llm, model=named or llm.model), stage)
        key = f"{endpoint.base_url} {endpoint.model}"
        return self._open_once(key, lambda _: self._open_endpoint(endpoint))

    def _open_once(self, key: str, make: Callable[[str], ChatModel]) -> ChatModel:
        if key not in self._opened:
            self._opened[key] = make(key)
        return self._opened[key]

    def _open_endpoint(self, endpoint: Endpoint) -> ChatModel:
        from locomo_vqa.models.openai_endpoint import OpenAIModel

        name = self._services.model
        in_flight = parse_name(name).number("in_flight", _IN_FLIGHT) if name else _IN_FLIGHT
        return OpenAIModel(endpoint, in_flight=in_flight, tries=_TRIES)
