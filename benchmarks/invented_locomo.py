"""A file in LoCoMo's format and of its size, invented, for benchmarks that were given no LoCoMo."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

__all__ = ["find_locomo", "write_locomo"]

CONVERSATIONS, SESSIONS, TURNS, QUESTIONS = 10, 27, 22, 1_986
_WORDS = [
    "adopt",
    "beach",
    "camera",
    "dinner",
    "exam",
    "family",
    "garden",
    "hike",
    "island",
    "jacket",
    "kitchen",
    "lake",
    "museum",
    "novel",
    "orchard",
    "painting",
    "quilt",
    "river",
    "school",
    "trail",
    "uncle",
    "violin",
    "workshop",
    "yoga",
    "zoo",
    "birthday",
    "concert",
    "shelter",
    "pottery",
    "running",
    "support",
    "group",
    "weekend",
    "mountain",
    "friend",
    "sister",
    "counselling",
    "festival",
]


def find_locomo(given: Path | None, folder: Path) -> tuple[Path, str]:
    """Return a file in LoCoMo's format, and what to call it."""
    if given is not None:
        return given, "LoCoMo"
    path = folder / "locomo10.json"
    write_locomo(path)
    return path, "an invented LoCoMo"


def write_locomo(path: Path) -> None:
    """Write ten conversations and 1,986 questions, always the same."""
    rng = random.Random(0)
    samples = [_sample(rng, number) for number in range(CONVERSATIONS)]
    path.write_text(json.dumps(samples), encoding="utf-8")


def _phrase(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(_WORDS, k=words))


def _sample(rng: random.Random, number: int) -> dict[str, Any]:
    talk: dict[str, Any] = {"speaker_a": "Ada", "speaker_b": "Ben"}
    names: list[str] = []
    for session in range(1, SESSIONS + 1):
        talk[f"session_{session}_date_time"] = f"1:{session + 9} pm on {session} May, 2023"
        turns = [_turn(rng, session, place) for place in range(1, TURNS + 1)]
        talk[f"session_{session}"] = turns
        names += [turn["dia_id"] for turn in turns]
    count = QUESTIONS // CONVERSATIONS + (number < QUESTIONS % CONVERSATIONS)
    questions = [_question(rng, names, place) for place in range(count)]
    return {"sample_id": f"conv-{number}", "conversation": talk, "qa": questions}


def _turn(rng: random.Random, session: int, place: int) -> dict[str, Any]:
    turn: dict[str, Any] = {
        "speaker": ("Ada", "Ben")[place % 2],
        "dia_id": f"D{session}:{place}",
        "text": f"I saw the {_phrase(rng, rng.randint(6, 35))}.",
    }
    if rng.random() < 0.2:
        turn["img_url"] = [f"https://images.example/{session}-{place}-{rng.random()}.jpg"]
        turn["blip_caption"] = f"a photo of a {_phrase(rng, 3)}"
        turn["query"] = _phrase(rng, 2)
    return turn


def _question(rng: random.Random, names: list[str], place: int) -> dict[str, Any]:
    category = (1, 2, 3, 4, 4, 5)[place % 6]
    answer = "adversarial_answer" if category == 5 else "answer"
    return {
        "question": f"What did Ada say about the {_phrase(rng, 5)}?",
        answer: _phrase(rng, 3),
        "evidence": rng.sample(names, 3 if category == 1 else 1),
        "category": category,
    }
