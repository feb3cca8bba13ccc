"""What is read from replies of the extraction, and of what kind a bad one is."""

from __future__ import annotations

from typing import Any

import pytest

from locomo_vqa.evaluators.memory.anomalies import AnomalyCounts
from locomo_vqa.evaluators.memory.replies import read_facts, read_list

from .scripted import NOW, MakeScene, reply


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ('{"facts": ["Ada has a cat."]}', ["Ada has a cat."]),
        ('{"facts": []}', []),
        ('```json\n{"facts": ["a"]}\n```', ["a"]),
        ('<think>{"facts": ["draft"]}</think>{"facts": ["a"]}', ["a"]),
        ('analysis {"facts": ["draft"]} so assistantfinal{"facts": ["a", "b"]}', ["a", "b"]),
        ('["a"]', ["a"]),
        ('Who knows {what}? {"facts": ["a"]} Bye [1]', ["a"]),
        ('{"facts": ["\\ud800"]}', ["\ufffd"]),
    ],
)
def test_facts_are_found_whatever_is_said_around_them(text: str, facts: list[str]) -> None:
    counts = AnomalyCounts()
    assert read_facts(reply(text), counts) == facts
    assert counts.nonzero() == {}


@pytest.mark.parametrize(
    ("text", "facts", "anomalies"),
    [
        ('{"facts": ["a", " a ", "b"]}', ["a", "b"], {"duplicate_fact": 1}),
        ('{"facts": ["", null, "  ", "b"]}', ["b"], {"empty_fact": 3}),
        ('{"facts": [{"fact": "a"}, 7]}', ["a", "7"], {"fact_not_text": 2}),
        ('{"facts": [["a", "b"]]}', ['["a", "b"]'], {"fact_not_text": 1}),
    ],
)
def test_what_is_wrong_with_a_fact_is_counted(
    text: str, facts: list[str], anomalies: dict[str, int]
) -> None:
    counts = AnomalyCounts()
    assert read_facts(reply(text), counts) == facts
    assert counts.nonzero() == anomalies


@pytest.mark.parametrize(
    ("text", "finish", "kind"),
    [
        ("No facts.", "stop", "broken_json"),
        ("", "stop", "broken_json"),
        ("Let me think about", "length", "truncated_json"),
        ('{"facts": ["a", "b', "length", "truncated_json"),
        ('{"facts": ["a"]', "stop", "truncated_json"),
        ('{"facts": ["a", nul', "stop", "truncated_json"),
        ('{"facts": ["\\u00', "stop", "truncated_json"),
        ('{"facts": ["a" "b"]}', "stop", "broken_json"),
        ('{"facts": "a"}', "stop", "not_a_list"),
        ('{"memories": ["a"]}', "stop", "not_a_list"),
        ('{"facts": ["a"]}', "refused", "refused"),
        ("[" * 5000, "stop", "broken_json"),
    ],
)
def test_a_reply_that_can_t_be_read_has_a_kind(text: str, finish: Any, kind: str) -> None:
    assert read_list(reply(text, finish), "facts") == kind


def test_turns_are_kept_as_they_are_where_no_extraction_can_be_read(scene: MakeScene) -> None:
    from locomo_vqa.evaluators.memory.pipeline import TurnLine

    made = scene(lambda request: '{"facts": ["Ada', tries="2")
    lines = [
        TurnLine(turn="D1:1", text="Ada: I have a cat"),
        TurnLine(turn="D1:2", text="Ben: Lovely"),
    ]
    made.runner.run(made.pipeline.read(lines, NOW))
    assert made.texts == [
        "Ada: I have a cat (said on 8 May 2023)",
        "Ben: Lovely (said on 8 May 2023)",
    ]
    assert [m.turns for m in made.pipeline.store.memories.values()] == [("D1:1",), ("D1:2",)]
    assert made.pipeline.windows_kept == 1
    assert made.pipeline.updater.facts_kept == 2
    assert made.anomalies.nonzero() == {"truncated_json": 4}
    assert made.usage.to_json()["extraction"]["calls"] == 2


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ('{"facts": ["a",]}', ["a"]),
        ('{"facts": ["It\\\'s a"]}', ["It's a"]),
        ('{"facts": ["a\nb"]}', ["a\nb"]),
    ],
)
def test_slips_with_one_reading_are_read(text: str, facts: list[str]) -> None:
    assert read_facts(reply(text), AnomalyCounts()) == facts
