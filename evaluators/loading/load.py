"""Loads a memory system from any form in which a user passes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from ..hosting import DEFAULT_LIMITS, Limits
from ..hosting.environment import checked_variables
from ..hosting.isolation import outside_event_loop
from ..hosting.sandbox import SandboxTool
from .address import load_address
from .loaded import LoadedSystem, refuse_sandbox, refuse_variables
from .named import load_imported, load_named
from .objects import load_object

__all__ = ["SystemSource", "load_system"]

SystemSource: TypeAlias = str | Callable[[], object]
"""A class, a function that makes a system for each conversation, a name, `module:Class`, or an
http address."""


def load_system(
    source: SystemSource,
    *,
    python: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    model: str | None = None,
    env: Sequence[str] = (),
    sandbox: SandboxTool | None = None,
) -> LoadedSystem:
    """Load a system.

    Args:
        source: a class, a function that makes a system for each conversation, the name of a
            bundled or third-party system, `module:Class`, or the http address of a server.
        python: the interpreter of another environment, for `module:Class`.
        limits: the time limit for starting.
        model: the model's name, on which a bundled system's class may depend.
        env: the names of additional environment variables to pass to its processes.
        sandbox: what closes off the process in which its class is described.

    Raises:
        InputError: `python`, `env` or `sandbox` is given for a system that is not started here, or
            a variable is not set.
        MissingResource: the system is a package whose environment is not installed.
        SystemLoadError: the system is not found, can't be imported or reached, lacks a method, or
            has an attribute that can't be recorded.
    """
    variables = checked_variables(env, os.environ)
    if not isinstance(source, str):
        return load_object(
            source, python=python, limits=limits, variables=variables, sandbox=sandbox
        )
    if source.startswith(("http://", "https://")):
        refuse_variables(source, variables)
        refuse_sandbox(source, sandbox)
        return outside_event_loop(lambda: load_address(source, python=python))
    if ":" in source:
        return load_imported(
            source, python=python, limits=limits, variables=variables, sandbox=sandbox
        )
    return load_named(
        source, python=python, limits=limits, model=model, variables=variables, sandbox=sandbox
    )
