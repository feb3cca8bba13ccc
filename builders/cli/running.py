"""Running stages from the command line."""

from __future__ import annotations

from typing import Any

from .tables import print_stage

__all__ = ["build_arguments", "run_stages"]

_DOWNLOAD = ("per_host", "in_flight", "timeout", "max_bytes", "max_pixels")


def run_stages(*stages: str, **options: Any) -> int:
    """Run stages and print the result of each; return 1 if another run can complete them."""
    from ..build import build

    done = build(
        stages=stages or None,  # type: ignore[arg-type]
        after_stage=print_stage,
        **build_arguments(options),
    )
    return 1 if done.incomplete else 0


def build_arguments(options: dict[str, Any]) -> dict[str, Any]:
    """Return command-line options as arguments of `build`."""
    download = {name: options[name] for name in _DOWNLOAD if options.get(name) is not None}
    others = {name: value for name, value in options.items() if name not in _DOWNLOAD}
    return {**others, "download": download}
