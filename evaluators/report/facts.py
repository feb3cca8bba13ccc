"""Writes a report's header: which system ran on which data, when, and how it was scored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from locomo_vqa._version import __version__
from locomo_vqa.errors import InputError
from locomo_vqa.local_paths import public_name, public_value
from locomo_vqa.run_notes import context_note
from locomo_vqa.runs import visual_handling

from ..prediction_files import LAYOUT_MEANINGS
from ..scoring import ScoreReport
from ..scoring.entry_names import entry_name, source_name
from .calls import json_lines
from .certificate import certificate_sentence

__all__ = ["run_facts", "title_of"]

_MOST_CHARACTERS = 500
_IMAGES = {
    "pixels": "pixels: the system sees the images",
    "caption": "caption: the system sees a caption instead of each image",
    "none": "none: the system sees no images or captions",
    "shuffled": "shuffled: the system sees another image instead of each image",
    "crossed": "crossed: the system sees another image instead of some images, as coins fall",
}
_VISUAL = {
    "given": "given: each visual question comes with its image",
    "recalled": "recalled: the image was only seen while the conversation was read",
}


def title_of(report: ScoreReport) -> str:
    """Return the system's name, as a board shows it; the file's name if there is no run."""
    if report.run is None:
        name = report.document["source"]["name"]
    else:
        name = entry_name(report.run.folder) or report.run.info["system"]["name"]
    return _short(public_name(str(name)))


def run_facts(report: ScoreReport) -> list[tuple[str, str]]:
    """Return the header's lines as (label, text), without unknown ones."""
    document = report.document
    source, dataset = document["source"], document["dataset"]
    facts = _of_run(report.run.info, report.run.folder) if report.run else _of_file(source)
    facts += [
        ("Data set", dataset["id"]),
        ("Revision", dataset["revision"]),
        ("Split", "all questions" if dataset["split"] == "all" else dataset["split"]),
        ("Answers' SHA-256", source["sha256"]),
        ("Scored", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC by locomo-vqa {__version__}"),
    ]
    return [(label, _short(public_value(str(text)))) for label, text in facts if text]


def _of_file(source: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    layout = source["layout"]
    return [
        ("Source", f"{source['name']}, {LAYOUT_MEANINGS.get(layout, layout)}"),
        ("System", "unknown: predictions don't say which system and model answered"),
    ]


def _of_run(info: Mapping[str, Any], folder: Path) -> list[tuple[str, str | None]]:
    system, answerer = info["system"], info["answerer"]
    images, visual = info["image_handling"], visual_handling(info)
    seen = _IMAGES.get(images, str(images))
    if images == "pixels" and not system["uses_images"]:
        seen = "pixels were offered, but the system uses no images"
    git = info.get("git")
    return [
        ("Submission", source_name(folder) if entry_name(folder) else None),
        ("System", " ".join(filter(None, (system["name"], system["version"])))),
        ("Answerer", _describe_answerer(answerer)),
        ("Images", seen),
        ("Visual questions", _VISUAL.get(visual, str(visual))),
        ("Certificate", certificate_sentence(info, folder)),
        ("Context", (context_note(info) or "").removeprefix("Context: ") or None),
        ("Run", _describe_dates(folder / "journal.jsonl")),
        ("Versions", ", ".join(f"{name} {version}" for name, version in info["versions"].items())),
        (
            "Git",
            git and git["commit"] + (", with uncommitted changes" if git["dirty"] else ""),
        ),
    ]


def _describe_answerer(answerer: Mapping[str, Any]) -> str:
    if not answerer["model"]:
        return "no model"
    parts = [answerer["model"]]
    if answerer["provider"]:
        parts.append(f"by {answerer['provider']}")
    if answerer["temperature"] is not None:
        parts.append(f"temperature {answerer['temperature']:g}")
    return ", ".join(parts)


def _describe_dates(journal: Path) -> str:
    """Return the times of the first and the last attempt, according to the journal."""
    times: list[datetime] = []
    try:
        for row in json_lines(journal):
            time = _time(row.get("time")) if row else None
            if time is not None:
                times = [min([time, *times[:1]]), max([time, *times[-1:]])]
    except InputError:
        return "not recorded"
    if not times:
        return "not recorded"
    first, last = times
    end = f"{last:%H:%M:%S}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M:%S}"
    return f"{first:%Y-%m-%d %H:%M:%S} to {end} UTC"


def _time(value: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(value)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _short(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"
