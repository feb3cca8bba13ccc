"""Two stores, one for what is remembered about each speaker, as in Mem0's evaluation.

Every window of turns is read once for each speaker. The memories of both are searched for each
question, and shown under the speaker's name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.system import Answer, ContextBudget

from .anomalies import AnomalyCounts
from .embedding import Embedder, Vectors
from .generation import Found, answer_from
from .pipeline import Pipeline, TurnLine
from .settings import MemorySettings
from .stage_models import StageModels
from .text_matching import normalized
from .usage import PipelineUsage

__all__ = ["SpeakerStores"]


class SpeakerStores:
    """The memory of one conversation in two stores; used like a `Pipeline`."""

    def __init__(
        self,
        settings: MemorySettings,
        models: StageModels,
        embedder: Embedder,
        *,
        speakers: Sequence[str],
        record: Callable[[dict[str, Any]], None],
        record_facts: Callable[[dict[str, Any]], None],
        usage: PipelineUsage,
        anomalies: AnomalyCounts,
        context: ContextBudget | None = None,
    ) -> None:
        """Begin without memories.

        Args:
            speakers: the two people of the conversation.
            record: called with the row of each change before it is made.
            record_facts: called with the turns and the facts of each window before they are merged.
            context: how much the answering model may be handed.

        Raises:
            InputError: both have the same name.
        """
        first, second = speakers
        if first == second:
            raise InputError(
                f"`options`: stores=speaker needs two names, and both speakers are {first!r}.",
                "Use stores=one.",
            )
        self._stores = {
            one: Pipeline(
                settings,
                models,
                embedder,
                record=record,
                record_facts=record_facts,
                usage=usage,
                anomalies=anomalies,
                context=context,
                speakers=(one, other),
                ids=f"s{number}m",
            )
            for number, (one, other) in enumerate(((first, second), (second, first)), 1)
        }
        self._settings, self._models, self.context = settings, models, context

    @property
    def parts(self) -> tuple[Pipeline, ...]:
        """The pipelines of the speakers, in their order."""
        return tuple(self._stores.values())

    async def read(self, lines: Sequence[TurnLine], time: datetime) -> None:
        """Read a session once for each speaker.

        A fact that comes back from both readings is kept for the one with whose name it begins.

        Raises:
            ModelError: a request got no reply.
        """
        read = {one: await part.extract(lines, time) for one, part in self._stores.items()}
        first, second = self._stores
        for number, (mine, theirs) in enumerate(zip(read[first], read[second], strict=True)):
            both = {normalized(f) for f in mine.facts} & {normalized(f) for f in theirs.facts}
            read[first][number] = mine.without(both, about=(second, first))
            read[second][number] = theirs.without(both, about=(first, second))
        for one, part in self._stores.items():
            await part.merge(read[one], time)

    async def answer(self, question: str, now: datetime) -> Answer:
        """Answer a question from the nearest memories of each speaker, nearest first.

        Raises:
            ModelError: a request got no reply.
        """
        found = [
            Found(memory, distance, one)
            for one, part in self._stores.items()
            for memory, distance in await part.search(question)
        ]
        return await answer_from(
            sorted(found, key=lambda each: each.distance),
            question,
            now,
            settings=self._settings,
            models=self._models,
            context=self.context,
            speakers=tuple(self._stores),
        )

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text.

        Raises:
            ModelError: the embedder returned no vectors.
        """
        return await self.parts[0].embed(texts)
