"""Notes on how a run was made, from its run.json: lost requests, and what else was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .text import counted

__all__ = [
    "asked_notes",
    "is_clean",
    "lost_note",
    "record_note",
    "recording_notes",
    "sent_images",
]

_MOST_PLACES = 3
_UNASKED = ("embedding", "judge")
"""The stages whose model is not the one that answers."""


def recording_notes(info: Mapping[str, Any]) -> list[str]:
    """Return what a reader of a run's scores must know about how it was made."""
    lost = lost_note(info)
    return [*([] if lost is None else [lost]), *asked_notes(info)]


def is_clean(info: Mapping[str, Any]) -> bool:
    """Return whether no conversation lost more than a twentieth of its requests to the model."""
    lost = _calls(info).get("lost")
    return lost is None or bool(lost["clean"])


def lost_note(info: Mapping[str, Any]) -> str | None:
    """Return a sentence about the requests that got no reply; None if all got one."""
    lost = _calls(info).get("lost")
    if lost is None or not lost["lost"]:
        return None
    places = [
        f"{name}: {stage['lost']:,} of {stage['requests']:,} {kind}"
        for name, stages in lost["by_conversation"].items()
        for kind, stage in stages.items()
        if stage["lost"]
    ]
    shown = "; ".join(places[:_MOST_PLACES])
    more = len(places) - _MOST_PLACES
    reasons = ", ".join(f"{reason} ({number:,})" for reason, number in lost["reasons"].items())
    begin = "" if lost["clean"] else "The run is not clean: "
    return (
        f"{begin}{lost['lost']:,} of {counted(lost['requests'], 'request')} to the model got no "
        f"reply: {reasons} ({shown}{f'; and {more:,} more' if more > 0 else ''})."
    )


def record_note(info: Mapping[str, Any]) -> str | None:
    """Return a sentence if nothing is known of what the system ran on; None if it is."""
    record = info.get("record")
    if record is None:
        return "run.json does not say what the system ran on: an earlier version wrote it."
    if record["environment"] is None:
        return "What the system ran on is not known: it is a server, or it never started."
    return None


def asked_notes(info: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each way in which the calls differ from the run's named model."""
    answerer, asked = info["answerer"], _calls(info).get("asked") or ()
    answering = [row for row in asked if row["stage"] not in _UNASKED]
    others = [row for row in answering if row["model"] not in (answerer["model"], None)]
    notes = [
        f"{counted(number, 'call')} ({stages}) asked {model}, not {answerer['model']}."
        for model, number, stages in _grouped(others, "model")
    ]
    wanted = answerer["temperature"]
    warmer = [row for row in answering if row["temperature"] not in (wanted, None)]
    notes += [
        f"{counted(number, 'call')} ({stages}) asked at temperature {warmth:g}, not {wanted:g}."
        for warmth, number, stages in _grouped(warmer, "temperature")
        if wanted is not None
    ]
    unset = [row for row in answering if row["temperature"] is None]
    return notes + [
        f"{counted(number, 'call')} ({stages}) named no temperature, so the server chose it."
        for _, number, stages in _grouped(unset, "temperature")
    ]


def sent_images(info: Mapping[str, Any]) -> bool | None:
    """Return whether any call had an image; None if that is not known."""
    asked = _calls(info).get("asked")
    return None if not asked else any(row["images"] for row in asked)


def _calls(info: Mapping[str, Any]) -> Mapping[str, Any]:
    calls: Mapping[str, Any] | None = info.get("calls")
    return calls or {}


def _grouped(rows: Sequence[Mapping[str, Any]], key: str) -> Iterator[tuple[Any, int, str]]:
    """Yield each value of a key, the number of calls with it, and the stages that made them."""
    for value in dict.fromkeys(row[key] for row in rows):
        group = [row for row in rows if row[key] == value]
        stages = ", ".join(dict.fromkeys(row["stage"] for row in group))
        yield value, sum(row["calls"] for row in group), stages
