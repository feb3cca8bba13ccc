"""Trains a LoRA adapter on examples, stops by the loss on others, and keeps the best epoch.

The loss is the mean over the tokens of the replies of a step. Each epoch shuffles, and drops out,
by the seed and its own number, and its end is on the disk before the next begins: a process that
is killed costs at most one epoch, and ends with the weights of one that was not.
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
from locomo_vqa.schemas import validate

from .examples import Example, hash_examples
from .lora_loop import Tick, Training
from .lora_settings import LoraSettings
from .lora_state import TrainingState
from .lora_student import EncodedExample, LoraStudent

__all__ = ["RECORD", "fit_lora", "read_training"]

RECORD = "training.json"
"""What is known of a training, in the adapter's folder."""

_AGAIN = "Choose another --out, or remove that folder to train anew."


def fit_lora(
    base: ModelName,
    examples: Sequence[Example],
    validation: Sequence[Example],
    settings: LoraSettings,
    out: Path,
    *,
    tick: Tick,
) -> dict[str, Any]:
    """Train an adapter on `examples` into the folder `out`; return what training.json says.

    An adapter that is there and was made of the same is left as it is. What a training that goes
    on needs is beside `out`, and gone when the adapter is there.

    Raises:
        InputError: there are no examples, all are too long, or a loss is no number.
        MissingResource: the packages or the base model's weights are not on this machine.
        OutputError: `out` holds another adapter, or can't be written.
    """
    for name, given in (("training", examples), ("validation", validation)):
        if not given:
            raise InputError(
                f"There are no examples for {name}.",
                "Lower --threshold, or take a teacher that answers more, or a benchmark whose "
                "train and validation splits have questions.",
            )
    student = LoraStudent(base, settings)
    if out.exists():
        student.prefix = _trained(out)["reply_prefix"]
    else:
        student.choose_prefix(examples)
    training = Training(student, settings, _fit_in(student, examples), _fit_in(student, validation))
    record = {
        "schema_version": 1,
        "kind": "lora_training",
        "base": dict(student.identity()),
        "settings": dict(settings.to_json()),
        "reply_prefix": student.prefix,
        "examples": {
            "train": _described(examples, training.examples),
            "validation": _described(validation, training.validation),
        },
    }
    if out.exists():
        return _same(out, record)
    state = TrainingState(
        out.with_name(f"{out.name}.training.pt"), sha256_text(canonical_json(record))
    )
    progress = training.run(state, tick)
    student.load(progress.best)
    record |= {
        "validation_loss_before": progress.before,
        "epochs": [asdict(epoch) for epoch in progress.epochs],
        "best_epoch": progress.best_epoch,
        "trainable_parameters": sum(weight.numel() for weight in student.trainable()),
        "versions": {
            "locomo-vqa": __version__,
            **{name: import_module(name).__version__ for name in ("torch", "transformers", "peft")},
        },
    }
    with new_folder(out, what="the adapter", remedy=_AGAIN) as folder:
        record["files"] = {WEIGHTS: student.save(folder)}
        validate(record, "lora_training", path=out / RECORD, remedy="Please report this.")
        write_json(folder / RECORD, record)
    state.remove()
    return record


def read_training(folder: Path) -> dict[str, Any]:
    """Return what an adapter's training.json says.

    Raises:
        InputError: there is none, or it has another shape.
    """
    record: dict[str, Any] = read_json(folder / RECORD, what="the record of the training")
    validate(record, "lora_training", path=folder / RECORD, remedy="Train the adapter again.")
    return record


def _fit_in(student: LoraStudent, examples: Sequence[Example]) -> list[EncodedExample]:
    """Return the examples that the student has room for, as tokens."""
    encoded = [student.encode(example) for example in examples]
    fitting = [each for each in encoded if len(each.ids) <= student.limit]
    if not fitting:
        raise InputError(
            f"All {len(encoded):,} examples have more than the {student.limit:,} tokens that "
            f"{student.name} has room for.",
            "Make them with fewer memories (--option top_k=N), or take another student.",
        )
    return fitting


def _described(given: Sequence[Example], used: Sequence[EncodedExample]) -> dict[str, Any]:
    return {
        "count": len(given),
        "sha256": hash_examples(given),
        "too_long": len(given) - len(used),
        "reply_tokens": sum(each.learned for each in used),
    }


def _trained(out: Path) -> dict[str, Any]:
    """Return the record of the adapter that is there; older ones began replies with nothing."""
    if not (out / CONFIG).is_file():
        raise OutputError(f"{out}: exists already and is no adapter.", _AGAIN)
    return {"reply_prefix": "", **read_training(out)}


def _same(out: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of the adapter that is there, where it was made of the same."""
    there = _trained(out)
    for key, value in record.items():
        if there[key] != value:
            raise OutputError(
                f"{out}: holds an adapter that was trained otherwise: its {key} differs.", _AGAIN
            )
    return there
