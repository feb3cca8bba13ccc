"""Lists the settings in which two runs differ."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json

__all__ = ["differing_settings", "settings_of"]

_UNSET = "not set"
_MAX_CHARACTERS = 60
_TOLD_ELSEWHERE = frozenset({"schema_version"})


def settings_of(info: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Return a run's settings by name: those in run.json, and those its memory system recorded.

    The bundled memory systems write all settings, including defaults, to stages.json.

    Args:
        info: the content of run.json.
        folder: the run folder.
    """
    options = dict(option.partition("=")[::2] for option in info.get("options") or ())
    system, answerer = info["system"], info["answerer"]
    settings: dict[str, Any] = {
        "system": f"{system['name']} {system['version']}",
        "model": answerer["model"],
        "temperature": answerer["temperature"],
        "top_k": info.get("top_k"),
        "context": (info.get("context") or {}).get("tokens"),
        "limit": info.get("limit"),
        "environment": ", ".join(info.get("environment") or ()) or None,
        **_memory_settings(folder),
        **options,
    }
    return {name: str(value) for name, value in settings.items() if value is not None}


def differing_settings(
    first: Mapping[str, str], second: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Return the settings in which two runs differ, each with both values."""
    names = [name for name in dict.fromkeys([*first, *second]) if name not in _TOLD_ELSEWHERE]
    pairs = {name: (_shown(first.get(name)), _shown(second.get(name))) for name in names}
    return {
        name: pairs[name] for name in names if first.get(name, _UNSET) != second.get(name, _UNSET)
    }


def _shown(value: str | None) -> str:
    if value is None:
        return _UNSET
    return value if len(value) <= _MAX_CHARACTERS else f"{value[:_MAX_CHARACTERS]}…"


def _memory_settings(folder: Path) -> dict[str, Any]:
    for file in sorted((folder / "work").glob("*/stages.json"))[:1]:
        with suppress(InputError, KeyError, TypeError, ValueError):
            return dict(read_json(file, what="the stages")["settings"])
    return {}
