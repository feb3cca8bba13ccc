"""Loads systems given as objects: a class, for example from a notebook cell, or a function.

A class that a new process can import runs in its own processes, like every `module:Class`. Any
other class, and an object that a function makes, runs in this process.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import CodeType
from typing import Any

from locomo_vqa.errors import SystemLoadError
from locomo_vqa.files import sha256_text
from locomo_vqa.worker import describe

from ..hosting import Limits, in_process
from ..hosting.sandbox import SandboxTool
from .loaded import LoadedSystem, refuse_python, refuse_sandbox, refuse_variables, system_from_facts
from .named import load_imported

__all__ = ["importable_as", "load_object", "source_hash"]


def load_object(
    source: Callable[[], object],
    *,
    python: Path | None,
    limits: Limits,
    variables: Sequence[str] = (),
    sandbox: SandboxTool | None = None,
) -> LoadedSystem:
    """Load a class, or a function that returns a new system for each conversation.

    Raises:
        InputError: `python` is given, or `variables` or `sandbox` for an object that runs in this
            process.
        SystemLoadError: the source is not a class or function, fails, or lacks a method.
    """
    _refuse_instance(source)
    name = getattr(source, "__qualname__", type(source).__name__)
    refuse_python(f"{name} as an object", python)
    found = source if isinstance(source, type) else type(_make_one(source, name))
    digest = source_hash(found, source)
    spec = importable_as(source) if isinstance(source, type) else None
    if spec is not None:
        loaded = load_imported(
            spec, python=None, limits=limits, variables=variables, sandbox=sandbox
        )
        return replace(loaded, source_sha256=digest)
    refuse_variables(name, variables)
    refuse_sandbox(name, sandbox)
    facts = describe(found)
    loaded = system_from_facts(facts["name"], facts, in_process(source))
    return replace(loaded, in_process=True, source_sha256=digest)


def importable_as(found: type) -> str | None:
    """Return a class as `module:Class` if a new process can import it; None otherwise."""
    module, name = found.__module__, found.__qualname__
    if module == "__main__" or "." in name:
        return None
    try:
        imported = importlib.import_module(module)
    except Exception:  # noqa: BLE001 - the module may have been made by hand
        return None
    file = getattr(imported, "__file__", None)
    same = getattr(imported, name, None) is found
    return f"{module}:{name}" if same and file and Path(file).is_file() else None


def source_hash(found: type, factory: object = None) -> str | None:
    """Return the SHA-256 of a class's source; None if it can't be read.

    The hash includes base classes from the same module, and the function that makes the object.
    """
    parts = [base for base in found.__mro__ if base.__module__ == found.__module__]
    texts = [text for part in parts for text in _class_source(part)]
    if inspect.isfunction(factory):
        texts.append(_function_source(factory))
    return sha256_text("\n".join(texts)) if texts else None


def _class_source(found: type) -> Iterator[str]:
    try:
        yield inspect.getsource(found)
    except (OSError, TypeError):  # A notebook cell's class: its methods are found.
        yield found.__qualname__
        for name, member in sorted(vars(found).items()):
            function = getattr(member, "__func__", member)
            if inspect.isfunction(function):
                yield _function_source(function)
            elif not name.startswith("__"):
                yield f"{name}={member!r}" if isinstance(member, str | int | float) else name


def _function_source(function: Any) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return _describe_code(function.__code__)


def _describe_code(code: CodeType) -> str:
    inner = [
        _describe_code(value) if isinstance(value, CodeType) else repr(value)
        for value in code.co_consts
    ]
    return f"{code.co_code.hex()} {code.co_names} {inner}"


def _make_one(factory: Callable[[], object], name: str) -> object:
    """Make one object, to see what it is."""
    try:
        return factory()
    except Exception as error:
        raise SystemLoadError(
            f"{name}() can't make a system ({type(error).__name__}: {error}).",
            "Give a function that can be called without arguments.",
        ) from error


def _refuse_instance(source: object) -> None:
    found = type(source)
    is_system = callable(getattr(found, "open", None)) and callable(getattr(found, "add", None))
    if is_system and not isinstance(source, type):
        name = found.__name__
        raise SystemLoadError(
            f"A system must be a class; an instance of {name} is for one conversation.",
            f"Give {name} itself, or a function that makes one, such as `lambda: {name}(…)`.",
        )
    if not callable(source):
        raise SystemLoadError(
            f"{source!r} is not a memory system.",
            "Give a class, a function that makes one, a name, module:Class, or an http address.",
        )
