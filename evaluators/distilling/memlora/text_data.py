"""Samples of the text stages: what a teacher extracts and updates, and gold answers over it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, Conversation
from locomo_vqa.errors import MissingResource
from locomo_vqa.files import write_jsonl
from locomo_vqa.models.chat import ModelError
from locomo_vqa.progress import ProgressCallback

from ...memory import MemorySettings, Pipeline, TurnLine, open_embedder
from ...memory.memory_folder import memory_row
from ...memory.prompts import turn_as_text
from ...running.view import ConversationView
from ..teacher_pipeline import Teacher, end_of_teacher
from .generation_data import add_generation_samples
from .recording import recording_pipeline
from .samples import DATA_SPLITS, Samples, Stage

__all__ = ["add_text_samples"]

_READING: tuple[Stage, ...] = ("extraction", "update")


async def add_text_samples(
    samples: dict[Stage, Samples],
    benchmark: Benchmark,
    teacher: Teacher,
    settings: MemorySettings,
    folder: Path,
    *,
    progress: ProgressCallback,
) -> dict[str, str]:
    """Have a teacher read the train and validation conversations; return why some failed, by id.

    Its memories of each conversation are written to `folder/memories`.

    Args:
        settings: how the student will be asked, apart from the longest reply.

    Raises:
        OutputError: a file can't be written.
        MissingResource: the teacher's server does not answer.
    """
    conversations = [c for c in benchmark.conversations if c.split in DATA_SPLITS]
    failed: dict[str, str] = {}
    embedder = open_embedder(settings.embedder)
    try:
        for done, conversation in enumerate(conversations):
            progress("teacher", done, len(conversations))
            read = {stage: samples[stage] for stage in _READING}
            pipeline, models = recording_pipeline(teacher, settings, embedder, conversation, read)
            try:
                await _read(pipeline, benchmark, conversation)
                await _ask(pipeline, benchmark, conversation, samples, settings)
            except ModelError as error:
                if ended := end_of_teacher(error):
                    raise ended from None
                failed[conversation.id] = str(error)
                continue
            models.finish()
            _write_memories(folder / "memories", conversation, pipeline)
    finally:
        await embedder.close()
    progress("teacher", len(conversations), len(conversations))
    if len(failed) == len(conversations):
        _, reason = next(iter(failed.items()))
        raise MissingResource(
            f"The teacher could read no conversation ({reason}).", "Use another `teacher`."
        )
    return failed


async def _read(pipeline: Pipeline, benchmark: Benchmark, conversation: Conversation) -> None:
    for session in ConversationView(benchmark, conversation, "none").sessions():
        lines = [
            TurnLine(turn=turn.id, text=turn_as_text(turn.speaker, turn.text)) for turn in session
        ]
        if lines:
            await pipeline.read(lines, session[0].time)


async def _ask(
    pipeline: Pipeline,
    benchmark: Benchmark,
    conversation: Conversation,
    samples: dict[Stage, Samples],
    settings: MemorySettings,
) -> None:
    now = ConversationView(benchmark, conversation, "none").now
    await add_generation_samples(
        samples["generation"], benchmark, conversation, pipeline, settings, now
    )


def _write_memories(folder: Path, conversation: Conversation, pipeline: Pipeline) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    memories: Sequence[object] = [memory_row(memory) for memory in pipeline.store.memories.values()]
    write_jsonl(folder / f"{conversation.id}.jsonl", memories)
