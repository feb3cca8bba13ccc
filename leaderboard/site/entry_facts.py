"""What is known about how an entry was made, as labelled texts.

They come from its metadata.yaml and run.json; all of it is untrusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from locomo_vqa.runs import visual_handling
from locomo_vqa.text import counted

from ..board_entry import Entry

__all__ = ["asked_rows", "certified", "configuration", "published", "record"]

_MOST_CHARACTERS = 2000
_Facts = list[list[str]]
_TRAINED = {True: "yes", False: "no", None: "not disclosed"}


def configuration(metadata: Mapping[str, Any], run: Mapping[str, Any] | None) -> _Facts:
    """Return what was run, as the submitter states it and its run records it."""
    system, answerer = metadata["system"], metadata["answerer"]
    run = run or {}
    return _facts(
        ("System", _joined([system["name"], system["version"]], " ")),
        ("Address", system.get("url")),
        ("Commit", system.get("commit") or _commit(run)),
        ("Answerer", answerer["model"]),
        ("Provider", answerer.get("provider")),
        ("Temperature", answerer.get("temperature")),
        ("Prompt, SHA-256", answerer.get("prompt_sha256")),
        ("Images", metadata["image_handling"]),
        ("Image of a visual question", visual_handling(metadata)),
        ("Options", _joined(run.get("options") or (), ", ")),
        ("Passages asked for", run.get("top_k")),
        ("Trained on LoCoMo", _TRAINED[metadata["disclosure"]["trained_on_locomo"]]),
        ("Submission", metadata["submission_type"]),
    )


def certified(entry: Entry) -> _Facts:
    """Return whether the system answers from the picture, and how far that goes."""
    if entry.certificate is None:
        return [["Answers from the picture", "not tested"]]
    found = entry.certificate
    return _facts(("Certificate", f"{found['reading']} {found['scope']}"))


def published(entry: Entry, row: Mapping[str, Any]) -> _Facts:
    """Return what is known of a published file, and the mean of the verdicts that it carries."""
    if entry.source is None:
        return []
    return _facts(
        ("Published file", entry.source["title"]),
        ("SHA-256 of the file", entry.source["sha256"]),
        ("Reported J, which is not J", _reported(row["reported_j"])),
    )


def _reported(score: Mapping[str, Any] | None) -> str | None:
    if score is None:
        return "the file has no verdicts"
    if score["value"] is None:
        return str(score["reason"])
    judge = score["judge"]
    by = "it is unknown who judged" if judge == "unknown" else f"judged by {judge}"
    ends = (score.get("low"), score.get("high"))
    interval = "" if None in ends else f" ({ends[0]:.1f} to {ends[1]:.1f})"
    return f"{score['value']:.1f}{interval}, from the verdicts in the file; {by}"


def record(run: Mapping[str, Any]) -> _Facts:
    """Return what the run saw of itself: versions, attempts, calls and what they cost."""
    environment = (run.get("record") or {}).get("environment") or {}
    attempts = (run.get("record") or {}).get("attempts") or ()
    return _facts(
        ("Versions", _pairs(run["versions"])),
        ("Python", _joined([environment.get("implementation"), environment.get("python")], " ")),
        ("Platform", environment.get("platform")),
        ("Packages", _pairs(environment.get("distributions") or {})),
        ("Own modules, SHA-256", _pairs(environment.get("modules") or {})),
        ("Files that it read, SHA-256", _pairs(environment.get("files") or {})),
        ("Sandbox", run.get("sandbox")),
        *(("Attempt", _attempt(attempt)) for attempt in attempts),
        *_calls(run.get("calls")),
        ("Size of the model", _bytes((run.get("model_bytes") or {}).get("weights"))),
        ("Size of its adapters", _bytes((run.get("model_bytes") or {}).get("adapters"))),
    )


def asked_rows(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the answered calls asked for: stage, model, temperature, seed and counts."""
    names = ("stage", "model", "temperature", "seed", "calls", "images", "instructions")
    asked = (run.get("calls") or {}).get("asked") or ()
    return [{name: row[name] for name in names} for row in asked]


def _calls(calls: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    if calls is None:
        return
    overall, lost = calls["overall"], calls.get("lost")
    latency = overall["latency_ms"] or {}
    yield "Calls to models", f"{overall['calls']:,}, {overall['failed']:,} of them failed"
    if lost is not None:
        yield "Requests without any reply", f"{lost['lost']:,} of {lost['requests']:,}"
        yield (
            "Why",
            _joined((f"{why}: {number:,}" for why, number in lost["reasons"].items()), "; "),
        )
    yield "Replayed calls", overall["replayed"] or None
    yield "Input tokens", f"{overall['input_tokens']:,}"
    yield "Output tokens", f"{overall['output_tokens']:,}"
    cost = overall["cost_usd"]
    yield "Cost", None if cost is None else f"{cost:,.4f} USD"
    yield "Median latency of a call", None if "p50" not in latency else f"{latency['p50']:,.0f} ms"


def _facts(*pairs: tuple[str, Any]) -> _Facts:
    """Return the pairs that have a value, as texts."""
    return [[label, _shortened(str(value))] for label, value in pairs if value not in (None, "")]


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"


def _joined(texts: Iterable[Any], separator: str) -> str:
    return separator.join(str(text) for text in texts if text not in (None, ""))


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _attempt(attempt: Mapping[str, Any]) -> str:
    again = ", failed questions again" if attempt["retry_failed"] else ""
    answers = counted(attempt["answers"], "answer")
    return f"{attempt['began']} to {attempt['ended']}: {answers}{again}"


def _commit(run: Mapping[str, Any]) -> str | None:
    git = run.get("git")
    return (
        None if git is None else f"{git['commit']}{', with local changes' if git['dirty'] else ''}"
    )


def _bytes(number: int | None) -> str | None:
    return None if not number else f"{number:,} bytes"
