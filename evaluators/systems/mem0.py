"""The systems `mem0`, `mem0-captions` and `mem0-v`: one pipeline with three uses of images.

Files in the work folder: memory.jsonl (every change to a memory), facts.jsonl (the facts extracted
from each window of turns), images.jsonl (every remembered image), stages.json (settings, calls and
tokens by stage, anomalies), model_calls.jsonl (every call that does not go through the metering
proxy).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from locomo_vqa.files import write_json
from locomo_vqa.jsonl_log import JsonlLog
from locomo_vqa.models.chat import ChatReply
from locomo_vqa.prompts import ANSWER_VISUAL, prompt_hash
from locomo_vqa.system import (
    Answer,
    ConversationInfo,
    RecalledImage,
    Services,
    ShownImage,
    ShownTurn,
)

from ..memory import (
    AnomalyCounts,
    ImageMemory,
    ImageUse,
    MemorySettings,
    Pipeline,
    PipelineUsage,
    SpeakerStores,
    StageModels,
    open_embedder,
)
from ..memory.images import DESCRIBE_PROMPT
from ..memory.stage_models import RETRY_PROMPT
from ..own_prompts import pinned_prompts
from ..proxy.model_calls import ModelCalls

__all__ = ["Mem0", "Mem0Captions", "Mem0V"]

_PACKAGE = "locomo_vqa.evaluators.prompts"
_T = TypeVar("_T")


class Mem0:
    """Remembers what was said; ignores images and captions."""

    version = "1"
    uses_images = False
    any_model = True
    prompt_sha256 = prompt_hash(
        *(
            (_PACKAGE, f"mem0_{stage}_{form}_v1")
            for stage in ("extract", "update", "answer")
            for form in ("long", "reduced")
        ),
        (_PACKAGE, "mem0_speaker_v1"),
        (_PACKAGE, RETRY_PROMPT),
        (_PACKAGE, DESCRIBE_PROMPT),
        ("locomo_vqa.prompts", ANSWER_VISUAL),
    )
    image_use: ClassVar[ImageUse] = "nothing"
    """How the system uses images."""

    @classmethod
    def check_options(cls, options: Mapping[str, str], model: str | None) -> None:
        """Check the options of a run before it begins.

        Raises:
            InputError: an option is unknown, or its value can't be used.
        """
        MemorySettings.from_options(options, model=model)

    @classmethod
    def pin_options(cls, options: Mapping[str, str], model: str | None) -> Mapping[str, str]:
        """Return the options with the SHA-256 of the prompts in a folder, if they name one.

        Raises:
            InputError: an option is unknown, or its value can't be used.
        """
        settings = MemorySettings.from_options(options, model=model)
        return pinned_prompts(options, settings.own_prompts)

    def __init__(self) -> None:
        self._is_open = False

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Open the models and the files of the memory."""
        self._settings = self._read_settings(services)
        self._workdir = workdir
        self._calls = ModelCalls(workdir)
        self._usage, self._anomalies = PipelineUsage(self._calls), AnomalyCounts()
        self._history = _open_log(workdir / "memory.jsonl", "the memory's history")
        self._facts = _open_log(workdir / "facts.jsonl", "the list of extracted facts")
        self._image_log = _open_log(workdir / "images.jsonl", "the list of remembered images")
        self._runner = asyncio.Runner()
        self._models = self._open_models(services)
        self._embedder = open_embedder(self._settings.embedder)
        self._pipeline = self._open_pipeline(conversation, services)
        self._images = ImageMemory(
            self.image_use,
            pipeline=self._pipeline,
            models=self._models,
            settings=self._settings,
            record=self._image_log.append,
            read_reply=self._read_visual_reply,
        )
        self._is_open = True

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Read a session."""
        self._run(self._read(turns))

    def flush(self) -> None:
        """Write stages.json; there is no pending work."""
        self._write_stages()

    def answer(self, question: str, *, now: datetime) -> Answer:
        """Answer from the nearest memories."""
        return self._run(self._pipeline.answer(question, now))

    def answer_visual(
        self,
        question: str,
        *,
        image: ShownImage | None,
        now: datetime,
        recalled: RecalledImage | None = None,
    ) -> Answer:
        """Answer from the image or its caption; find an image that must be recalled.

        A system that ignores images answers from its memories.
        """
        if self.image_use == "nothing":
            return self.answer(question, now=now)
        return self._run(self._images.answer(question, image, recalled))

    def close(self) -> None:
        """Write stages.json, and close models and files."""
        if not self._is_open:
            return
        self._write_stages()
        self._run(self._models.close())
        self._run(self._embedder.close())
        self._runner.close()
        self._calls.close()
        self._history.close()
        self._facts.close()
        self._image_log.close()

    @property
    def embedder_record(self) -> Mapping[str, str]:
        """The embedder, for the run's record."""
        return self._embedder.record

    def _read_settings(self, services: Services) -> MemorySettings:
        return MemorySettings.from_options(services.options, model=services.model)

    def _read_visual_reply(self, reply: ChatReply) -> str:
        return reply.text

    def _open_models(self, services: Services) -> StageModels:
        return StageModels(services, self._settings, self._usage, self._anomalies)

    def _open_pipeline(
        self, conversation: ConversationInfo, services: Services
    ) -> Pipeline | SpeakerStores:
        parts = (self._settings, self._models, self._embedder)
        wiring: dict[str, Any] = {
            "record": self._history.append,
            "record_facts": self._facts.append,
            "usage": self._usage,
            "anomalies": self._anomalies,
            "context": services.context,
        }
        if self._settings.stores == "speaker":
            return SpeakerStores(*parts, speakers=conversation.speakers, **wiring)
        return Pipeline(*parts, **wiring)

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self._runner.run(work)

    async def _read(self, turns: Sequence[ShownTurn]) -> None:
        lines = await self._images.read(turns)
        if lines:
            await self._pipeline.read(lines, turns[0].time)

    def _write_stages(self) -> None:
        stores = self._pipeline.parts
        content = {
            "schema_version": 1,
            "settings": self._settings.to_json(),
            "search": stores[0].index.backend,
            "stages": self._usage.to_json(),
            "anomalies": self._anomalies.nonzero(),
            "kept": {
                "facts": sum(each.updater.facts_kept for each in stores),
                "windows": sum(each.windows_kept for each in stores),
            },
            "memories": sum(len(each.store.memories) for each in stores),
            "images": len(self._images.index),
        }
        write_json(self._workdir / "stages.json", content)


class Mem0Captions(Mem0):
    """Reads captions instead of images, like the starred rows of MemLoRA's table 2."""

    image_use = "captions"


class Mem0V(Mem0):
    """Sees images when they are shared, and again when a question is about one."""

    uses_images = True
    image_use = "pixels"


def _open_log(path: Path, what: str) -> JsonlLog:
    return JsonlLog(path, what=what, remedy="Stop that process.", flush=False)
