"""The options of commands whose calls to a model are counted, recorded or replayed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from locomo_vqa.errors import InputError

__all__ = ["MeteringSettings", "metering_options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteringSettings:
    """Whether and how the calls of a run go through the metering proxy."""

    meter: bool
    """Whether they do."""
    record: Path | None
    """Where replies are recorded."""
    replay: Path | None
    """Where recorded replies are taken from, and others recorded."""
    strict: bool
    """Whether what was never recorded is refused."""
    prices: Path | None
    """A table of prices of the user's own."""

    def check(self, *, endpoint: bool) -> None:
        """Check that the options fit each other; `endpoint`: the model is one.

        Raises:
            InputError: they don't.
        """
        if self.record and self.replay:
            raise InputError(
                "--record and --replay can't be given together.",
                "Give --replay alone: what it does not have is asked and recorded too.",
            )
        if self.strict and not self.replay:
            raise InputError("--strict is about --replay, which is missing.", "Add it.")
        named = {"--record": self.record, "--replay": self.replay, "--prices": self.prices}
        given = [name for name, value in named.items() if value is not None]
        if given and not self.meter:
            raise InputError(f"{given[0]} needs the meter.", "Leave out --no-meter.")
        if given and not endpoint:
            raise InputError(
                f"{given[0]}: no calls go to an endpoint.",
                "Name one with --model openai:<base URL>?model=<name>, or leave the option out.",
            )


def metering_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, which gets them as the one argument `metering`."""

    @functools.wraps(command)
    def collect(
        *args: Any,
        meter: bool,
        record: Path | None,
        replay: Path | None,
        strict: bool,
        prices: Path | None,
        **others: Any,
    ) -> Any:
        metering = MeteringSettings(
            meter=meter, record=record, replay=replay, strict=strict, prices=prices
        )
        return command(*args, metering=metering, **others)

    for option in reversed(_OPTIONS):
        collect = option(collect)
    return collect


_FILE = click.Path(path_type=Path, dir_okay=False)
_OPTIONS = (
    click.option(
        "--meter/--no-meter",
        default=True,
        show_default=True,
        help="Count the calls to an endpoint, in calls.jsonl of the run folder.",
    ),
    click.option("--record", type=_FILE, help="Record the endpoint's replies in this file."),
    click.option(
        "--replay",
        type=_FILE,
        help="Give the replies that this file has; ask for the rest, and record it there.",
    ),
    click.option("--strict", is_flag=True, help="With --replay: ask the endpoint for nothing."),
    click.option("--prices", type=_FILE, help="Prices of models, in place of the bundled table."),
)
