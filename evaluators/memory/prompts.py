"""The prompts of the pipeline's stages, in a long and a reduced form, or from the user's folder.

Source: Mem0's stages as described in MemLoRA's appendix A.1 (arXiv 2512.04763), whose reduced
prompts are an order of magnitude shorter than Mem0's. The wording is our own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from locomo_vqa.prompts import answer_visual, fill, prompt_text

from ..own_prompts import OwnPrompts, PromptRule, fill_own

__all__ = [
    "MEMORY_PROMPTS",
    "again_prompt",
    "answer_prompt",
    "calendar",
    "describe_prompt",
    "extraction_prompt",
    "memory_block",
    "said_at",
    "turn_as_text",
    "update_prompt",
    "visual_prompt",
]

MEMORY_PROMPTS: Mapping[str, PromptRule] = MappingProxyType(
    {
        "extract": PromptRule(
            needed=(("turns",), ("messages",)), more=("time", "speaker", "other_speaker")
        ),
        "update": PromptRule(needed=(("memories", "facts"),)),
        "answer": PromptRule(
            needed=(("question", "memories"), ("question", "memories_1", "memories_2")),
            more=("now", "speaker_1", "speaker_2"),
        ),
        "again": PromptRule(needed=(("fault",),)),
        "describe": PromptRule(),
        "answer_visual": PromptRule(needed=(("question",),), more=("description",)),
    }
)
"""The prompts that a folder of the user's own can have; see docs/reference-systems.md."""

_PACKAGE = "locomo_vqa.evaluators.prompts"
_DAYS_BEFORE = 6
_TWO = 2


def extraction_prompt(
    turns: Sequence[str],
    time: datetime,
    *,
    form: str = "reduced",
    own: OwnPrompts | None = None,
    speakers: tuple[str, str] | None = None,
) -> str:
    """Return the prompt that asks for the facts in turns, each from `turn_as_text`.

    With `speakers`, only facts about the first of them are wanted; the second is the other one.
    """
    said = "\n".join(turns)
    one, other = speakers or ("", "")
    text = own.texts.get("extract") if own else None
    if text is not None:
        values = {"time": calendar(time), "turns": said, "messages": said}
        return fill_own(text, {**values, "speaker": one, "other_speaker": other})
    if speakers is not None:
        said = f"{fill(_PACKAGE, 'mem0_speaker_v1', speaker=one).strip()}\n{said}"
    return fill(_PACKAGE, f"mem0_extract_{form}_v1", time=calendar(time), turns=said).strip()


def update_prompt(
    memories: Mapping[str, str],
    facts: Sequence[str],
    *,
    form: str = "reduced",
    own: OwnPrompts | None = None,
) -> str:
    """Return the prompt that asks how new facts change memories, which have short ids."""
    listed = [{"id": key, "text": text} for key, text in memories.items()]
    values = {
        "memories": json.dumps(listed, ensure_ascii=False),
        "facts": json.dumps(list(facts), ensure_ascii=False),
    }
    return _prompt("update", f"mem0_update_{form}_v1", own, **values)


def answer_prompt(
    memories: Sequence[str],
    question: str,
    *,
    form: str = "reduced",
    now: datetime | None = None,
    own: OwnPrompts | None = None,
    owners: Sequence[str] | None = None,
    speakers: Sequence[str] = (),
) -> str:
    """Return the prompt that asks a question, with the memories to answer from.

    With `owners`, each memory is of one of the `speakers`, and listed under that name.
    """
    values = {
        "memories": memory_block(memories, owners, speakers),
        "question": question,
        "now": "" if now is None else _day_in_words(now),
    }
    if own is not None and "answer" in own.texts and owners is not None:
        for number, speaker in enumerate(speakers[:_TWO], 1):
            kept = [m for m, owner in zip(memories, owners, strict=True) if owner == speaker]
            values[f"speaker_{number}"] = speaker
            values[f"memories_{number}"] = memory_block(kept)
    return _prompt("answer", f"mem0_answer_{form}_v1", own, **values)


def memory_block(
    memories: Sequence[str], owners: Sequence[str] | None = None, speakers: Sequence[str] = ()
) -> str:
    """Return memories as the answering model sees them: a line each, under their owner's name."""
    if owners is None:
        return "\n".join(f"- {text}" for text in memories) or "- none"
    blocks = []
    for speaker in speakers:
        kept = [text for text, owner in zip(memories, owners, strict=False) if owner == speaker]
        blocks.append(f"Memories of {speaker}:\n{memory_block(kept)}")
    return "\n\n".join(blocks)


def again_prompt(fault: str, own: OwnPrompts | None = None) -> str:
    """Return the prompt that says what is wrong with a reply."""
    return _prompt("again", "mem0_again_v1", own, fault=fault)


def describe_prompt(own: OwnPrompts | None = None) -> str:
    """Return the prompt that asks for the description of an image."""
    text = own.texts.get("describe") if own else None
    return (text or prompt_text(_PACKAGE, "mem0_describe_v1")).strip()


def visual_prompt(
    question: str, *, caption: str | None = None, own: OwnPrompts | None = None
) -> str:
    """Return the prompt of a question about an image, or about its caption."""
    text = own.texts.get("answer_visual") if own else None
    if text is None:
        return answer_visual(question, caption=caption)
    description = f"The picture shows: {caption}." if caption else ""
    return fill_own(text, {"question": question, "description": description})


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


def said_at(time: datetime) -> str:
    """Return a time as LoCoMo writes it: `1:56 pm on 8 May, 2023`."""
    hour, half = (time.hour % 12 or 12), "am" if time.hour < 12 else "pm"
    return f"{hour}:{time:%M} {half} on {time.day} {time:%B}, {time.year}"


def _prompt(name: str, bundled: str, own: OwnPrompts | None, **values: str) -> str:
    text = own.texts.get(name) if own else None
    return fill(_PACKAGE, bundled, **values).strip() if text is None else fill_own(text, values)


def _day_in_words(time: datetime) -> str:
    return f"{time:%A} {time.day} {time:%B} {time.year}"
