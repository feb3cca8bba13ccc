"""The JSON Schema of every file format, and a check whose errors are sentences."""

from __future__ import annotations

import functools
import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.errors import InputError

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

__all__ = ["SCHEMAS", "load_schema", "validate"]

SCHEMAS = (
    "ablation",
    "benchmark",
    "board",
    "build",
    "comparison",
    "call",
    "conversation",
    "decision",
    "efficiency",
    "errata",
    "image",
    "import_report",
    "journal",
    "judge_check",
    "judgement",
    "locomo",
    "lora_training",
    "losses",
    "metadata",
    "model_call",
    "prediction",
    "question_row",
    "recipe",
    "run",
    "scores",
    "scores_row",
    "selection",
    "teacher_answer",
    "teacher_answers",
    "teacher_memories",
    "teacher_memory",
    "text_question",
    "visual_question",
)
"""The names that `load_schema` and `validate` take."""


def load_schema(name: str) -> dict[str, Any]:
    """Return one of `SCHEMAS` as parsed JSON."""
    text = resources.files(__name__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@functools.cache
def _validator(name: str) -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    types = Draft202012Validator.TYPE_CHECKER.redefine("array", _is_array)
    kind: Any = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    validator: Validator = kind(load_schema(name))
    return validator


def _is_array(checker: Any, value: Any) -> bool:
    """Accept tuples as arrays too, because values are checked before they become JSON."""
    return isinstance(value, list | tuple)


def validate(value: Any, schema: str, *, path: Path, remedy: str, place: str = "") -> None:
    """Check a parsed value against a schema.

    Raises:
        InputError: the message names the file, the place in it and what is wrong there.
    """
    validator = _validator(schema)
    if validator.is_valid(value):
        return
    from jsonschema.exceptions import best_match

    error = best_match(validator.iter_errors(value))
    assert error is not None
    steps = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path
    )
    where = ", ".join(part for part in (place, steps.lstrip(".")) if part)
    raise InputError(
        f"{path}{': ' if where else ''}{where}: {_readable_message(error.message)}.", remedy
    )


def _readable_message(message: str) -> str:
    message = message.replace("is a required property", "is missing")
    return message if len(message) <= 200 else f"{message[:120]} … {message[-60:]}"
