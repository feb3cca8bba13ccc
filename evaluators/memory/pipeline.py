"""The stages in their order: extraction, update, retrieval, generation.

Source: Mem0 as MemLoRA describes it (arXiv 2512.04763, section 3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelImage
from locomo_vqa.system import Answer, Hit

from .anomalies import AnomalyCounts
from .embedding import Embedder, Vectors
from .prompts import answer_prompt, extraction_prompt, update_prompt
from .replies import ReplyFault, read_facts, read_list
from .settings import MemorySettings
from .stage_models import StageModels
from .store import MemoryStore
from .update_plan import make_update_plan
from .updater import Source, Updater
from .usage import PipelineUsage
from .vector_index import VectorIndex

__all__ = ["MAX_ANSWER_TOKENS", "Pipeline", "TurnLine"]

MAX_ANSWER_TOKENS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLine:
    """A turn as the extraction reads it."""

    turn: str
    """The turn's id."""
    text: str
    """Made by `prompts.spoken`."""
    pictures: tuple[ModelImage, ...] = ()
    """What the extraction sees."""


class Pipeline:
    """The memory of one conversation; all of it in one event loop."""

    def __init__(
        self,
        settings: MemorySettings,
        models: StageModels,
        embedder: Embedder,
        note: Callable[[dict[str, Any]], None],
        *,
        counts: PipelineUsage,
        anomalies: AnomalyCounts,
    ) -> None:
        self.store = MemoryStore(note)
        self.windows_kept = 0
        """Windows whose extraction could not be read, and whose turns were kept as they are."""
        self.updater = Updater(self.store, anomalies)
        self.nearest = VectorIndex()
        self._settings = settings
        self._models = models
        self._embedder = embedder
        self._counts = counts
        self._anomalies = anomalies

    async def read(self, lines: Sequence[TurnLine], time: datetime) -> None:
        """Take a session in: its windows are extracted side by side, and updates made in order.

        Raises:
            ModelError: a request got no reply.
        """
        size = self._settings.window
        windows = [lines[start : start + size] for start in range(0, len(lines), size)]
        facts: dict[int, list[str]] = {}
        asked = gather_bounded(
            range(len(windows)),
            lambda number: self._extract(windows[number], time),
            at_once=self._models.at_once,
        )
        async for number, found in asked:
            facts[number] = found
        for number, window in enumerate(windows):
            source = Source(time, {line.turn: line.text for line in window})
            await self.update(facts[number], source)

    async def update(self, facts: Sequence[str], source: Source) -> None:
        """Bring the memory up to date with facts of one window."""
        if not facts:
            return
        vectors = await self.embed(facts)
        ids = self._compared(vectors)
        shown = {short: self.store.memories[id].text for short, id in ids.items()}
        request = ChatRequest(
            text=update_prompt(shown, facts, form=self._settings.prompts),
            max_tokens=self._settings.reply_tokens,
        )
        entries = await self._models.ask_until_read("update", request, _read_memory)
        before = {id: memory.text for id, memory in self.store.memories.items()}
        if entries is None:
            self.updater.keep_all(facts, source)
        else:
            plan = make_update_plan(entries, shown, self._anomalies)
            self.updater.carry_out(plan, ids, facts, source)
        await self._index(before)

    async def answer(self, question: str, now: datetime) -> Answer:
        """Answer from the memories that are nearest to a question."""
        (vector,) = await self.embed([question])
        found = self.nearest.search(vector, self._settings.top_k)
        memories = [self.store.memories[id] for id, _ in found]
        text = answer_prompt(
            [memory.text for memory in memories], question, form=self._settings.prompts, now=now
        )
        request = ChatRequest(text=text, max_tokens=MAX_ANSWER_TOKENS)
        reply = await self._models.ask("generation", request)
        hits = tuple(
            Hit(text=memory.text, score=0.0 - round(distance, 6), turn=memory.turns[-1])
            for memory, (_, distance) in zip(memories, found, strict=True)
        )
        refused = reply.finish == "refused"
        return Answer(text=reply.text.strip(), refused=refused, retrieved=hits, usage=reply.usage)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text, counted where a server makes them."""
        vectors, usage = await self._embedder.embed(texts)
        if usage is not None:
            self._counts.add("embedding", usage, asked=sum(map(len, texts)), replied=0)
        return vectors

    async def _extract(self, window: Sequence[TurnLine], time: datetime) -> list[str]:
        prompt = extraction_prompt(
            [line.text for line in window], time, form=self._settings.prompts
        )
        request = ChatRequest(
            text=prompt,
            images=tuple(picture for line in window for picture in line.pictures),
            max_tokens=self._settings.reply_tokens,
        )
        read = partial(read_facts, counts=self._anomalies)
        facts = await self._models.ask_until_read("extraction", request, read)
        if facts is not None:
            return facts
        self.windows_kept += 1
        day = f"{time.day} {time:%B} {time.year}"
        return [f"{line.text} (said on {day})" for line in window]

    def _compared(self, vectors: Vectors) -> dict[str, str]:
        """Return the ids of the memories that facts are compared with, by short id."""
        found = [
            id
            for vector in vectors
            for id, _ in self.nearest.search(vector, self._settings.update_k)
        ]
        return {str(number): id for number, id in enumerate(dict.fromkeys(found))}

    async def _index(self, before: Mapping[str, str]) -> None:
        """Bring the vectors up to date; `before` are the texts that they are of."""
        now = self.store.memories
        for id in before.keys() - now.keys():
            self.nearest.remove(id)
        changed = [id for id, memory in now.items() if before.get(id) != memory.text]
        if changed:
            vectors = await self.embed([now[id].text for id in changed])
            for id, vector in zip(changed, vectors, strict=True):
                self.nearest.put(id, vector)


def _read_memory(reply: ChatReply) -> list[Any] | ReplyFault:
    return read_list(reply, "memory")
