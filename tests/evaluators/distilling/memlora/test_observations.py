"""LoCoMo's observations as a teacher: facts of the turns that are read, updates by similarity."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.distilling.memlora.observations import (
    ObservationModel,
    read_observations,
)
from locomo_vqa.evaluators.memory.prompts import extraction_prompt, turn_as_text, update_prompt
from locomo_vqa.models.chat import ChatRequest

SAMPLE = load_benchmark("sample")
FIRST = SAMPLE.conversations[0]
DAY, DAY_IN_WORDS = (7, 8, 2023), "7 August 2023"
"""The day of its first session."""
SMALL = replace(SAMPLE, conversations=(FIRST,))


def write(folder: Path, *facts: tuple[str, Any]) -> Path:
    """Write a file in LoCoMo's layout with observations of the first conversation."""
    file = folder / "locomo.json"
    observed = {"session_1_observation": {"Ana": [list(fact) for fact in facts]}}
    file.write_text(json.dumps([{"sample_id": FIRST.id, "observation": observed}]))
    return file


def ask(model: ObservationModel, text: str) -> Any:
    return json.loads(asyncio.run(model.ask(ChatRequest(text=text))).text)


def test_a_fact_is_extracted_from_its_last_turn_with_the_day(tmp_path: Path) -> None:
    session = FIRST.sessions[0]
    one, two, three = session.turns[:3]
    file = write(
        tmp_path,
        ("Of the first.", one.id),
        ("Of both.", [one.id, two.id]),
        ("Of both in one text.", f"{one.id}, {three.id}"),
    )
    model = ObservationModel(file, SMALL)
    lines = {turn.id: turn_as_text(turn.speaker, turn.text) for turn in (one, two, three)}
    first = extraction_prompt([lines[one.id]], session.time)
    assert (session.time.day, session.time.month, session.time.year) == DAY
    assert ask(model, first) == {"facts": [f"{DAY_IN_WORDS}: Of the first."]}
    rest = extraction_prompt([lines[two.id], lines[three.id]], session.time)
    assert ask(model, rest) == {
        "facts": [f"{DAY_IN_WORDS}: Of both.", f"{DAY_IN_WORDS}: Of both in one text."]
    }
    # The same words on another day are another turn.
    other = extraction_prompt([lines[one.id]], FIRST.sessions[1].time)
    assert ask(model, other) == {"facts": []}


def test_a_similar_fact_updates_and_any_other_is_added(tmp_path: Path) -> None:
    model = ObservationModel(write(tmp_path, ("…", "D1:1")), SMALL)
    memories = {"0": "Ben plays chess.", "1": "Ana adopted a grey dog named Pebble in May."}
    facts = ["Ana adopted a grey dog named Pebble in June.", "Ana bakes bread."]
    assert ask(model, update_prompt(memories, facts)) == {
        "memory": [
            {"id": "1", "event": "UPDATE", "text": facts[0]},
            {"event": "ADD", "text": facts[1]},
        ]
    }
    assert ask(model, update_prompt({}, facts[1:])) == {
        "memory": [{"event": "ADD", "text": facts[1]}]
    }


def test_facts_of_one_day_are_not_similar_for_that(tmp_path: Path) -> None:
    """Two short facts that share only the day and a name are two memories."""
    model = ObservationModel(write(tmp_path, ("…", "D1:1")), SMALL)
    memories = {"0": "8 May 2023: Ana sings."}
    facts = ["8 May 2023: Ana jogs."]
    added = {"memory": [{"event": "ADD", "text": facts[0]}]}
    assert ask(model, update_prompt(memories, facts)) == added


@pytest.mark.parametrize(
    "content",
    [
        [{"sample_id": "conv-1"}],
        {"a": 1},
        [3],
        [{"sample_id": "a", "observation": {"s": {"b": [3]}}}],
    ],
)
def test_another_file_is_refused(content: Any, tmp_path: Path) -> None:
    file = tmp_path / "locomo.json"
    file.write_text(json.dumps(content))
    with pytest.raises(InputError, match="has no observations"):
        ObservationModel(file, SMALL)


def test_a_conversation_without_observations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no observations of sample-02"):
        ObservationModel(write(tmp_path), replace(SAMPLE, conversations=SAMPLE.conversations[:2]))


def test_the_real_file_has_them(real_locomo: Path) -> None:
    """2,541 facts, as `locomo10.json` has them."""
    found = read_observations(real_locomo)
    assert sum(len(facts) for turns in found.values() for facts in turns.values()) == 2541
    assert len(found) == 10
    assert all(turn.startswith("D") for turns in found.values() for turn in turns)
