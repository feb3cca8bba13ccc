"""The bundled systems `mem0`, `mem0-captions` and `mem0-v`: one pipeline, three ways to see.

Files in the work folder: memory.jsonl (every change of a memory), pictures.jsonl (every picture
that was shared), stages.json (settings, calls and tokens by stage, anomalies), model_calls.jsonl
(every call that goes past the metering proxy).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from locomo_vqa.files import write_json
from locomo_vqa.images import for_model
from locomo_vqa.jsonl_log import JsonlLog
from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatRequest, ModelImage
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.prompts import ANSWER_VISUAL, answer_visual, prompt_hash, prompt_text
from locomo_vqa.system import Answer, ConversationInfo, Hit, Services, ShownImage, ShownTurn

from ..memory.anomalies import AnomalyCounts
from ..memory.embedding import Embedder, EndpointEmbedder, LexicalEmbedder
from ..memory.image_index import ImageIndex, SharedImage
from ..memory.pipeline import MAX_ANSWER_TOKENS, Pipeline, TurnLine
from ..memory.prompts import turn_as_text
from ..memory.settings import LEXICAL_EMBEDDER, MemorySettings
from ..memory.stage_models import AGAIN, StageModels
from ..memory.usage import PipelineUsage
from ..memory.vector_index import VectorIndex
from ..proxy.model_calls import ModelCalls

__all__ = ["Mem0", "Mem0Captions", "Mem0V", "open_embedder"]

_PACKAGE = "locomo_vqa.evaluators.prompts"
_DESCRIBE = "mem0_describe_v1"
_MAX_DESCRIPTION = 400
_EMBEDDER_TIMEOUT_S = 120.0
_T = TypeVar("_T")


class Mem0:
    """Remembers what was said; pictures, and captions, are passed over."""

    version = "1"
    uses_images = False
    any_model = True
    prompt_sha256 = prompt_hash(
        *(
            (_PACKAGE, f"mem0_{stage}_{form}_v1")
            for stage in ("extract", "update", "answer")
            for form in ("long", "reduced")
        ),
        (_PACKAGE, AGAIN),
        (_PACKAGE, _DESCRIBE),
        ("locomo_vqa.prompts", ANSWER_VISUAL),
    )
    sees: ClassVar[Literal["nothing", "captions", "pixels"]] = "nothing"
    """What it makes use of in a picture; with pixels, captions too."""

    @staticmethod
    def check_options(options: Mapping[str, str], model: str | None) -> None:
        """Check what was given with `--option`, before anything is run.

        Raises:
            InputError: an option is unknown, or has no value that makes sense.
        """
        MemorySettings.read(options, model=model)

    def __init__(self) -> None:
        self._is_open = False

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Open the models, and the files of the memory."""
        self._settings = self._read_settings(services)
        self._recalls = conversation.visual == "recalled"
        self._workdir = workdir
        self._calls = ModelCalls(workdir)
        self._counts, self._anomalies = PipelineUsage(self._calls), AnomalyCounts()
        self._history = _appended(workdir / "memory.jsonl", "the memory's history")
        self._runner = asyncio.Runner()
        self._models = self._open_models(services)
        self._embedder = open_embedder(self._settings)
        self._pipeline = Pipeline(
            self._settings,
            self._models,
            self._embedder,
            self._history.append,
            counts=self._counts,
            anomalies=self._anomalies,
        )
        self._shared = _appended(workdir / "pictures.jsonl", "the album")
        self._album = ImageIndex(self._shared.append, VectorIndex())
        self._is_open = True

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Take a session in."""
        self._run(self._read(turns))

    def flush(self) -> None:
        """Nothing is pending; stages.json is written."""
        self._write_stages()

    def answer(self, question: str, *, now: datetime) -> Answer:
        """Answer from the nearest memories."""
        return self._run(self._pipeline.answer(question, now))

    def answer_visual(self, question: str, *, image: ShownImage | None, now: datetime) -> Answer:
        """Answer about a picture, or its caption; a recalled one is looked for in the album.

        A system that makes no use of pictures asks its memories.
        """
        if self.sees == "nothing":
            return self.answer(question, now=now)
        return self._run(self._look(question, image))

    def close(self) -> None:
        """Let go of models and files; stages.json is written."""
        if not self._is_open:
            return
        self._write_stages()
        self._run(self._models.close())
        self._run(self._embedder.close())
        self._runner.close()
        self._calls.close()
        self._history.close()
        self._shared.close()

    def _read_settings(self, services: Services) -> MemorySettings:
        return MemorySettings.read(services.options, model=services.model)

    def _open_models(self, services: Services) -> StageModels:
        return StageModels(services, self._settings, self._counts, self._anomalies)

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self._runner.run(work)

    async def _read(self, turns: Sequence[ShownTurn]) -> None:
        shared = [(turn, image) for turn in turns for image in turn.images if self._sees(image)]
        shows = await self._described([image for _, image in shared])
        for (turn, image), words in zip(shared, shows, strict=True):
            await self._keep(self._album.picture(turn, image, words))
        lines = [
            self._line(
                turn,
                [
                    (image, words)
                    for (where, image), words in zip(shared, shows, strict=True)
                    if where is turn
                ],
            )
            for turn in turns
        ]
        if lines:
            await self._pipeline.read(lines, turns[0].time)

    async def _described(self, images: Sequence[ShownImage]) -> list[str | None]:
        """Return what pictures show in words, as far as anybody says it; many are asked at once."""
        shows: dict[int, str | None] = {}
        asked = gather_bounded(
            range(len(images)),
            lambda number: self._shows(images[number]),
            at_once=self._models.at_once,
        )
        async for number, words in asked:
            shows[number] = words
        return [shows[number] for number in range(len(images))]

    def _line(self, turn: ShownTurn, shared: Sequence[tuple[ShownImage, str | None]]) -> TurnLine:
        """Return a turn for the extraction; a picture that it sees is announced in the words."""
        seen = self.sees == "pixels" and self._settings.pictures == "see"
        captions = [words or ("a picture" if seen else None) for _, words in shared]
        return TurnLine(
            turn=turn.id,
            text=turn_as_text(turn.speaker, turn.text, [words for words in captions if words]),
            pictures=tuple(_picture(i.path) for i, _ in shared if seen and i.path is not None),
        )

    def _sees(self, image: ShownImage) -> bool:
        pixels = self.sees == "pixels" and image.path is not None
        return pixels or (self.sees != "nothing" and image.caption is not None)

    async def _shows(self, image: ShownImage) -> str | None:
        if image.caption is not None or image.path is None:
            return image.caption
        if self._settings.pictures != "describe":
            return None
        request = ChatRequest(
            text=prompt_text(_PACKAGE, _DESCRIBE).strip(),
            images=(_picture(image.path),),
            max_tokens=MAX_ANSWER_TOKENS,
        )
        reply = await self._models.ask("vision", request)
        words = " ".join(reply.text.split()).rstrip(".")[:_MAX_DESCRIPTION]
        return words if words and reply.finish != "refused" else None

    async def _keep(self, picture: SharedImage) -> None:
        (vector,) = await self._pipeline.embed([picture.text])
        self._album.keep(picture, vector)

    async def _look(self, question: str, image: ShownImage | None) -> Answer:
        hits: tuple[Hit, ...] = ()
        if image is None and self._recalls and len(self._album):
            (vector,) = await self._pipeline.embed([question])
            found = self._album.find(question, vector)
            assert found is not None
            image, hits = found.image, (Hit(text=found.text, turn=found.turn),)
        shown = image if image is not None and self._sees(image) else None
        pictures = (_picture(shown.path),) if shown and shown.path else ()
        prompt = answer_visual(question, caption=shown.caption if shown else None)
        request = ChatRequest(text=prompt, images=pictures, max_tokens=MAX_ANSWER_TOKENS)
        reply = await self._models.ask("vision", request)
        refused = reply.finish == "refused"
        return Answer(text=reply.text.strip(), refused=refused, retrieved=hits, usage=reply.usage)

    def _write_stages(self) -> None:
        content = {
            "schema_version": 1,
            "settings": self._settings.to_json(),
            "search": self._pipeline.nearest.backend,
            "stages": self._counts.to_json(),
            "anomalies": self._anomalies.met(),
            "kept": {
                "facts": self._pipeline.updater.facts_kept,
                "windows": self._pipeline.windows_kept,
            },
            "memories": len(self._pipeline.store.memories),
            "pictures": len(self._album),
        }
        write_json(self._workdir / "stages.json", content)


class Mem0Captions(Mem0):
    """Reads captions in the place of pictures, as the starred rows of MemLoRA's table 2 do."""

    sees = "captions"


class Mem0V(Mem0):
    """Sees pictures: when they are shared, and when a question is about one."""

    uses_images = True
    sees = "pixels"


def _appended(path: Path, what: str) -> JsonlLog:
    return JsonlLog(path, what=what, remedy="End that process.", flush=False)


def open_embedder(settings: MemorySettings) -> Embedder:
    """Return what makes vectors of texts, as the settings name it."""
    if settings.embedder == LEXICAL_EMBEDDER:
        return LexicalEmbedder()
    return EndpointEmbedder(parse_endpoint(settings.embedder, timeout_s=_EMBEDDER_TIMEOUT_S))


def _picture(path: Path) -> ModelImage:
    data, media_type = for_model(path.read_bytes())
    return ModelImage(sha256=path.stem, media_type=media_type, data=data)
