"""The prompts word for word: the reduced ones written here, the long ones as golden files.

The embedded text models learned the reduced prompts to the character; what changes in any prompt
needs a new version of it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from locomo_vqa.evaluators.memory.prompts import (
    answer_prompt,
    extraction_prompt,
    turn_as_text,
    update_prompt,
)
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden" / "prompts"
MONDAY = datetime(2023, 5, 1, 9)
TURNS = [turn_as_text("Ada", 'He said "hi".', ["a $5 kite"]), turn_as_text("Ben", "Oh?")]
MEMORIES = {"0": 'Ada has a "cat".', "1": "Ben lives in Zürich."}
FACTS = ["Ada’s cat is grey."]


def golden(stage: str) -> str:
    return (GOLDEN / f"mem0_{stage}_long.txt").read_text(encoding="utf-8")


def test_extraction() -> None:
    assert extraction_prompt(TURNS, MONDAY) == (
        "Note what is worth remembering about the speakers."
        ' JSON only: {"facts": ["fact", "fact"]}\n'
        "Today is Monday 1 May 2023. Before: Sunday 30 April 2023, Saturday 29 April 2023,"
        " Friday 28 April 2023, Thursday 27 April 2023, Wednesday 26 April 2023,"
        " Tuesday 25 April 2023.\n"
        'Ada: He said "hi". [shares a $5 kite]\n'
        "Ben: Oh?"
    )
    assert extraction_prompt(TURNS, MONDAY, form="long") == golden("extract")


def test_update() -> None:
    assert update_prompt(MEMORIES, FACTS) == (
        'Memories now: [{"id": "0", "text": "Ada has a \\"cat\\"."},'
        ' {"id": "1", "text": "Ben lives in Zürich."}]\n'
        'New facts: ["Ada’s cat is grey."]\n'
        'Bring the memories up to date. JSON only: {"memory": [{"id": "0",'
        ' "event": "ADD, UPDATE or DELETE", "text": "what to keep"}]}'
    )
    assert update_prompt(MEMORIES, FACTS, form="long") == golden("update")


def test_answer() -> None:
    texts = list(MEMORIES.values())
    assert answer_prompt(texts, "Who has a cat?") == (
        '- Ada has a "cat".\n- Ben lives in Zürich.\nQuestion: Who has a cat?\n'
        "Answer from these memories in as few words as possible:"
    )
    assert answer_prompt([], "Who?").startswith("- none\nQuestion: Who?")
    assert answer_prompt(texts, "Who has a cat?", form="long", now=MONDAY) == golden("answer")


def test_the_long_prompts_are_an_order_of_magnitude_longer() -> None:
    """MemLoRA, appendix A.1: its prompts are about 7 and 10 times shorter, with what they carry."""
    prompts = Path(ROOT / "evaluators" / "prompts")
    for stage in ("extract", "update", "answer"):
        long, reduced = (
            len((prompts / f"mem0_{stage}_{form}_v1.txt").read_text(encoding="utf-8"))
            for form in ("long", "reduced")
        )
        assert long > 10 * reduced
