"""The bundled system `duomem`: mem0's stages on a student, with two kinds of help from a teacher.

Context space: the student answers from the teacher's memories of the same conversation. Parameter
space: the student answers with a LoRA adapter trained on the teacher's good answers. Each has its
own option, so their effects can be measured separately.

Files in the work folder: the files of mem0, and duomem.json (teacher, adapter, student).

Source: DuoMem (arXiv 2606.29961), transferred from acting in an environment to conversations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import write_json
from locomo_vqa.models.expert_opening import open_experts
from locomo_vqa.models.names import hide_credentials, parse_name
from locomo_vqa.system import ConversationInfo, Services, ShownTurn

from ...memory import (
    ExpertModels,
    MemorySettings,
    Pipeline,
    StageModels,
    TeacherMemories,
    TurnsHash,
)
from ..mem0 import Mem0
from .settings import duomem_settings, named_adapter, named_memories, pin_options

__all__ = ["DuoMem"]


class DuoMem(Mem0):
    """Answers from a teacher's memories or its own; ignores images and captions."""

    version = "1"

    @classmethod
    def check_options(cls, options: Mapping[str, str], model: str | None) -> None:
        """Check the options of a run before it begins.

        Raises:
            InputError: an option is unknown, or its value can't be used.
        """
        duomem_settings(options, model)

    @classmethod
    def pin_options(cls, options: Mapping[str, str], model: str | None) -> Mapping[str, str]:
        """Return the options with the teacher's name and the hashes of memories and adapter.

        Raises:
            InputError: an option, the memories, the adapter or the student can't be used.
            MissingResource: for an adapter, a package or the student is not on this machine.
        """
        return pin_options(options, model)

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Open the student, and load the teacher's memories of this conversation.

        Raises:
            InputError: the teacher has no memories of this conversation.
        """
        self._given = named_memories(services.options)
        memories = [] if self._given is None else self._given.of(conversation.id)
        self._conversation, self._read_turns = conversation.id, TurnsHash()
        self._student: dict[str, Any] = {"name": hide_credentials(services.model or "")}
        super().open(conversation, workdir, services)
        if isinstance(self._pipeline, Pipeline):
            self._run(self._pipeline.load(memories))
        content = {"schema_version": 1, "student": self._student, **_teacher_facts(self._given)}
        write_json(workdir / "duomem.json", content)

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Read a session; with a teacher's memories, only note its turns."""
        if self._given is None:
            super().add(turns)
        else:
            self._read_turns.add(turns)

    def flush(self) -> None:
        """Write stages.json, and check that the teacher read the same turns.

        Raises:
            InputError: the teacher read different turns.
        """
        super().flush()
        if self._given is None:
            return
        if self._read_turns.hex() != self._given.turns_sha256(self._conversation):
            raise InputError(
                f"{self._given.folder}: the teacher's memories of {self._conversation} were made "
                "from other turns.",
                "Make memories with `locomo-vqa distill duomem` from the benchmark of this run.",
            )

    def _read_settings(self, services: Services) -> MemorySettings:
        return duomem_settings(services.options, services.model)

    def _open_models(self, services: Services) -> StageModels:
        adapter = named_adapter(services.options)
        if adapter is None:
            return super()._open_models(services)
        base = open_experts(parse_name(services.model or ""), [adapter])
        self._student |= base.identity()
        return ExpertModels(services, self._settings, self._usage, self._anomalies, base)


def _teacher_facts(memories: TeacherMemories | None) -> dict[str, Any]:
    if memories is None:
        return {"teacher": None, "memories_sha256": None}
    return {"teacher": memories.manifest["teacher"], "memories_sha256": memories.sha256}
