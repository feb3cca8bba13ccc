"""Invented people and months of their life, in LoCoMo's own layout."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .plot import Thread
from .questions import draw_questions
from .scenes import Scene, make_scene
from .tables import NAMES
from .talk import Spoken, draw_talk
from .visual import caption, search_query

__all__ = ["Tale", "make_conversation", "tell"]


@dataclass(frozen=True, slots=True)
class Tale:
    """A conversation and the truth of its pictures."""

    locomo: dict[str, Any]
    """An element of LoCoMo's file: `sample_id`, `conversation` and `qa`."""
    scenes: Mapping[str, Scene]
    """By picture URL, in order of sharing."""


def make_conversation(rng: random.Random, number: int) -> dict[str, Any]:
    """Return a fresh conversation in LoCoMo's layout.

    The number, from 1, gives the id and the speakers' names; up to 30 in a row share no name.
    """
    return tell(rng, number).locomo


def tell(rng: random.Random, number: int) -> Tale:
    """Return a fresh conversation together with the scenes of its pictures."""
    first, second = NAMES
    names = first[(number - 1) % len(first)], second[_partner(number - 1, len(second))]
    times, threads, spoken = draw_talk(rng, names)
    return _record(rng, f"sample-{number:02d}", names, times, threads, spoken)


def _partner(index: int, count: int) -> int:
    """Every round through the names pairs them anew."""
    return (index + 7 * (index // count)) % count


def _record(
    rng: random.Random,
    sample_id: str,
    names: tuple[str, str],
    times: Sequence[datetime],
    threads: Sequence[Thread],
    sessions: Sequence[Sequence[Spoken]],
) -> Tale:
    conversation: dict[str, Any] = {"speaker_a": names[0], "speaker_b": names[1]}
    places: dict[tuple[int, int], str] = {}
    scenes: dict[str, Scene] = {}
    for number, (time, turns) in enumerate(zip(times, sessions, strict=True), start=1):
        conversation[f"session_{number}_date_time"] = _session_time(time)
        rows = conversation[f"session_{number}"] = []
        for position, turn in enumerate(turns, start=1):
            dia_id = f"D{number}:{position}"
            places.update(dict.fromkeys(turn.facts, dia_id))
            row: dict[str, Any] = {"speaker": names[turn.speaker]}
            if turn.picture:
                url = f"https://pictures.example/{sample_id}/{len(scenes) + 1}.png"
                scene = scenes[url] = make_scene(rng, kind=turn.picture)
                row |= {
                    "img_url": [url],
                    "blip_caption": caption(scene),
                    "query": search_query(scene),
                }
            rows.append(row | {"dia_id": dia_id, "text": turn.text})
    qa = draw_questions(rng, names, threads, places)
    return Tale({"sample_id": sample_id, "conversation": conversation, "qa": qa}, scenes)


def _session_time(time: datetime) -> str:
    hour = time.hour % 12 or 12
    half = "am" if time.hour < 12 else "pm"
    return f"{hour}:{time:%M} {half} on {time.day} {time:%B}, {time.year}"
