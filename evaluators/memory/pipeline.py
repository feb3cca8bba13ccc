"""Runs the stages in order: extraction, update, retrieval, generation.

Source: Mem0 as described in MemLoRA (arXiv 2512.04763, section 3.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelFailed, ModelImage
from locomo_vqa.system import Answer, ContextBudget

from .anomalies import AnomalyCounts
from .embedding import Embedder, Vectors
from .generation import Found, answer_from
from .prompts import extraction_prompt, update_prompt
from .replies import ReplyFault, read_facts, read_list
from .settings import MemorySettings
from .stage_models import StageModels
from .store import Memory, MemoryStore
from .text_matching import normalized
from .too_long import is_too_long, split_lines
from .update_plan import make_update_plan
from .updater import FactSource, Updater
from .usage import PipelineUsage
from .vector_index import VectorIndex

__all__ = ["Pipeline", "TurnLine", "WindowFacts"]

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLine:
    """A turn in the form that the extraction reads."""

    turn: str
    """The turn's id."""
    text: str
    """The turn as text, from `prompts.turn_as_text`."""
    speaker: str = ""
    """Who said it."""
    images: tuple[ModelImage, ...] = ()
    """The images that the extraction sees."""


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """A window of turns, and the facts that were extracted from it."""

    window: tuple[TurnLine, ...]
    """The turns."""
    facts: tuple[str, ...]
    """The facts."""

    def without(self, both: Collection[str], *, about: tuple[str, str]) -> WindowFacts:
        """Return it without those of the facts `both` that begin with the first name.

        The texts in `both` are normalized; a fact that begins with the second name too is kept.
        """
        kept = (
            fact
            for fact in self.facts
            if normalized(fact) not in both
            or not _begins_with(fact, about[0])
            or _begins_with(fact, about[1])
        )
        return replace(self, facts=tuple(kept))


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
        speakers: tuple[str, str] | None = None,
        ids: str = "m",
    ) -> None:
        """Begin without memories.

        Args:
            record: called with the row of each change before it is made.
            context: how much the answering model may be handed.
            record_facts: called with the turns and the facts of each window before they are merged.
            speakers: the person whose memories these are, and the other one; None for both people.
            ids: what the ids of memories begin with.
        """
        self._record_facts = record_facts
        self._speakers = speakers
        self.store = MemoryStore(record, ids=ids)
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

    @property
    def parts(self) -> tuple[Pipeline, ...]:
        """This pipeline alone."""
        return (self,)

    async def read(self, lines: Sequence[TurnLine], time: datetime) -> None:
        """Read a session: its windows are extracted concurrently, then merged in order.

        Raises:
            ModelError: a request got no reply.
        """
        await self.merge(await self.extract(lines, time), time)

    async def extract(self, lines: Sequence[TurnLine], time: datetime) -> list[WindowFacts]:
        """Return the facts in each window of a session; the windows are read concurrently.

        Raises:
            ModelError: a request got no reply.
        """
        size = self._settings.window
        windows = [tuple(lines[start : start + size]) for start in range(0, len(lines), size)]
        facts: dict[int, list[str]] = {}
        asked = gather_bounded(
            range(len(windows)),
            lambda number: self._extract(windows[number], time),
            at_once=self._models.in_flight,
        )
        async for number, found in asked:
            facts[number] = found
        return [WindowFacts(window, tuple(facts[n])) for n, window in enumerate(windows)]

    async def merge(self, read: Sequence[WindowFacts], time: datetime) -> None:
        """Merge the facts of windows into the memory, in order.

        Raises:
            ModelError: a request got no reply.
        """
        for each in read:
            turns, facts = [line.turn for line in each.window], list(each.facts)
            of = {"speaker": self._speakers[0]} if self._speakers else {}
            self._record_facts({"time": time.isoformat(), "turns": turns, **of, "facts": facts})
            source = FactSource(time, {line.turn: line.text for line in each.window})
            await self.update(facts, source)

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
            text=update_prompt(
                shown, facts, form=self._settings.prompts, own=self._settings.own_prompts
            ),
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
        return await answer_from(
            [Found(memory, distance) for memory, distance in await self.search(question)],
            question,
            now,
            settings=self._settings,
            models=self._models,
            context=self.context,
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
        texts = [self._as_message(line) for line in window]
        return await self._extract_texts(texts, images, time)

    def _as_message(self, line: TurnLine) -> str:
        """Return a turn's text, with its role in Mem0's way if the user's own prompt asks for it.

        The user is the person whose memories these are, and otherwise everybody.
        """
        own = self._settings.own_prompts
        if own is None or not own.uses("extract", "messages"):
            return line.text
        other = self._speakers is not None and line.speaker != self._speakers[0]
        return f"{'assistant' if other else 'user'}: {line.text}"

    async def _extract_texts(
        self, texts: Sequence[str], images: tuple[ModelImage, ...], time: datetime
    ) -> list[str]:
        request = ChatRequest(
            text=extraction_prompt(
                texts,
                time,
                form=self._settings.prompts,
                own=self._settings.own_prompts,
                speakers=self._speakers,
            ),
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


def _begins_with(fact: str, name: str) -> bool:
    first, wanted = _WORD.search(fact.lower()), _WORD.search(name.lower())
    return first is not None and wanted is not None and first[0] == wanted[0]
