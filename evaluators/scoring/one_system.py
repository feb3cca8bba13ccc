"""Checks that runs which are scored together are runs of one system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json
from locomo_vqa.runs import Run

from .entry_names import source_name
from .report import ScoreReport

__all__ = ["check_one_system"]


def check_one_system(sources: Iterable[Any]) -> None:
    """Check that the runs among the sources have one system, one model and the same settings.

    A source without a run.json, such as a published file, does not say what it is of.

    Raises:
        InputError: two runs differ, so that a mean over them would be that of no system.
    """
    known: tuple[str, dict[str, str]] | None = None
    for source in sources:
        name, info = _record(source)
        if info is None:
            continue
        settings = _settings(info)
        if known is None:
            known = name, settings
        for setting, value in settings.items():
            if value != known[1][setting]:
                raise InputError(
                    f"{known[0]} and {name} are not runs of one system: {setting} is "
                    f"{known[1][setting]} and {value}.",
                    "Score each run by itself, or compare them (`locomo-vqa compare`).",
                )


def _record(source: Any) -> tuple[str, Mapping[str, Any] | None]:
    """Return a source's name, and the content of its run.json, if it is a run."""
    if isinstance(source, ScoreReport):
        return source.document["source"]["name"], source.run.info if source.run else None
    if isinstance(source, Run):
        return source_name(source.folder), source.info
    if isinstance(source, str | Path) and (path := Path(source) / "run.json").is_file():
        return str(source), read_json(path, what="the run's manifest")
    return str(source), None


def _settings(info: Mapping[str, Any]) -> dict[str, str]:
    system, answerer = info.get("system") or {}, info.get("answerer") or {}
    options = info.get("options") or ["none"]
    return {
        "the system": f"{system.get('name')} {system.get('version')}",
        "the model": str(answerer.get("model")),
        "the value of images": str(info.get("image_handling")),
        "the value of visual": str(info.get("visual_handling") or "given"),
        "the number of passages": str(info.get("top_k")),
        "the context budget": str((info.get("context") or {}).get("tokens")),
        "the limit": str(info.get("limit")),
        "the list of options": ", ".join(map(str, options)),
    }
