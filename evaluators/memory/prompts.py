"""What the stages of Mem0's pipeline ask a model, in the long and in the reduced form.

Source: Mem0's stages as MemLoRA's appendix A.1 describes them (arXiv 2512.04763); its reduced
prompts are an order of magnitude shorter than Mem0's. The wording here is our own.
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
    """Return the prompt that asks which facts a few turns tell; each made by `turn_as_text`."""
    name = f"mem0_extract_{form}_v1"
    return fill(_PACKAGE, name, time=calendar(time), turns="\n".join(turns)).strip()


def update_prompt(
    memories: Mapping[str, str], facts: Sequence[str], *, form: str = "reduced"
) -> str:
    """Return the prompt that asks what new facts change in memories, given by short id."""
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
    """Return the prompt that asks a question of memories."""
    lines = "\n".join(f"- {text}" for text in memories) or "- none"
    day = "" if now is None else _day(now)
    values = {"memories": lines, "question": question, "now": day}
    return fill(_PACKAGE, f"mem0_answer_{form}_v1", **values).strip()


def turn_as_text(speaker: str, text: str, captions: Sequence[str] = ()) -> str:
    """Return a turn as a line; captions stand where a picture was shared."""
    shared = "".join(f" [shares {caption}]" for caption in captions)
    return f"{speaker}: {text}{shared}"


def calendar(time: datetime) -> str:
    """Return the day and the six days before it, so that "last Friday" need not be worked out."""
    before = ", ".join(_day(time - timedelta(days=days)) for days in range(1, _DAYS_BEFORE + 1))
    return f"Today is {_day(time)}. Before: {before}."


def _day(time: datetime) -> str:
    return f"{time:%A} {time.day} {time:%B} {time.year}"
