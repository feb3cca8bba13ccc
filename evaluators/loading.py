"""Finds a memory system by name: a bundled one, or `module:Class` of the user's own."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.errors import SystemLoadError
from locomo_vqa.files import clean_text
from locomo_vqa.system import MemorySystem

from .containment import Failure, apart, attempt

__all__ = ["SYSTEMS", "BundledSystem", "LoadedSystem", "load_system"]

_METHODS = ("open", "add", "flush", "answer", "answer_visual", "close")
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledSystem:
    """A system that comes with the toolkit."""

    path: str
    """`module:Class`."""
    needs_model: bool
    """Whether it can't run without `--model`."""
    sees: str
    """What it makes use of in a picture, as a phrase."""
    about: str
    """What it does, in a line."""


SYSTEMS: Mapping[str, BundledSystem] = {
    "no-memory": BundledSystem(
        path="locomo_vqa.evaluators.systems.no_memory:NoMemory",
        needs_model=False,
        sees="with a model: pixels, captions",
        about="forgets everything; with a model it guesses, and looks at a question's picture",
    ),
    "bm25": BundledSystem(
        path="locomo_vqa.evaluators.systems.bm25:BM25",
        needs_model=False,
        sees="captions",
        about="finds the best matching turn and answers with a span of it; no model",
    ),
    "full-context": BundledSystem(
        path="locomo_vqa.evaluators.systems.full_context:FullContext",
        needs_model=True,
        sees="pixels, captions",
        about="puts the whole conversation before every question",
    ),
}
"""The bundled systems by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSystem:
    """A system that is ready to be made, once a conversation."""

    name: str
    """The name it has in tables."""
    version: str | None
    """Its version, from the class attribute `version`."""
    uses_pictures: bool
    """From the class attribute `uses_pictures`; True where it does not say."""
    prompt_sha256: str | None
    """SHA-256 of its prompts, from the class attribute `prompt_sha256`."""
    needs_model: bool
    """Whether it can't run without `--model`."""
    uses_model: bool = True
    """Whether it may ask one, from the class attribute `uses_model`; True where it does not say."""
    any_model: bool = False
    """Whether it opens the model itself, whatever its kind, and can do without one."""
    make: Callable[[], MemorySystem]
    """Makes an instance for one conversation."""


def load_system(spec: str) -> LoadedSystem:
    """Load a system by its bundled name or as `module:Class`.

    Raises:
        SystemLoadError: there is none, it can't be imported, it lacks a method, or what it says
            of itself can't be recorded.
    """
    bundled = SYSTEMS.get(spec)
    if bundled is None and ":" not in spec:
        raise SystemLoadError(
            f"{spec}: is no memory system.",
            f"Give one of {', '.join(SYSTEMS)}, or your own as module:Class.",
        )
    with apart():
        found = _find(bundled.path if bundled else spec)
        missing = [method for method in _METHODS if not callable(getattr(found, method, None))]
        if missing:
            raise SystemLoadError(
                f"{spec}: the class has no method {missing[0]}().",
                f"A memory system has {', '.join(_METHODS)}: see docs/systems.md.",
            )
        return LoadedSystem(
            name=spec if bundled else clean_text(found.__name__),
            version=_text(found, "version"),
            uses_pictures=bool(getattr(found, "uses_pictures", True)),
            uses_model=bool(getattr(found, "uses_model", True)),
            any_model=bool(getattr(found, "any_model", False)),
            prompt_sha256=_prompt_sha256(found, spec),
            needs_model=bool(bundled and bundled.needs_model),
            make=found,
        )


def _find(spec: str) -> Any:
    module_name, _, class_name = spec.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    module = attempt(lambda: importlib.import_module(module_name))
    if isinstance(module, Failure):
        raise SystemLoadError(
            f"{spec}: the module {module_name} can't be imported ({module.reason}).",
            "Check the name; the module must be installed or lie in this folder.",
        )
    found = getattr(module, class_name, None)
    if not isinstance(found, type):
        raise SystemLoadError(
            f"{spec}: the module {module_name} has no class {class_name!r}.",
            "Check the name after the colon.",
        )
    return found


def _text(found: type, attribute: str) -> str | None:
    value = getattr(found, attribute, None)
    return clean_text(str.__str__(value)) if isinstance(value, str) else None


def _prompt_sha256(found: type, spec: str) -> str | None:
    value = getattr(found, "prompt_sha256", None)
    if value is None:
        return None
    digits = value.lower() if isinstance(value, str) else ""
    if not _SHA256.fullmatch(digits):
        raise SystemLoadError(
            f"{spec}: its prompt_sha256 is no SHA-256.",
            "Give 64 hexadecimal digits, or leave the attribute out.",
        )
    return digits
