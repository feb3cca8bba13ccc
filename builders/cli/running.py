"""Running stages from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locomo_vqa.cli_support import echo, quoted
from locomo_vqa.text import counted

from .tables import print_stage

if TYPE_CHECKING:
    from ..build_result import Build

__all__ = ["build_arguments", "run_stages"]

_DOWNLOAD = ("per_host", "in_flight", "timeout", "max_bytes", "max_pixels")
_NEXT = {
    "ingest": "images",
    "images": "split",
    "split": "probe",
    "probe": "select",
    "select": "generate",
    "generate": "publish",
}
"""What usually follows a stage; a review before `publish` is optional."""


def run_stages(*stages: str, strict: bool = False, **options: Any) -> int:
    """Run stages and print the result of each; return 1 if another run can complete them.

    A build that publishes is complete without the images that are lost, unless `strict`.
    """
    from ..build import build

    done = build(
        stages=stages or None,  # type: ignore[arg-type]
        after_stage=print_stage,
        **build_arguments(options),
    )
    _print_next(done, stages)
    if stages:
        return 1 if done.incomplete else 0
    return 1 if done.unanswered or (strict and done.lost_images) else 0


def build_arguments(options: dict[str, Any]) -> dict[str, Any]:
    """Return command-line options as arguments of `build`."""
    download = {name: options[name] for name in _DOWNLOAD if options.get(name) is not None}
    others = {name: value for name, value in options.items() if name not in _DOWNLOAD}
    return {**others, "download": download}


def _print_next(done: Build, stages: tuple[str, ...]) -> None:
    if len(stages) == 1 and stages[0] in _NEXT:
        echo(f"Next: locomo-vqa build {_NEXT[stages[0]]} --work {quoted(done.work)}")
        return
    limit = done.recipe.limit if done.recipe is not None else None
    if limit is not None:
        echo(
            f"This was a trial of {counted(limit, 'image')}. For the whole build, repeat "
            "`build run` without --limit and with another --out; replies are kept."
        )
    elif done.folder is not None:
        echo(f"Next: locomo-vqa run bm25 --benchmark {quoted(done.folder)} --out …")
