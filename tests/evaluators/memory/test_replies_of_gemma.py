"""What Gemma 3 270M, a base model, replied to the reduced prompts on LoCoMo, word for word.

It goes on with the talk, repeats itself until the limit, or repeats the prompt's example. None of
it may become a memory, and the turns and facts that it was shown have to be kept.
"""

from __future__ import annotations

from typing import Any

import pytest

from locomo_vqa.evaluators.memory.anomalies import AnomalyCounts
from locomo_vqa.evaluators.memory.replies import read_facts, read_list
from locomo_vqa.evaluators.memory.updater import FactSource

from .scripted import NOW, MakeScene, reply

EXAMPLE = '[{"id": "0", "event": "ADD, UPDATE or DELETE", "text": "what to keep"}]'
SORRY = "I'm not sure if I'm going to be able to get through this week. "
FACTS = ["Ada has a cat.", "Ben bakes."]


@pytest.mark.parametrize(
    ("text", "finish", "kind"),
    [
        ("Deborah: Yes, it is inspiring!", "stop", "broken_json"),
        (SORRY * 16, "length", "truncated_json"),
        ("\"I'm sorry, I can't remember. I'm sorry", "length", "truncated_json"),
        ('{"facts": ["fact", "fact"]}', "stop", "placeholder"),
        ('{"facts": [" fact ", ""]}', "stop", "placeholder"),
    ],
)
def test_an_extraction_that_can_t_be_used_has_a_kind(text: str, finish: Any, kind: str) -> None:
    assert read_facts(reply(text, finish), AnomalyCounts()) == kind


def test_a_placeholder_beside_a_fact_is_left_out() -> None:
    counts = AnomalyCounts()
    assert read_facts(reply('{"facts": ["fact", "Ada has a cat."]}'), counts) == ["Ada has a cat."]
    assert counts.nonzero() == {"placeholder": 1}


@pytest.mark.parametrize(
    ("text", "finish", "kind"),
    [
        ("  {", "stop", "truncated_json"),
        ('"Memory: "', "stop", "broken_json"),
        (f"  {EXAMPLE[1:]}", "stop", "not_a_list"),
        ('  "id": "0", "text": "I\'m so glad you\'re excited', "length", "truncated_json"),
    ],
)
def test_an_update_that_can_t_be_used_has_a_kind(text: str, finish: Any, kind: str) -> None:
    assert read_list(reply(text, finish), "memory") == kind


@pytest.mark.parametrize(
    ("text", "anomalies"),
    [
        (f'  "memory": {EXAMPLE}}}', {"unknown_event": 2}),
        (f'  "memory": {EXAMPLE}', {"unknown_event": 2}),
        ("  [0]", {"not_an_object": 2}),
        ('{"memory": [{"id": "0", "event": "UPDATE", "text": "what to keep"}]}', None),
        ('{"memory": [{"id": "new", "event": "ADD", "text": "what to keep"}]}', None),
    ],
)
def test_the_example_of_the_prompt_is_never_remembered(
    text: str, anomalies: dict[str, int] | None, scene: MakeScene
) -> None:
    """Each of two updates loses its operation, so that both facts are kept."""
    made = scene(lambda request: text)
    for fact in FACTS:
        made.runner.run(made.pipeline.update([fact], FactSource(NOW, {"D1:1": "Ada: hi"})))
    assert made.texts == FACTS
    if anomalies is not None:
        assert made.anomalies.nonzero() == anomalies
    else:
        assert made.anomalies.nonzero()["placeholder"] >= 1
