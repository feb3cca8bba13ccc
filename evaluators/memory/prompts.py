"""The prompts of the pipeline's stages, in a long and a reduced form.

Source: Mem0's stages as described in MemLoRA's appendix A.1 (arXiv 2512.04763), whose reduced
prompts are an order of magnitude shorter than Mem0's. The wording is our own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from locomo_vqa.prompts import fill

__all__ = ["answer_prompt", "calendar", "extraction_prompt", "turn_as_text", "update_prompt"]

_PACKAGE = "locomo_vqa.evaluators.prompts"
_DAYS_BEFORE = 6


def extraction_prompt(turns: Sequence[str], time: datetime, *, form: str = "reduced") -> str:
    """Return the prompt that asks for the facts in turns, each from `turn_as_text`."""
    name = f"mem0_extract_{form}_v1"
    return fill(_PACKAGE, name, time=calendar(time), turns="\n".join(turns)).strip()


def update_prompt(
    memories: Mapping[str, str], facts: Sequence[str], *, form: str = "reduced"
) -> str:
    """Return the prompt that asks how new facts change memories, which have short ids."""
    listed = [{"id": key, "text": text} for key, text in memories.items()]
    return fill(
        _PACKAGE,
        f"mem0_update_{form}_v1",
        memories=json.dumps(listed, ensure_ascii=False),
        facts=json.dumps(list(facts), ensure_ascii=False),
    ).strip()


def answer_prompt(
    memories: Sequence[str], question: str, *, form: str = "reduced", now: datetime | None = None
) -> str:
    """Return the prompt that asks a question, with the memories to answer from."""
    lines = "\n".join(f"- {text}" for text in memories) or "- none"
    day = "" if now is None else _day_in_words(now)
    values = {"memories": lines, "question": question, "now": day}
    return fill(_PACKAGE, f"mem0_answer_{form}_v1", **values).strip()


def turn_as_text(speaker: str, text: str, captions: Sequence[str] = ()) -> str:
    """Return a turn as one line of text, with captions for its shared images."""
    shared = "".join(f" [shares {caption}]" for caption in captions)
    return f"{speaker}: {text}{shared}"


def calendar(time: datetime) -> str:
    """Return the day and the six days before it, to resolve words like "last Friday"."""
    before = ", ".join(
        _day_in_words(time - timedelta(days=days)) for days in range(1, _DAYS_BEFORE + 1)
    )
    return f"Today is {_day_in_words(time)}. Before: {before}."


def _day_in_words(time: datetime) -> str:
    return f"{time:%A} {time.day} {time:%B} {time.year}"
