"""Finds a memory system: a bundled name, a package's, the user's `module:Class`, or an address."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from locomo_vqa.errors import InputError, SystemLoadError
from locomo_vqa.files import clean_text
from locomo_vqa.worker import describe

from .answering import PROMPT_SHA256
from .hosting import (
    DEFAULT_LIMITS,
    HttpHost,
    ImageTransfer,
    Limits,
    MakeHost,
    ProcessHost,
    shown_address,
)
from .hosting.isolation import Failure
from .systems.bundled import SYSTEMS, BundledSystem
from .third_party import ThirdPartyRecipe, find_environment, load_recipes

__all__ = ["LoadedSystem", "load_system"]

_ALWAYS = ("open", "add", "flush", "close")
_ANSWERS = ("answer", "answer_visual")
_SHA256 = re.compile("[0-9a-f]{64}")

CheckOptions = Callable[[Mapping[str, str], str | None], None]
"""Raises `InputError` for an option that a system does not understand."""

PinOptions = Callable[[Mapping[str, str], str | None], Mapping[str, str]]
"""Returns options with the hashes of what they name, so that a run goes on only with the same.

Raises `LocomoVqaError` where something that is named is missing or can't be used.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSystem:
    """A system that is ready to be hosted, once a conversation."""

    name: str
    """The name it has in tables."""
    version: str | None
    """Its version, from the class attribute `version`."""
    uses_images: bool
    """From the class attribute `uses_images`; True where it does not say."""
    prompt_sha256: str | None
    """SHA-256 of its prompts, from the class attribute `prompt_sha256`; for a system that only
    retrieves, of the prompts it is answered with."""
    needs_model: bool
    """Whether it can't run without `--model`."""
    uses_model: bool = True
    """Whether it may ask one, from the class attribute `uses_model`; True where it does not say."""
    any_model: bool = False
    """Whether it opens the model itself, whatever its kind, and can do without one."""
    only_retrieves: bool = False
    """Whether it has `search` and no answers: the harness answers, with `--model`."""
    address: bool = False
    """Whether it runs on a server, where no process of it can be watched."""
    check_options: CheckOptions | None = None
    """Checks what is given with `--option`, and the name of the model; None: it takes anything."""
    reads_with_model: bool = False
    """Whether it can't even read a conversation without `--model`."""
    remembers: bool = True
    """Whether it is meant to remember what it reads."""
    pin_options: PinOptions | None = None
    """Completes what is given with `--option` before anything is run; None: there is no need."""
    host: MakeHost
    """Makes the host of one conversation."""


def load_system(
    spec: str,
    *,
    python: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    model: str | None = None,
) -> LoadedSystem:
    """Load a system by its name, as `module:Class`, or by the address of its server.

    Args:
        python: the interpreter of another environment, for `module:Class`.
        limits: how long it may take to start.
        model: what `--model` names; a bundled system may be another class with one.

    Raises:
        InputError: `python` is given for a system that is not started here.
        MissingResource: it is a package whose environment is not set up.
        SystemLoadError: there is none, it can't be imported or reached, it lacks a method, or
            what it says of itself can't be recorded.
    """
    if spec.startswith(("http://", "https://")):
        return _behind_address(spec, python)
    bundled = SYSTEMS.get(spec)
    if bundled is not None:
        _refuse_python(spec, python)
        return _bundled(spec, bundled, model)
    if ":" not in spec:
        recipes = load_recipes()
        if spec in recipes:
            _refuse_python(spec, python)
            return _third_party(recipes[spec], limits)
        names = ", ".join((*SYSTEMS, *recipes))
        raise SystemLoadError(
            f"{spec}: is no memory system.",
            f"Give one of {names}, your own as module:Class, or an http address.",
        )

    def host(limits: Limits, log: Path) -> ProcessHost:
        return ProcessHost(spec, python=python, limits=limits, log=log)

    return _loaded(spec, _look(spec, python, limits), host)


def _bundled(name: str, bundled: BundledSystem, model: str | None) -> LoadedSystem:
    """Describe a system of the toolkit, whose class can be imported into this process."""
    path = bundled.path if model is None else bundled.with_model or bundled.path
    module, _, class_name = path.partition(":")
    found = getattr(importlib.import_module(module), class_name)
    facts = describe(found)

    def host(limits: Limits, log: Path) -> ProcessHost:
        return ProcessHost(path, limits=limits, log=log)

    facts = {**facts, "name": name}
    loaded = _loaded(name, facts, host, needs_model=bundled.needs_model)
    return replace(
        loaded,
        check_options=getattr(found, "check_options", _no_options(name)),
        pin_options=getattr(found, "pin_options", None),
        remembers=bundled.remembers,
    )


def _third_party(recipe: ThirdPartyRecipe, limits: Limits) -> LoadedSystem:
    """Describe a package's adapter, in the environment that was set up for it."""
    environment = find_environment(recipe)
    environment.check()
    python, folder = environment.python, recipe.adapters

    def host(limits: Limits, log: Path) -> ProcessHost:
        return ProcessHost(recipe.adapter, python=python, folder=folder, limits=limits, log=log)

    loaded = _loaded(recipe.name, _look(recipe.adapter, python, limits, folder), host)
    return replace(
        loaded,
        name=recipe.name,
        version=recipe.version,
        check_options=recipe.check_options,
        pin_options=recipe.complete_options,
        reads_with_model=recipe.extracts,
    )


def _look(
    spec: str, python: Path | None, limits: Limits, folder: Path | None = None
) -> Mapping[str, Any]:
    """Return what a class says of itself in the environment it runs in."""
    module, _, class_name = spec.partition(":")
    host = ProcessHost(spec, python=python, folder=folder, limits=limits)
    try:
        failure = host.start()
        missing = host.description.get("missing")
        if missing == "class":
            raise SystemLoadError(
                f"{spec}: the module {module} has no class {class_name!r}.",
                "Check the name after the colon.",
            )
        if missing == "module":
            reason = host.description["reason"]
            raise SystemLoadError(
                f"{spec}: the module {module} can't be imported ({reason}).",
                "Check the name; the module must be installed or lie in this folder.",
            )
    finally:
        host.end()
    if failure is not None:
        words = f": {host.last_words}" if host.last_words else ""
        raise SystemLoadError(
            f"{spec}: can't be loaded ({failure.reason}{words}).",
            "Check --python: it names an interpreter from Python 3.8."
            if python
            else "Import the module in Python by itself to see what ends it.",
        )
    return host.description


def _loaded(
    spec: str, facts: Mapping[str, Any], host: MakeHost, *, needs_model: bool = False
) -> LoadedSystem:
    methods = set(facts["methods"])
    only_retrieves = "search" in methods and not methods.intersection(_ANSWERS)
    wanted = _ALWAYS if only_retrieves else (*_ALWAYS[:3], *_ANSWERS, _ALWAYS[3])
    missing = [method for method in wanted if method not in methods]
    if missing:
        raise SystemLoadError(
            f"{spec}: the class has no method {missing[0]}().",
            f"A memory system has {', '.join((*_ALWAYS[:3], *_ANSWERS, _ALWAYS[3]))}, or search "
            "in place of the answers: see docs/systems.md.",
        )
    if facts["prompt_sha256"] == "":
        raise SystemLoadError(
            f"{spec}: its prompt_sha256 is no SHA-256.",
            "Give 64 hexadecimal digits, or leave the attribute out.",
        )
    return LoadedSystem(
        name=facts["name"],
        version=facts["version"],
        uses_images=facts["uses_images"] or only_retrieves,
        uses_model=facts["uses_model"],
        any_model=facts["any_model"],
        prompt_sha256=PROMPT_SHA256 if only_retrieves else facts["prompt_sha256"],
        needs_model=needs_model or only_retrieves,
        only_retrieves=only_retrieves,
        host=host,
    )


def _behind_address(address: str, python: Path | None) -> LoadedSystem:
    _refuse_python(address, python)
    shown = shown_address(address)
    if not urlsplit(address).hostname:
        raise SystemLoadError(f"{address}: is no address.", "Give one like http://127.0.0.1:8000.")
    host = HttpHost(address)
    host.start()
    try:
        said = host.describe()
    finally:
        host.end()
    if isinstance(said, Failure):
        raise SystemLoadError(
            f"{shown}: does not describe a memory system ({said.reason}).",
            "Start the server, or check the address; docs/system-api.yaml says what it answers.",
        )
    facts = _facts(said, shown)
    images: ImageTransfer = "path" if said.get("images") == "path" else "data"

    def make(limits: Limits, log: Path) -> HttpHost:
        return HttpHost(address, limits=limits, images=images)

    return replace(_loaded(shown, facts, make), address=True, check_options=_no_options(shown))


def _facts(said: Mapping[str, Any], address: str) -> dict[str, Any]:
    """Return what a server says of its system, as the worker says it of a class."""
    text: dict[str, str | None] = {}
    for name in ("name", "version", "prompt_sha256"):
        value = said.get(name)
        if (value is not None and not isinstance(value, str)) or (name == "name" and not value):
            raise SystemLoadError(
                f"{address}: its description's {name} is no text.",
                "docs/system-api.yaml says what GET /system answers.",
            )
        text[name] = None if value is None else clean_text(value)
    only_retrieves = said.get("only_retrieves", False) is True
    digits = text["prompt_sha256"]
    return {
        **text,
        "prompt_sha256": digits if digits is None or _SHA256.fullmatch(digits) else "",
        "uses_images": said.get("uses_images", True) is not False,
        "uses_model": said.get("uses_model", True) is not False,
        "any_model": False,
        "methods": [*_ALWAYS, *(("search",) if only_retrieves else _ANSWERS)],
    }


def _no_options(name: str) -> CheckOptions:
    def refuse(options: Mapping[str, str], model: str | None) -> None:
        raise InputError(
            f"--option {next(iter(options))}: {name} has no options.", "Leave --option out."
        )

    return refuse


def _refuse_python(spec: str, python: Path | None) -> None:
    if python is not None:
        raise InputError(
            f"--python {python}: {spec} is not started in an environment of its own.",
            "Leave --python out; it is for systems given as module:Class.",
        )
