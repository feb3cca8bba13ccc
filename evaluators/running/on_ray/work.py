"""What a node gets in order to run conversations, and the checks before it does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from shutil import which
from typing import Any, Self

from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.files import sha256_file
from locomo_vqa.keys import add_known_forms, known_forms
from locomo_vqa.toolkit_code import toolkit_code, toolkit_name

from ...hosting.sandbox import find_sandbox_tool
from ..metering_settings import MeteringSettings
from ..plan import Plan

__all__ = ["NodeWork", "check_same_toolkit", "variables_of"]

_OWN = "LOCOMO_VQA_"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWork:
    """A run, as each node gets it."""

    plan: Plan
    """What is asked; its paths are absolute, and its services not metered."""
    metering: MeteringSettings
    """How calls are counted; its paths are absolute."""
    folder: Path
    """The working directory of the run, for modules and options that are relative paths."""
    variables: Mapping[str, str]
    """Environment variables that the node must have, with their values."""
    secrets: tuple[str, ...]
    """What must not be shown or written, in each of its forms."""
    hashes: Mapping[Path, str]
    """The SHA-256 of files that the node must see."""

    @classmethod
    def of(
        cls,
        plan: Plan,
        metering: MeteringSettings,
        *,
        variables: Mapping[str, str],
    ) -> Self:
        """Return the work of a run, whose folder exists."""
        seen = (plan.out / "run.json", plan.benchmark.folder / "benchmark.json")
        return cls(
            plan=_unmetered(plan),
            metering=_absolute(metering),
            folder=Path.cwd(),
            variables=variables,
            secrets=known_forms(),
            hashes={path: sha256_file(path) for path in seen},
        )

    def prepare(self, node: str) -> None:
        """Make this process, on a node, ready for the work.

        Raises:
            InputError: the node lacks a folder, or has no sandbox.
            MissingResource: the node has no such interpreter.
        """
        add_known_forms(self.secrets)
        os.environ.update(self.variables)
        try:
            os.chdir(self.folder)
            same = all(sha256_file(path) == digits for path, digits in self.hashes.items())
        except OSError:
            same = False
        if not same:
            raise InputError(
                f"The node {node} does not see the folders of this run.",
                "Put the benchmark, the run folder and this folder where all nodes share them, "
                "at the same paths.",
            )
        host = self.plan.system.host(self.plan.limits, self.plan.out / "work" / "none.log")
        python = getattr(host, "python", None)
        if python is not None and which(python) is None:
            raise MissingResource(
                f"The node {node} has no {python}.",
                "Make the system's environment at the same path on every node.",
            )
        if self.plan.sandbox is not None:
            find_sandbox_tool()


def check_same_toolkit(wanted: Mapping[str, Any], node: str) -> None:
    """Check that a node has the toolkit's code of the run.

    Raises:
        InputError: it has other code.
    """
    here = toolkit_code()
    if here["sha256"] != wanted["sha256"]:
        raise InputError(
            f"The node {node} has another toolkit: {toolkit_name(here)}, not "
            f"{toolkit_name(wanted)}.",
            "Install the same version on every node.",
        )


def variables_of(names: tuple[str, ...]) -> dict[str, str]:
    """Return the variables to pass on to nodes: those that `env` names, and the toolkit's own."""
    return {
        name: value for name, value in os.environ.items() if name in names or name.startswith(_OWN)
    }


def _unmetered(plan: Plan) -> Plan:
    """Return a plan without what belongs to the run's own process."""
    own = {"services_for", "requests_of", "has_read", "budget"}
    kept = {each.name: getattr(plan, each.name) for each in fields(Plan) if each.name not in own}
    return Plan(**kept)


def _absolute(metering: MeteringSettings) -> MeteringSettings:
    """Return settings with paths that don't depend on the working directory."""

    def fixed(path: Path | None) -> Path | None:
        return None if path is None else path.absolute()

    return replace(
        metering,
        record=fixed(metering.record),
        replay=fixed(metering.replay),
        prices=fixed(metering.prices),
        memory=fixed(metering.memory),
    )
