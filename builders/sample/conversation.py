"""Invents people and months of their lives, in LoCoMo's own layout."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .scenes import Scene, make_scene
from .tables import SPEAKER_NAMES
from .talk import DraftTurn, draw_talk
from .text_questions import draw_text_questions
from .threads import Thread
from .visual_questions import caption, search_query

__all__ = ["ConversationDraft", "draw_conversation", "speaker_names"]


@dataclass(frozen=True, slots=True)
class ConversationDraft:
    """A conversation and the scenes of its images."""

    locomo: dict[str, Any]
    """An element of LoCoMo's file: `sample_id`, `conversation` and `qa`."""
    scenes: Mapping[str, Scene]
    """Scenes by image URL, in the order in which they are shared."""


def draw_conversation(rng: random.Random, number: int) -> ConversationDraft:
    """Return a new conversation together with the scenes of its images.

    The number, from 1, determines the id and the speakers' names.
    """
    names = speaker_names(number)
    times, threads, sessions = draw_talk(rng, names)
    return _conversation_record(rng, f"sample-{number:02d}", names, times, threads, sessions)


def speaker_names(number: int) -> tuple[str, str]:
    """Return the names of a conversation's speakers; up to 30 in a row share no name."""
    first, second = SPEAKER_NAMES
    index = number - 1
    # Every pass through the names makes new pairs.
    return first[index % len(first)], second[(index + 7 * (index // len(second))) % len(second)]


def _conversation_record(
    rng: random.Random,
    sample_id: str,
    names: tuple[str, str],
    times: Sequence[datetime],
    threads: Sequence[Thread],
    sessions: Sequence[Sequence[DraftTurn]],
) -> ConversationDraft:
    conversation: dict[str, Any] = {"speaker_a": names[0], "speaker_b": names[1]}
    turn_ids: dict[tuple[int, int], str] = {}
    scenes: dict[str, Scene] = {}
    for number, (time, turns) in enumerate(zip(times, sessions, strict=True), start=1):
        conversation[f"session_{number}_date_time"] = _session_time(time)
        rows = conversation[f"session_{number}"] = []
        for position, turn in enumerate(turns, start=1):
            dia_id = f"D{number}:{position}"
            turn_ids.update(dict.fromkeys(turn.facts, dia_id))
            row: dict[str, Any] = {"speaker": names[turn.speaker]}
            if turn.image_kind:
                url = f"https://pictures.example/{sample_id}/{len(scenes) + 1}.png"
                scene = scenes[url] = make_scene(rng, kind=turn.image_kind)
                row |= {
                    "img_url": [url],
                    "blip_caption": caption(scene),
                    "query": search_query(scene),
                }
            rows.append(row | {"dia_id": dia_id, "text": turn.text})
    qa = draw_text_questions(rng, names, threads, turn_ids)
    locomo = {"sample_id": sample_id, "conversation": conversation, "qa": qa}
    return ConversationDraft(locomo, scenes)


def _session_time(time: datetime) -> str:
    hour = time.hour % 12 or 12
    half = "am" if time.hour < 12 else "pm"
    return f"{hour}:{time:%M} {half} on {time.day} {time:%B}, {time.year}"
