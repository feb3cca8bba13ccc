"""Reads systems with several runs each: `A1 A2 --versus B1 B2`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from locomo_vqa.errors import InputError
from locomo_vqa.repeats import Repeats

__all__ = ["VersusCommand", "split_at_versus"]

_OPTION = "--versus"
_MARK = "\0versus"
"""Stands among the sources where the option was; no path has this character."""


class VersusCommand(click.Command):
    """A command that keeps the places of `--versus` among its arguments."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Replace each `--versus` by a mark among the sources."""
        return super().parse_args(ctx, [_MARK if arg == _OPTION else arg for arg in args])


def split_at_versus(sources: Sequence[str]) -> list[Path | Repeats]:
    """Return the sides: each source is one, or, with `--versus`, all sources between two of them.

    Raises:
        InputError: `--versus` has no source on one side.
    """
    if _MARK not in sources:
        return [Path(source) for source in sources]
    sides: list[list[Path]] = [[]]
    for source in sources:
        if source == _MARK:
            sides.append([])
        else:
            sides[-1].append(Path(source))
    if not all(sides):
        raise InputError(
            "`versus` must stand between two systems.", "Name the runs of one on each side of it."
        )
    return [side[0] if len(side) == 1 else Repeats(side) for side in sides]
