"""Makes the training data of all stages in a folder, with a record and a card."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from locomo_vqa._version import __version__
from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import new_folder, read_json, sha256_file, write_json
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.responses import ResponseStore
from locomo_vqa.schemas import validate

from ...memory import MemorySettings
from ..teacher_pipeline import (
    Teacher,
    dataset_identity,
    open_teacher,
    settings_without_credentials,
)
from .data_card import data_card
from .observations import OBSERVATIONS, ObservationModel
from .samples import DATA_SPLITS, Samples, Stage, sample_file, write_samples
from .text_data import add_text_samples
from .vision_data import VisionTarget, add_vision_samples

__all__ = ["DATA_RECORD", "DataMaker", "read_data_record"]

DATA_RECORD = "data.json"
"""The record of the data, in its folder."""

_RESPONSES = "responses.sqlite"
_REMAKE = "Choose another `out`, or delete that folder to make the data again."


@dataclass(frozen=True, slots=True, kw_only=True)
class DataMaker:
    """The arguments of the data stage."""

    benchmark: Benchmark
    teacher: str
    """A model's name, or `locomo-observations`."""
    settings: MemorySettings
    """How the student will be asked."""
    stages: Sequence[Stage]
    vision_target: VisionTarget
    locomo: Path | None
    """LoCoMo's file, for its observations."""
    samples: int | None
    """The most training samples of a stage; None for all."""
    timeout_s: float
    progress: ProgressCallback

    def make(self, out: Path) -> dict[str, Any]:
        """Make the folder `out/data`, and return the content of its data.json.

        Data that exists is kept if it was made with the same arguments. If the teacher could not
        read a conversation, the data is made again; replies in its response store are free.

        Raises:
            InputError: an argument can't be used, or a stage has no samples.
            OutputError: the folder has other data, or can't be written.
            MissingResource: the teacher does not answer.
        """
        folder = out / "data"
        identity = self._identity()
        if folder.exists():
            record = _same_data(folder, identity)
            if not record["failed"]:
                return record
            shutil.rmtree(folder)
        samples = {stage: Samples(stage) for stage in self.stages}
        out.mkdir(parents=True, exist_ok=True)
        with new_folder(folder, what="the training data", remedy=_REMAKE) as part:
            failed = self._add(samples, part, out / _RESPONSES)
            for each in samples.values():
                if self.samples is not None:
                    each.draw(self.samples)
                write_samples(part, each)
            record = self._describe(identity, samples, failed, part)
            validate(record, "training_data", path=part / DATA_RECORD, remedy="Please report this.")
            write_json(part / DATA_RECORD, record)
            (part / "README.md").write_text(data_card(record), encoding="utf-8")
        return record

    def _add(self, samples: dict[Stage, Samples], folder: Path, store: Path) -> dict[str, str]:
        failed: dict[str, str] = {}
        if any(stage != "vision" for stage in samples):
            text = {stage: samples.get(stage, Samples(stage)) for stage in _TEXT}
            failed = asyncio.run(self._add_text(text, folder, store))
        if "vision" in samples:
            add_vision_samples(samples["vision"], self.benchmark, folder, target=self.vision_target)
        for stage, each in samples.items():
            empty = [split for split in DATA_SPLITS if not each.by_split[split]]
            if empty:
                raise InputError(
                    f"The {empty[0]} split gave no samples for {stage} "
                    f"(dropped: {dict(each.dropped) or 'none'}).",
                    "Use a better `teacher`, a larger `benchmark`, or leave the stage out.",
                )
        return failed

    async def _add_text(
        self, samples: dict[Stage, Samples], folder: Path, store: Path
    ) -> dict[str, str]:
        settings = replace(self.settings, reply_tokens=self._teacher_tokens())
        if self.teacher == OBSERVATIONS:
            assert self.locomo is not None
            teacher = Teacher(ObservationModel(self.locomo, self.benchmark), OBSERVATIONS)
            return await add_text_samples(
                samples, self.benchmark, teacher, settings, folder, progress=self.progress
            )
        with ResponseStore(store) as replies:
            async with open_teacher(self.teacher, replies, self.timeout_s) as teacher:
                return await add_text_samples(
                    samples, self.benchmark, teacher, settings, folder, progress=self.progress
                )

    def _teacher_tokens(self) -> int:
        """Return the limit of the teacher's replies: a teacher may think first."""
        if self.teacher == OBSERVATIONS:
            return self.settings.reply_tokens
        return MemorySettings.from_options({}, model=self.teacher).reply_tokens

    def _identity(self) -> dict[str, Any]:
        """Return what must be equal for the data to be kept."""
        return {
            "schema_version": 1,
            "kind": "training_data",
            "teacher": hide_credentials(self.teacher),
            "locomo_sha256": sha256_file(self.locomo) if self.locomo else None,
            "dataset": dict(dataset_identity(self.benchmark)),
            "stages": list(self.stages),
            "vision_target": self.vision_target if "vision" in self.stages else None,
            "most_samples": self.samples,
            "settings": dict(settings_without_credentials(self.settings)),
        }

    def _describe(
        self,
        identity: Mapping[str, Any],
        samples: Mapping[Stage, Samples],
        failed: Mapping[str, str],
        folder: Path,
    ) -> dict[str, Any]:
        files = [sample_file(folder, stage, split) for stage in samples for split in DATA_SPLITS]
        conversations = {
            split: [c.id for c in self.benchmark.conversations if c.split == split]
            for split in DATA_SPLITS
        }
        return {
            **identity,
            "conversations": conversations,
            "failed": dict(failed),
            "counts": {stage: each.to_json() for stage, each in samples.items()},
            "files": {str(file.relative_to(folder)): sha256_file(file) for file in files},
            "versions": {"locomo-vqa": __version__},
        }


_TEXT: tuple[Stage, ...] = ("extraction", "update", "generation")


def read_data_record(folder: Path) -> dict[str, Any]:
    """Return the content of data.json, after checking the files that it names.

    Raises:
        InputError: it is missing or has the wrong fields, or a file was changed.
    """
    path = folder / DATA_RECORD
    if not path.is_file():
        raise InputError(
            f"{folder}: the training data has not been made yet.",
            "Make it first: `only` must be data, or be left out.",
        )
    record: dict[str, Any] = read_json(path, what="the record of the training data")
    validate(record, "training_data", path=path, remedy="Make the data again.")
    for name, sha256 in record["files"].items():
        if not (folder / name).is_file() or sha256_file(folder / name) != sha256:
            raise InputError(
                f"{folder / name}: differs from its description in {DATA_RECORD}.",
                "Delete the folder and make the data again.",
            )
    return record


def _same_data(folder: Path, identity: Mapping[str, Any]) -> dict[str, Any]:
    record = read_data_record(folder)
    for name, value in identity.items():
        if record.get(name) != value:
            raise OutputError(f"{folder}: was made with different {name}.", _REMAKE)
    return record
