"""Loads systems by name: bundled systems, third-party packages, and `module:Class`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from locomo_vqa.arguments import nearest
from locomo_vqa.errors import SystemLoadError
from locomo_vqa.worker import describe

from ..hosting import Limits, ProcessHost
from ..hosting.sandbox import Sandbox, SandboxTool
from ..systems.bundled import SYSTEMS, BundledSystem
from ..third_party import ThirdPartyRecipe, all_recipes, find_environment
from .loaded import LoadedSystem, refuse_options, refuse_python, system_from_facts

__all__ = ["load_imported", "load_named"]


def load_named(
    name: str,
    *,
    python: Path | None,
    limits: Limits,
    model: str | None,
    variables: Sequence[str] = (),
    sandbox: SandboxTool | None = None,
) -> LoadedSystem:
    """Load a bundled system or a third-party one.

    Raises:
        InputError: `python` is given.
        MissingResource: the package's environment is not installed.
        SystemLoadError: no system has this name.
    """
    recipes = all_recipes()
    if name not in SYSTEMS and name not in recipes:
        known = (*SYSTEMS, *recipes)
        close = nearest(name, known)
        raise SystemLoadError(
            f"{name!r} is not a memory system.",
            f"Did you mean {close!r}?"
            if close
            else f"Choose one of {', '.join(known)}, or name your own as module:Class or by its "
            "http address.",
        )
    refuse_python(name, python)
    if name in SYSTEMS:
        return _load_bundled(name, SYSTEMS[name], model, variables)
    return _third_party(recipes[name], limits, variables, sandbox)


def load_imported(
    spec: str,
    *,
    python: Path | None,
    limits: Limits,
    variables: Sequence[str] = (),
    sandbox: SandboxTool | None = None,
) -> LoadedSystem:
    """Load a `module:Class`, in this interpreter or another environment's.

    It is imported in a sandbox if one is given.

    Raises:
        SystemLoadError: the class can't be imported, or lacks a method.
    """

    def host(
        limits: Limits, log: Path, sandbox: Sandbox | None = None, home: Path | None = None
    ) -> ProcessHost:
        return ProcessHost(
            spec,
            python=python,
            limits=limits,
            log=log,
            variables=variables,
            sandbox=sandbox,
            home=home,
        )

    facts = _describe_there(spec, python, limits, variables=variables, tool=sandbox)
    return replace(system_from_facts(spec, facts, host), variables=tuple(variables))


def _load_bundled(
    name: str, bundled: BundledSystem, model: str | None, variables: Sequence[str]
) -> LoadedSystem:
    """Describe a bundled system, whose class can be imported into this process."""
    path = bundled.path if model is None else bundled.with_model or bundled.path
    module, _, class_name = path.partition(":")
    found = getattr(importlib.import_module(module), class_name)

    def host(
        limits: Limits, log: Path, sandbox: Sandbox | None = None, home: Path | None = None
    ) -> ProcessHost:
        return ProcessHost(
            path, limits=limits, log=log, variables=variables, sandbox=sandbox, home=home
        )

    facts = {**describe(found), "name": name}
    loaded = system_from_facts(name, facts, host, needs_model=bundled.needs_model)
    return replace(
        loaded,
        check_options=getattr(found, "check_options", refuse_options(name)),
        pin_options=getattr(found, "pin_options", None),
        shows_images=loaded.uses_images and not loaded.only_retrieves,
        remembers=bundled.remembers,
        variables=tuple(variables),
    )


def _third_party(
    recipe: ThirdPartyRecipe,
    limits: Limits,
    variables: Sequence[str],
    tool: SandboxTool | None,
) -> LoadedSystem:
    """Describe a package's adapter, in the package's own environment."""
    environment = find_environment(recipe)
    environment.check()
    python, folder = environment.python, recipe.adapters
    lent = (*recipe.variables, *variables)

    def host(
        limits: Limits, log: Path, sandbox: Sandbox | None = None, home: Path | None = None
    ) -> ProcessHost:
        return ProcessHost(
            recipe.adapter,
            python=python,
            folder=folder,
            limits=limits,
            log=log,
            variables=lent,
            sandbox=sandbox,
            home=home,
        )

    facts = _describe_there(recipe.adapter, python, limits, folder, lent, tool)
    return replace(
        system_from_facts(recipe.name, facts, host),
        name=recipe.name,
        version=recipe.version,
        check_options=recipe.check_options,
        pin_options=recipe.complete_options,
        reads_with_model=recipe.extracts,
        requires=recipe.pinned,
        variables=tuple(variables),
    )


def _describe_there(
    spec: str,
    python: Path | None,
    limits: Limits,
    folder: Path | None = None,
    variables: Sequence[str] = (),
    tool: SandboxTool | None = None,
) -> Mapping[str, Any]:
    """Return the description of a class, made in the environment that it runs in."""
    with ExitStack() as stack:
        scratch = stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True))
        private = Path(scratch).resolve()
        sandbox = None if tool is None else Sandbox(tool=tool, scratch=private)
        host = ProcessHost(
            spec,
            python=python,
            folder=folder,
            limits=limits,
            variables=variables,
            sandbox=sandbox,
            home=None if tool else private / "home",
        )
        return _describe_class(host, spec, python)


def _describe_class(host: ProcessHost, spec: str, python: Path | None) -> Mapping[str, Any]:
    module, _, class_name = spec.partition(":")
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
                "Check the name; the module must be installed, or be in this folder.",
            )
    finally:
        host.end()
    if failure is not None:
        words = f": {host.last_words}" if host.last_words else ""
        raise SystemLoadError(
            f"{spec}: can't be loaded ({failure.reason}{words}).",
            "Check `python`: it must be an interpreter of Python 3.8 or later."
            if python
            else "Import the module in a Python session to see the error.",
        )
    return host.description
