"""Groups runs into the operating points of systems, which differ in budget or top_k alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.context_budget import context_in_words
from locomo_vqa.runs import visual_handling

from ..scoring.run_names import name_runs

__all__ = ["operating_points"]


def operating_points(
    infos: Sequence[Mapping[str, Any]], folders: Sequence[Path]
) -> tuple[list[str], list[str]]:
    """Return each run's system, and what sets the run apart from the system's other runs.

    Args:
        infos: the content of each run.json.
        folders: the run folders, in the same order.
    """
    keys = [_key_of(info) for info in infos]
    first = {key: keys.index(key) for key in keys}
    places = list(first.values())
    named = name_runs([folders[place] for place in places], [infos[place] for place in places])
    names = dict(zip(first, named, strict=True))
    return [names[key] for key in keys], [_point_of(info) for info in infos]


def _key_of(info: Mapping[str, Any]) -> str:
    """Return what the operating points of one system share: all but the budget and top_k."""
    options = [one for one in info.get("options") or () if not one.startswith("top_k=")]
    return json.dumps(
        [
            info["system"],
            info["answerer"],
            info["image_handling"],
            visual_handling(info),
            options,
        ],
        sort_keys=True,
    )


def _point_of(info: Mapping[str, Any]) -> str:
    tokens = (info.get("context") or {}).get("tokens")
    if tokens is not None:
        return context_in_words(tokens)
    return f"top {info['top_k']}" if info.get("top_k") else "no limit"
