"""The JSON Schema of every file format, and a check whose errors are sentences."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.errors import InputError
from locomo_vqa.schemas.compiled import (
    MOST,
    Check,
    compile_schema,
    is_array,
    is_count,
    is_number,
)
from locomo_vqa.text import escape_unprintable

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

__all__ = ["SCHEMAS", "load_schema", "validate"]

SCHEMAS = (
    "ablation",
    "benchmark",
    "board",
    "build",
    "build_call",
    "comparison",
    "call",
    "certificate",
    "command",
    "conversation",
    "decision",
    "efficiency",
    "errata",
    "estimate",
    "expert_search",
    "failure",
    "frontier",
    "history",
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
    "paper_table",
    "prediction",
    "question_row",
    "recipe",
    "reported",
    "reproduction",
    "reproduction_call",
    "run",
    "scores",
    "scores_row",
    "selection",
    "source",
    "splits",
    "teacher_answer",
    "teacher_answers",
    "teacher_memories",
    "teacher_memory",
    "text_question",
    "training_data",
    "training_sample",
    "visual_question",
)
"""The names that `load_schema` and `validate` take."""


def load_schema(name: str) -> dict[str, Any]:
    """Return one of `SCHEMAS` as parsed JSON."""
    text = resources.files(__name__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


_MOST_ERRORS = 100
"""How many errors are examined to find the one to show: a value may have millions."""


@functools.cache
def _check(name: str) -> Check:
    """Return whether a value is valid, by a function that is quick if the schema allows one."""
    schema = load_schema(name)
    try:
        return compile_schema(schema)
    except NotImplementedError:
        return _validator(name).is_valid


@functools.cache
def _validator(name: str) -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "array": lambda checker, value: is_array(value),
            "integer": lambda checker, value: is_count(value),
            "number": lambda checker, value: is_number(value),
        }
    )
    kind: Any = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {"anyOf": _any_of}, type_checker=types
    )
    validator: Validator = kind(load_schema(name))
    return validator


def _any_of(validator: Any, schemas: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Check `anyOf` without collecting every error of a large value."""
    from jsonschema.exceptions import ValidationError

    if any(validator.evolve(schema=each).is_valid(instance) for each in schemas):
        return
    context = [
        error
        for number, each in enumerate(schemas)
        for error in islice(validator.descend(instance, each, schema_path=number), _MOST_ERRORS)
    ]
    yield ValidationError("it has none of the forms that are allowed", context=context)


def validate(value: Any, schema: str, *, path: Path, remedy: str, place: str = "") -> None:
    """Check a parsed value against a schema.

    Raises:
        InputError: the message names the file, the place in it and what is wrong there.
    """
    if _check(schema)(value):
        return
    validator = _validator(schema)
    _refuse_newer(value, validator.schema, path)
    from jsonschema.exceptions import best_match

    error = best_match(islice(validator.iter_errors(value), _MOST_ERRORS))
    assert error is not None
    steps = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path
    )
    where = ", ".join(part for part in (place, steps.lstrip(".")) if part)
    raise InputError(f"{path}{': ' if where else ''}{where}: {_readable_message(error)}.", remedy)


def _refuse_newer(value: Any, schema: Any, path: Path) -> None:
    """Refuse a file in a later format, which no correction of it can help.

    Raises:
        InputError: the file's format is newer than the schema's.
    """
    known = schema.get("properties", {}).get("schema_version", {}).get("const")
    found = value.get("schema_version") if isinstance(value, dict) else None
    newer = isinstance(found, int) and not isinstance(found, bool) and known is not None
    if newer and found > known:
        raise InputError(
            f"{path}: was written by a newer version of locomo-vqa: its format is "
            f"{escape_unprintable(str(found), most=20)}, and this version reads {known}.",
            "Upgrade locomo-vqa.",
        )


def _readable_message(error: Any) -> str:
    message: str = error.message
    if error.validator == "type" and _is_absurd(error.instance):
        message = f"the number {str(error.instance)[:20]} is too large"
    message = message.replace("is a required property", "is missing")
    return message if len(message) <= 200 else f"{message[:120]} … {message[-60:]}"


def _is_absurd(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) > MOST
