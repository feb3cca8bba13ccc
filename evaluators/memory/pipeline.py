"""Runs the stages in order: extraction, update, retrieval, generation.

Source: Mem0 as described in MemLoRA (arXiv 2512.04763, section 3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from locomo_vqa.context_budget import fit_texts
from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelFailed, ModelImage
from locomo_vqa.system import Answer, ContextBudget, Hit

from .anomalies import AnomalyCounts
from .embedding import Embedder, Vectors
from .prompts import answer_prompt, extraction_prompt, update_prompt
from .replies import ReplyFault, read_facts, read_list
from .settings import MemorySettings
from .stage_models import StageModels
from .store import Memory, MemoryStore
from .too_long import is_too_long, split_lines
from .update_plan import make_update_plan
from .updater import FactSource, Updater
from .usage import PipelineUsage
from .vector_index import VectorIndex

__all__ = ["ANSWER_TOKEN_LIMIT", "Pipeline", "TurnLine"]

ANSWER_TOKEN_LIMIT = 256
"""The maximum length of an answer, in tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLine:
    """A turn in the form that the extraction reads."""

    turn: str
    """The turn's id."""
    text: str
    """The turn as text, from `prompts.turn_as_text`."""
    images: tuple[ModelImage, ...] = ()
    """The images that the extraction sees."""


class Pipeline:
    """The memory of one conversation, for use in one event loop."""

    def __init__(
        self,
        settings: MemorySettings,
        models: StageModels,
        embedder: Embedder,
        *,
        record: Callable[[dict[str, Any]], None] = lambda row: None,
        record_facts: Callable[[dict[str, Any]], None] = lambda row: None,
        usage: PipelineUsage,
        anomalies: AnomalyCounts,
        context: ContextBudget | None = None,
    ) -> None:
        """Begin without memories.

        Args:
            record: called with the row of each change before it is made.
            context: how much the answering model may be handed.
            record_facts: called with the turns and the facts of each window before they are merged.
        """
        self._record_facts = record_facts
        self.store = MemoryStore(record)
        self.windows_kept = 0
        """The number of windows whose turns became memories, as no extraction could be read."""
        self.updater = Updater(self.store, anomalies)
        self.index = VectorIndex()
        self._settings = settings
        self._models = models
        self._embedder = embedder
        self._usage = usage
        self._anomalies = anomalies
        self.context = context
        """How much the answering model may be handed."""

    async def read(self, lines: Sequence[TurnLine], time: datetime) -> None:
        """Read a session: its windows are extracted concurrently, then merged in order.

        Raises:
            ModelError: a request got no reply.
        """
        size = self._settings.window
        windows = [lines[start : start + size] for start in range(0, len(lines), size)]
        facts: dict[int, list[str]] = {}
        asked = gather_bounded(
            range(len(windows)),
            lambda number: self._extract(windows[number], time),
            at_once=self._models.in_flight,
        )
        async for number, found in asked:
            facts[number] = found
        for number, window in enumerate(windows):
            turns = [line.turn for line in window]
            self._record_facts({"time": time.isoformat(), "turns": turns, "facts": facts[number]})
            source = FactSource(time, {line.turn: line.text for line in window})
            await self.update(facts[number], source)

    async def update(self, facts: Sequence[str], source: FactSource) -> None:
        """Merge the facts of one window into the memory.

        Raises:
            ModelError: a request got no reply.
        """
        if not facts:
            return
        vectors = await self.embed(facts)
        ids = self._similar_memories(vectors)
        shown = {short: self.store.memories[id].text for short, id in ids.items()}
        request = ChatRequest(
            text=update_prompt(shown, facts, form=self._settings.prompts),
            max_tokens=self._settings.reply_tokens,
        )
        try:
            entries = await self._models.ask_until_readable("update", request, _read_operations)
        except ModelFailed as error:
            if not is_too_long(error):
                raise
            entries = None
        before = {id: memory.text for id, memory in self.store.memories.items()}
        if entries is None:
            self.updater.keep_all(facts, source)
        else:
            plan = make_update_plan(entries, shown, self._anomalies)
            self.updater.apply(plan, ids, facts, source)
        await self._update_index(before)

    async def load(self, memories: Sequence[Memory]) -> None:
        """Add memories that were made elsewhere; they get new ids.

        Raises:
            ModelError: the embedder returned no vectors.
        """
        if not memories:
            return
        vectors = await self.embed([memory.text for memory in memories])
        for memory, vector in zip(memories, vectors, strict=True):
            added = self.store.add(memory.text, time=memory.time, turns=memory.turns)
            self.index.put(added.id, vector)

    async def search(self, question: str) -> list[tuple[Memory, float]]:
        """Return the memories nearest to a question and their distances, nearest first.

        Raises:
            ModelError: the embedder returned no vectors.
        """
        (vector,) = await self.embed([question])
        found = self.index.search(vector, self._settings.top_k)
        return [(self.store.memories[id], distance) for id, distance in found]

    async def answer(self, question: str, now: datetime) -> Answer:
        """Answer a question from the nearest memories, as far as the run's budget goes.

        Raises:
            ModelError: a request got no reply.
        """
        found = await self.search(question)
        while True:
            fitted = fit_texts([memory.text for memory, _ in found], self.context)
            request = ChatRequest(
                text=answer_prompt(fitted.texts, question, form=self._settings.prompts, now=now),
                max_tokens=ANSWER_TOKEN_LIMIT,
            )
            try:
                reply = await self._models.ask("generation", request)
                break
            except ModelFailed as error:
                if not found or not is_too_long(error):
                    raise
                found = found[: len(found) // 2]  # The nearest ones stay.
        if not reply.text.strip():
            self._models.reject("generation", [request])
        hits = tuple(
            Hit(
                text=text,
                score=0.0 - round(distance, 6),
                turn=memory.turns[-1],
                turns=memory.turns if len(memory.turns) > 1 else (),
            )
            for text, (memory, distance) in zip(fitted.texts, found, strict=False)
        )
        return Answer(
            text=reply.text.strip(),
            refused=reply.finish == "refused",
            retrieved=hits,
            usage=reply.usage,
            context_tokens=fitted.tokens,
        )

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text, and count the usage if a server made it.

        Raises:
            ModelError: the embedder returned no vectors.
        """
        vectors, usage = await self._embedder.embed(texts)
        if usage is not None:
            self._usage.add("embedding", usage, sent=sum(map(len, texts)), received=0)
        return vectors

    async def _extract(self, window: Sequence[TurnLine], time: datetime) -> list[str]:
        """Return the facts in a window, or its turns if no reply could be read.

        A window that is too long for the model is read in parts.
        """
        images = tuple(image for line in window for image in line.images)
        return await self._extract_texts([line.text for line in window], images, time)

    async def _extract_texts(
        self, texts: Sequence[str], images: tuple[ModelImage, ...], time: datetime
    ) -> list[str]:
        request = ChatRequest(
            text=extraction_prompt(texts, time, form=self._settings.prompts),
            images=images,
            max_tokens=self._settings.reply_tokens,
        )
        read = partial(read_facts, counts=self._anomalies)
        try:
            facts = await self._models.ask_until_readable("extraction", request, read)
        except ModelFailed as error:
            parts = split_lines(texts) if is_too_long(error) else None
            if parts is None:
                raise
            first, second = parts
            found = await self._extract_texts(first, images, time)
            return found + await self._extract_texts(second, (), time)
        if facts is not None:
            return facts
        self.windows_kept += 1
        day = f"{time.day} {time:%B} {time.year}"
        return [f"{text} (said on {day})" for text in texts]

    def _similar_memories(self, vectors: Vectors) -> dict[str, str]:
        """Return the ids of the memories to compare facts with, by short id."""
        found = [
            id for vector in vectors for id, _ in self.index.search(vector, self._settings.update_k)
        ]
        return {str(number): id for number, id in enumerate(dict.fromkeys(found))}

    async def _update_index(self, before: Mapping[str, str]) -> None:
        """Embed changed texts; `before` has the texts that the index has vectors for, by id."""
        now = self.store.memories
        for id in before.keys() - now.keys():
            self.index.remove(id)
        changed = [id for id, memory in now.items() if before.get(id) != memory.text]
        if changed:
            vectors = await self.embed([now[id].text for id in changed])
            for id, vector in zip(changed, vectors, strict=True):
                self.index.put(id, vector)


def _read_operations(reply: ChatReply) -> list[Any] | ReplyFault:
    return read_list(reply, "memory")
