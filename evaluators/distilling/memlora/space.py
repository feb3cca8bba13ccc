"""The search space: which settings of the training are tried for each stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

from locomo_vqa.arguments import nearest
from locomo_vqa.bounded_reading import read_bounded_text
from locomo_vqa.errors import InputError
from locomo_vqa.toml_gate import MAX_TOML_BYTES, load_toml

from ..lora_settings import TARGETS, LoraSettings
from .samples import STAGES, Stage

__all__ = ["MAX_CANDIDATES", "candidate_name", "read_space"]

MAX_CANDIDATES = 64
"""The most candidates of one stage."""

_ALL = "all"
_DEFAULTS: Mapping[str, Any] = {each.name: each.default for each in fields(LoraSettings)}
_REMEDY = "Correct `search_space`; without it, the package's own is used."


def read_space(path: Path | None) -> dict[Stage, list[LoraSettings]]:
    """Return the candidates of each stage, in the order of the file's values.

    Args:
        path: a TOML file whose tables are `all` and the stages, and whose values are lists; None
            for the one that comes with the package.

    Raises:
        InputError: the file can't be read, has an unknown stage, setting or value, or too many
            combinations.
    """
    name = "search_space.toml" if path is None else str(path)
    try:
        found = load_toml(_read(path))
    except ValueError as error:
        raise InputError(f"{name}: is not TOML ({error}).", _REMEDY) from None
    for table in found:
        if table != _ALL and table not in STAGES:
            raise _unknown(name, f"the table [{table}]", table, (_ALL, *STAGES))
    return {stage: _candidates(stage, found, name) for stage in STAGES}


def candidate_name(settings: LoraSettings) -> str:
    """Return a name that says in what a candidate differs from the defaults, such as `lr0.0005`."""
    parts = [f"lr{settings.learning_rate:g}", f"batch{settings.batch}", f"rank{settings.rank}"]
    always_named = {"learning_rate", "batch", "rank", "targets"}
    parts += [
        f"{name.replace('_', '')}{getattr(settings, name):g}"
        for name, default in _DEFAULTS.items()
        if name not in always_named and getattr(settings, name) != default
    ]
    return "-".join([*parts, settings.targets])


def _read(path: Path | None) -> str:
    if path is None:
        return resources.files(__package__).joinpath("search_space.toml").read_text("utf-8")
    return read_bounded_text(path, what="the search space", most=MAX_TOML_BYTES)


def _candidates(stage: Stage, tables: Mapping[str, Any], name: str) -> list[LoraSettings]:
    values: dict[str, list[Any]] = {}
    for table in (_ALL, stage):
        entries = tables.get(table, {})
        if not isinstance(entries, dict):
            raise InputError(f"{name}: {table} must be a table.", _REMEDY)
        for setting, given in entries.items():
            values[setting] = [
                _checked(name, f"{table}.{setting}", setting, value)
                for value in (given if isinstance(given, list) else [given])
            ]
            if not values[setting]:
                raise InputError(f"{name}: {table}.{setting} has no values.", _REMEDY)
    combinations = [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]
    if len(combinations) > MAX_CANDIDATES:
        raise InputError(
            f"{name}: {stage} has {len(combinations):,} combinations; at most {MAX_CANDIDATES} "
            "are allowed.",
            "Leave out values.",
        )
    return [LoraSettings(**each) for each in combinations]


def _checked(name: str, place: str, setting: str, value: Any) -> Any:
    if setting not in _DEFAULTS:
        raise _unknown(name, place, setting, _DEFAULTS)
    default = _DEFAULTS[setting]
    if setting == "targets":
        if value not in TARGETS:
            raise _unknown(name, place, str(value), TARGETS)
        return value
    numbers = int if isinstance(default, int) else (int, float)
    fits = isinstance(value, numbers) and not isinstance(value, bool) and value >= 0
    if not fits or (value == 0 and setting not in ("dropout", "seed", "weight_decay")):
        kind = "a whole number" if isinstance(default, int) else "a number"
        raise InputError(f"{name}: {place} must be {kind} above 0, not {value!r}.", _REMEDY)
    if setting == "dropout" and value >= 1:
        raise InputError(f"{name}: {place} must be below 1, not {value!r}.", _REMEDY)
    return type(default)(value)


def _unknown(name: str, place: str, word: str, known: Any) -> InputError:
    close = nearest(word, known)
    hint = f"Did you mean {close!r}? " if close else ""
    return InputError(f"{name}: {place} is not known.", f"{hint}Known are {', '.join(known)}.")
