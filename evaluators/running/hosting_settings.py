"""The settings for where a system runs, and how much time and memory it may use."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from locomo_vqa.arguments import check_number
from locomo_vqa.errors import InputError

from ..hosting import DEFAULT_LIMITS, Limits
from ..hosting.environment import checked_variables
from ..hosting.sandbox import SandboxTool, find_sandbox_tool
from ..loading import LoadedSystem

__all__ = ["MAX_SECONDS", "HostingSettings"]

MAX_SECONDS = 31_536_000.0
"""The maximum time limit: a year."""

_MIN_SECONDS = 0.1
_MAX_JOBS = 1000
_GB = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HostingSettings:
    """Where a system runs, and the limits of each conversation."""

    python: Path | None = None
    """The interpreter of another environment."""
    env: tuple[str, ...] = ()
    """The names of additional environment variables to pass to its processes."""
    jobs: int = 1
    """The number of conversations that run at once."""
    limits: Limits = DEFAULT_LIMITS
    """The limits on time and memory."""
    sandbox: SandboxTool | None = None
    """The tool that isolates its processes; None without a sandbox."""

    @classmethod
    def checked(
        cls,
        *,
        python: str | Path | None = None,
        env: Sequence[str] = (),
        jobs: int = 1,
        read_timeout: float = DEFAULT_LIMITS.read_s,
        answer_timeout: float = DEFAULT_LIMITS.answer_s,
        memory_limit: float | None = None,
        sandbox: bool = False,
    ) -> Self:
        """Return the settings for a user's arguments; `memory_limit` is in gigabytes.

        Raises:
            InputError: an argument is out of range, or there is no sandbox on this machine.
        """
        check_number("jobs", jobs, low=1, high=_MAX_JOBS, whole=True)
        check_number("read_timeout", read_timeout, low=_MIN_SECONDS, high=MAX_SECONDS)
        check_number("answer_timeout", answer_timeout, low=_MIN_SECONDS, high=MAX_SECONDS)
        if memory_limit is not None:
            check_number("memory_limit", memory_limit, low=0.001)
        limits = Limits(
            read_s=read_timeout,
            answer_s=answer_timeout,
            memory_bytes=None if memory_limit is None else round(memory_limit * _GB),
        )
        interpreter = None if python is None else Path(python)
        variables = checked_variables(env, os.environ)
        return cls(
            python=interpreter,
            env=variables,
            jobs=jobs,
            limits=limits,
            sandbox=find_sandbox_tool() if sandbox else None,
        )

    def limits_by_parameter(self) -> dict[str, float | None]:
        """Return the limits as the parameters of `run` that set them."""
        memory = self.limits.memory_bytes
        return {
            "read_timeout": self.limits.read_s,
            "answer_timeout": self.limits.answer_s,
            "memory_limit": None if memory is None else memory / _GB,
        }

    def check(self, system: LoadedSystem, *, usual: Limits = DEFAULT_LIMITS) -> None:
        """Check that the limits can be enforced where a system runs.

        `usual` has the defaults, which don't have to be enforced for a system in this process.

        Raises:
            InputError: a limit can't be enforced.
        """
        if system.address and self.limits.memory_bytes is not None:
            raise InputError(
                "`memory_limit`: the memory of a server can't be measured from here.",
                "Leave it out, and limit the server itself.",
            )
        if not system.in_process:
            return
        for name, value, default in (
            ("read_timeout", self.limits.read_s, usual.read_s),
            ("answer_timeout", self.limits.answer_s, usual.answer_s),
            ("memory_limit", self.limits.memory_bytes, usual.memory_bytes),
        ):
            if value != default:
                raise InputError(
                    f"`{name}`: {system.name} runs in this process, where nothing can end it.",
                    "Leave it out, or put the class into a module and pass it as module:Class.",
                )
