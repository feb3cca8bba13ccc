"""Which of several answers to take from each file of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from locomo_vqa.arguments import nearest
from locomo_vqa.errors import InputError

__all__ = ["cutoffs_by_path"]


def cutoffs_by_path(
    cutoff: str | Mapping[str, str] | None, paths: Sequence[Path]
) -> dict[Path, str]:
    """Return the cutoff of each path that has one.

    Args:
        cutoff: one name for all paths, or names by a path or the name of its file.
        paths: the paths of the comparison.

    Raises:
        InputError: `cutoff` is something else, or a name is of no path, or of several.
    """
    if cutoff is None:
        return {}
    if isinstance(cutoff, str):
        return dict.fromkeys(paths, cutoff)
    if not isinstance(cutoff, Mapping) or not all(
        isinstance(text, str) for pair in cutoff.items() for text in pair
    ):
        raise InputError(
            f"`cutoff` must be a string, or a dict of strings, not {cutoff!r}.", "Correct `cutoff`."
        )
    found: dict[Path, str] = {}
    for name, wanted in cutoff.items():
        fitting = [path for path in paths if name in (str(path), path.name)]
        if len(fitting) != 1:
            why = "several files have this name" if fitting else "no file has this name"
            close = None if fitting else nearest(name, [path.name for path in paths])
            guess = f"Did you mean {close!r}? " if close else ""
            listed = ", ".join(map(str, paths))
            raise InputError(f"`cutoff` {name}: {why}.", f"{guess}Name one of {listed}.")
        found[fitting[0]] = wanted
    return found
