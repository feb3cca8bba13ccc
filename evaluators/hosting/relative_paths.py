"""Makes the paths that a system gets absolute, because it has its own working directory."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from locomo_vqa.system import Services

__all__ = ["lent_paths", "with_absolute_paths"]


def with_absolute_paths(services: Services) -> Services:
    """Return services in which the paths of existing files and folders are absolute.

    A path may be an option's value, or the target of a model's name.
    """
    options = {name: _absolute_target(value) for name, value in services.options.items()}
    model = services.model and _absolute_target(services.model)
    return replace(services, model=model, options=options)


def lent_paths(services: Services) -> tuple[Path, ...]:
    """Return the existing files and folders that a model's name and options name."""
    lent = with_absolute_paths(services)
    values = (lent.model or "", *lent.options.values())
    targets = (_split(value)[1] for value in values)
    paths = (Path(target) for target in targets if target.startswith(os.sep))
    return tuple(path for path in paths if os.path.exists(path))  # noqa: PTH110 - of any length


def _absolute_target(value: str) -> str:
    before, target, after = _split(value)
    return f"{before}{_absolute(target)}{after}"


def _split(value: str) -> tuple[str, str, str]:
    """Return what is before a path, the path, and what is after it."""
    scheme, colon, rest = value.partition(":")
    if not (colon and scheme.isalpha() and len(scheme) > 1):  # Not a drive letter.
        return "", value, ""
    target, mark, query = rest.partition("?")
    return f"{scheme}:", target, f"{mark}{query}"


def _absolute(text: str) -> str:
    try:
        path = Path(text)
        there = bool(text) and not text.isdigit() and path.exists()
    except (OSError, ValueError):
        return text
    return str(path.absolute()) if there else text
