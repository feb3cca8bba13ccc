"""Names runs by their systems, and by what sets runs of the same system apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.context_budget import context_in_words
from locomo_vqa.runs import visual_handling

from .entry_names import entry_name

__all__ = ["name_runs"]


def name_runs(folders: Sequence[Path], infos: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return a name for each run: its system's, or the name that a submission has on a board.

    Runs that share a name also get what they differ in, of model, version, image handling,
    handling of visual questions, context budget and top_k, as far as it takes to tell them apart;
    otherwise their folder.

    Args:
        folders: the run folders.
        infos: the content of their run.json, in the same order.
    """
    plain = [
        entry_name(folder) or info["system"]["name"]
        for folder, info in zip(folders, infos, strict=True)
    ]
    names = list(plain)
    for name in {name for name in plain if plain.count(name) > 1}:
        places = [place for place, other in enumerate(plain) if other == name]
        facts = [_facts(folders[place], infos[place]) for place in places]
        for place, words in zip(places, _distinguishing(facts), strict=True):
            names[place] = f"{name} ({', '.join(words)})" if words else name
    return tuple(names)


def _facts(folder: Path, info: Mapping[str, Any]) -> list[str]:
    system, answerer = info["system"], info["answerer"]
    return [
        answerer["model"] or "no model",
        f"version {system['version'] or 'unknown'}",
        info["image_handling"],
        visual_handling(info),
        _context_of(info),
        f"top_k {info['top_k']}" if info.get("top_k") else "no top_k",
        folder.resolve().name,
        str(folder),
    ]


def _context_of(info: Mapping[str, Any]) -> str:
    tokens = (info.get("context") or {}).get("tokens")
    return "no context limit" if tokens is None else f"context {context_in_words(tokens)}"


def _distinguishing(runs: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the facts of each run that are needed to tell all of them apart."""
    needed: list[list[str]] = [[] for _ in runs]
    for values in zip(*runs, strict=True):
        if len(set(values)) > 1 and len(set(map(tuple, needed))) < len(runs):
            for words, value in zip(needed, values, strict=True):
                words.append(value)
    return needed
