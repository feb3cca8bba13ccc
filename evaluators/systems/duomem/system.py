"""The bundled system `duomem`: mem0's stages on a student, which a teacher helps in two spaces.

Context space: the student answers from memories that the teacher made of the same conversation.
Parameter space: a LoRA adapter, trained on the teacher's successful answers, answers. Each is an
option of its own, so that what either brings can be told apart.

Files in the work folder: those of mem0, and duomem.json (teacher, adapter, student).

Source: DuoMem (arXiv 2606.29961), carried over from acting in an environment to conversations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import write_json
from locomo_vqa.models.experts_local import ExpertsModel
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.system import ConversationInfo, Services, ShownTurn

from ...memory.experts import ExpertModels
from ...memory.memory_folder import TeacherMemories, TurnsHash, load_memories
from ...memory.settings import MemorySettings
from ...memory.stage_models import StageModels
from ...memory.student import student_base
from ..mem0 import Mem0
from .settings import named_adapter, named_memories, pin_spaces, read_settings

__all__ = ["DuoMem"]


class DuoMem(Mem0):
    """Answers from a teacher's memories, or its own; pictures, and captions, are passed over."""

    version = "1"

    @staticmethod
    def check_options(options: Mapping[str, str], model: str | None) -> None:
        """Check what was given with `--option`, before anything is run.

        Raises:
            InputError: an option is unknown, or has no value that makes sense.
        """
        read_settings(options, model)

    @classmethod
    def pin_options(cls, options: Mapping[str, str], model: str | None) -> Mapping[str, str]:
        """Return the options with the teacher and the hashes of memories and adapter.

        Raises:
            InputError: an option, the memories, the adapter or the student can't be used.
            MissingResource: with an adapter, a package or the student is not on this machine.
        """
        return pin_spaces(options, model)

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Open the student, and take the teacher's memories of this conversation over.

        Raises:
            InputError: the teacher made none of it.
        """
        self._given = named_memories(services.options)
        memories = [] if self._given is None else self._given.of(conversation.id)
        self._conversation, self._read_turns = conversation.id, TurnsHash()
        self._student: dict[str, Any] = {"name": hide_credentials(services.model or "")}
        super().open(conversation, workdir, services)
        self._run(load_memories(self._pipeline, memories))
        content = {"schema_version": 1, "student": self._student, **_context(self._given)}
        write_json(workdir / "duomem.json", content)

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Take a session in; with the teacher's memories it is only compared with theirs."""
        if self._given is None:
            super().add(turns)
        else:
            self._read_turns.add(turns)

    def flush(self) -> None:
        """Check that the teacher read the same turns; stages.json is written.

        Raises:
            InputError: the teacher read others.
        """
        super().flush()
        if self._given is None:
            return
        if self._read_turns.hex() != self._given.turns_sha256(self._conversation):
            raise InputError(
                f"{self._given.folder}: the teacher's memories of {self._conversation} were made "
                "of other turns.",
                "Make them with `locomo-vqa distill duomem --only memories` from the benchmark "
                "that is run.",
            )

    def _read_settings(self, services: Services) -> MemorySettings:
        return read_settings(services.options, services.model)

    def _open_models(self, services: Services) -> StageModels:
        adapter = named_adapter(services.options)
        if adapter is None:
            return super()._open_models(services)
        base = ExpertsModel(student_base(services.model), [adapter])
        self._student |= base.identity()
        return ExpertModels(services, self._settings, self._counts, self._anomalies, base)


def _context(memories: TeacherMemories | None) -> dict[str, Any]:
    if memories is None:
        return {"teacher": None, "memories_sha256": None}
    return {"teacher": memories.manifest["teacher"], "memories_sha256": memories.sha256}
