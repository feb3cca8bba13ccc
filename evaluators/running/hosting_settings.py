"""The options of commands that run a system: where it runs, and what it may take."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from locomo_vqa.errors import InputError

from ..hosting import DEFAULT_LIMITS, Limits, can_measure

__all__ = ["HostingSettings", "hosting_options"]

_GB = 1_000_000_000
_SECONDS = click.FloatRange(min=0.1, max=31_536_000, clamp=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostingSettings:
    """Where a system runs, and what each of its conversations may take."""

    python: Path | None
    """The interpreter of another environment."""
    jobs: int
    """How many conversations run at once."""
    limits: Limits
    """Time and memory."""

    def check(self, *, address: bool) -> None:
        """Check that the limits can be kept; `address`: the system runs on a server.

        Raises:
            InputError: memory is limited where it can't be measured.
        """
        if self.limits.memory_bytes is None:
            return
        if address:
            raise InputError(
                "--memory-limit: a server's memory can't be measured from here.",
                "Leave it out, and limit the server itself.",
            )
        if not can_measure():
            raise InputError(
                "--memory-limit: this system has no /proc, so memory can't be measured.",
                "Leave it out, or run on Linux.",
            )


def hosting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, which gets them as the one argument `hosting`."""

    @functools.wraps(command)
    def collect(
        *args: Any,
        python: Path | None,
        jobs: int,
        read_timeout: float,
        answer_timeout: float,
        memory_limit: float | None,
        **others: Any,
    ) -> Any:
        numbers = {
            "read-timeout": read_timeout,
            "answer-timeout": answer_timeout,
            "memory-limit": memory_limit or 0.0,
        }
        for name, value in numbers.items():
            if not math.isfinite(value):
                raise InputError(f"--{name} {value}: is no number.", "Give one, such as 16.")
        limits = Limits(
            read_s=read_timeout,
            answer_s=answer_timeout,
            memory_bytes=round(memory_limit * _GB) if memory_limit else None,
        )
        hosting = HostingSettings(python=python, jobs=jobs, limits=limits)
        return command(*args, hosting=hosting, **others)

    for option in reversed(_OPTIONS):
        collect = option(collect)
    return collect


_OPTIONS = (
    click.option(
        "--python",
        type=click.Path(path_type=Path),
        help="The interpreter (from 3.8) of the environment that SYSTEM is installed in.",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(min=1, max=1000),
        default=1,
        show_default=True,
        help="How many conversations to run at once.",
    ),
    click.option(
        "--read-timeout",
        type=_SECONDS,
        default=DEFAULT_LIMITS.read_s,
        show_default=True,
        help="Seconds that the system may take to start, to read a session, or to flush.",
    ),
    click.option(
        "--answer-timeout",
        type=_SECONDS,
        default=DEFAULT_LIMITS.answer_s,
        show_default=True,
        help="Seconds that an answer may take.",
    ),
    click.option(
        "--memory-limit",
        type=click.FloatRange(min=0, min_open=True),
        metavar="GB",
        help="Gigabytes of memory that a conversation's processes may hold together.",
    ),
)
