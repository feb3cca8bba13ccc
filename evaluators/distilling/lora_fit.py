"""Trains a LoRA adapter on examples, with early stopping, and keeps the best epoch.

The loss is the mean over the reply tokens of a step. An epoch's order and dropout depend only on
the seed and the epoch number, and its result is on disk before the next epoch begins. A killed
process therefore loses at most one epoch, and resuming leads to the same weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from locomo_vqa._version import __version__
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import canonical_json, new_folder, read_json, sha256_text, write_json
from locomo_vqa.models.experts import CONFIG, WEIGHTS
from locomo_vqa.models.names import ModelName
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.schemas import validate

from .examples import Example, hash_examples
from .lora_loop import Training, TrainingProgress
from .lora_settings import LoraSettings
from .lora_state import TrainingState
from .lora_student import EncodedExample, LoraStudent

__all__ = ["RECORD", "fit_lora", "read_training"]

RECORD = "training.json"
"""The name of the training record in the adapter's folder."""

_RETRAIN = "Choose another `out`, or delete that folder to train again."


def fit_lora(
    base: ModelName,
    examples: Sequence[Example],
    validation: Sequence[Example],
    settings: LoraSettings,
    out: Path,
    *,
    progress: ProgressCallback,
) -> dict[str, Any]:
    """Train an adapter on `examples` in the folder `out`; return the content of training.json.

    An existing adapter is not trained again if examples, settings and student are the same. The
    state of an interrupted training is in a file next to `out`, which is deleted at the end.

    Raises:
        InputError: examples are missing or all too long, or a loss is not finite.
        MissingResource: the packages or the base model's weights are not on this machine.
        OutputError: `out` has a different adapter, or can't be written.
    """
    _check_present(examples, validation)
    student = LoraStudent(base, settings)
    try:
        return _fit(student, examples, validation, settings, out, progress)
    finally:
        student.release()


def _fit(
    student: LoraStudent,
    examples: Sequence[Example],
    validation: Sequence[Example],
    settings: LoraSettings,
    out: Path,
    progress: ProgressCallback,
) -> dict[str, Any]:
    """Train a student that is open, as `fit_lora` says."""
    if out.exists():
        student.prefix = _existing_record(out)["reply_prefix"]
    else:
        student.choose_prefix(examples)
    training = Training(
        student, settings, _encode_fitting(student, examples), _encode_fitting(student, validation)
    )
    record = {
        "schema_version": 1,
        "kind": "lora_training",
        "base": dict(student.identity()),
        "settings": dict(settings.to_json()),
        "reply_prefix": student.prefix,
        "examples": {
            "train": _describe_examples(examples, training.examples),
            "validation": _describe_examples(validation, training.validation),
        },
    }
    state = TrainingState(
        out.with_name(f"{out.name}.training.pt"), sha256_text(canonical_json(record))
    )
    if out.exists():
        existing = _same_record(out, record)
        state.remove()  # A process that was killed when it was done left it.
        return existing
    result = training.run(state, progress)
    student.load(result.best)
    record |= _describe_result(student, result)
    with new_folder(out, what="the adapter", remedy=_RETRAIN) as folder:
        record["files"] = {WEIGHTS: student.save(folder)}
        validate(record, "lora_training", path=out / RECORD, remedy="Please report this.")
        write_json(folder / RECORD, record)
    state.remove()
    return record


def _check_present(examples: Sequence[Example], validation: Sequence[Example]) -> None:
    """Raise an InputError if there is nothing to train or to validate on."""
    for name, given in (("training", examples), ("validation", validation)):
        if not given:
            raise InputError(
                f"There are no {name} examples.",
                "Lower `threshold`, use a better `teacher`, or use a `benchmark` whose train and "
                "validation splits have questions.",
            )


def _describe_result(student: LoraStudent, result: TrainingProgress) -> dict[str, Any]:
    """Return the training.json entries about a finished training."""
    return {
        "validation_loss_before": result.before,
        "epochs": [asdict(epoch) for epoch in result.epochs],
        "best_epoch": result.best_epoch,
        "trainable_parameters": sum(weight.numel() for weight in student.trainable()),
        "versions": {
            "locomo-vqa": __version__,
            **{name: import_module(name).__version__ for name in ("torch", "transformers", "peft")},
        },
    }


def read_training(folder: Path) -> dict[str, Any]:
    """Return the content of an adapter's training.json.

    Raises:
        InputError: the file is missing, or has the wrong fields.
    """
    record: dict[str, Any] = read_json(folder / RECORD, what="the record of the training")
    validate(record, "lora_training", path=folder / RECORD, remedy="Train the adapter again.")
    return record


def _encode_fitting(student: LoraStudent, examples: Sequence[Example]) -> list[EncodedExample]:
    """Return the examples that fit the student's context, as tokens."""
    encoded = [student.encode(example) for example in examples]
    fitting = [each for each in encoded if len(each.ids) <= student.limit]
    if not fitting:
        raise InputError(
            f"All {len(encoded):,} examples are longer than the {student.limit:,} tokens that "
            f"{student.name} can take.",
            "Make the answers from fewer memories (the option top_k), or use another `student`.",
        )
    return fitting


def _describe_examples(given: Sequence[Example], used: Sequence[EncodedExample]) -> dict[str, Any]:
    return {
        "count": len(given),
        "sha256": hash_examples(given),
        "too_long": len(given) - len(used),
        "reply_tokens": sum(each.learned for each in used),
    }


def _existing_record(out: Path) -> dict[str, Any]:
    """Return the record of the existing adapter; old records lack the reply prefix."""
    if not (out / CONFIG).is_file():
        raise OutputError(f"{out}: already exists and is not an adapter.", _RETRAIN)
    return {"reply_prefix": "", **read_training(out)}


def _same_record(out: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the existing adapter's record, after checking that it was trained the same way."""
    existing = _existing_record(out)
    for key, value in record.items():
        if existing[key] != value:
            raise OutputError(
                f"{out}: was trained with different {key}.",
                _RETRAIN,
            )
    return existing
