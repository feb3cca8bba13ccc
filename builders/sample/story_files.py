"""The stories that conversations are made of, read from the files in `data/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .data_files import read_data
from .stories import Story, StoryQuestion, StoryTurn

__all__ = ["CHANGED_DAILY_LIFE", "DAILY_LIFE", "ONE_SIDED_STORIES", "OUTINGS"]


def _story(raw: Mapping[str, Any]) -> Story:
    return Story(
        topic=raw["topic"],
        turns=_turns(raw["turns"]),
        questions=_questions(raw["questions"]),
        slots=raw["slots"],
        early=raw.get("early", False),
    )


def _changed_story(raw: Mapping[str, Any]) -> Story:
    """Return a story with its change: further turns, and questions in place of outdated ones."""
    change = raw["change"]
    kept = [each for each in raw["questions"] if each.get("holds_after_change")]
    return Story(
        topic=raw["topic"],
        turns=_turns([*raw["turns"], *change["turns"]]),
        questions=_questions([*kept, *change["questions"]]),
        slots=change["slots"],
        early=raw.get("early", False),
    )


def _turns(raw: Iterable[Mapping[str, Any]]) -> tuple[StoryTurn, ...]:
    return tuple(
        StoryTurn(**{**each, "wordings": tuple(tuple(lines) for lines in each["wordings"])})
        for each in raw
    )


def _questions(raw: Iterable[Mapping[str, Any]]) -> tuple[StoryQuestion, ...]:
    questions = []
    for each in raw:
        fields = {key: value for key, value in each.items() if key != "holds_after_change"}
        fields["told_in"] = tuple(each.get("told_in", (0,)))
        questions.append(StoryQuestion(**fields))
    return tuple(questions)


def _fill_slots(value: Any, words: Mapping[str, str]) -> Any:
    """Return a value from a file with some slots filled in; the others are kept."""
    if isinstance(value, str):
        for slot, word in words.items():
            value = value.replace(f"{{{slot}}}", word)
        return value
    if isinstance(value, list):
        return [_fill_slots(each, words) for each in value]
    if isinstance(value, dict):
        return {key: _fill_slots(each, words) for key, each in value.items()}
    return value


def _outings(raw: Mapping[str, Any]) -> tuple[Story, ...]:
    return tuple(
        _story(_fill_slots(raw["story"], {"kind": kind, **words}))
        for kind, words in raw["outings"].items()
    )


_DAILY_LIFE = read_data("daily_life")["stories"]

DAILY_LIFE = tuple(_story(raw) for raw in _DAILY_LIFE)
"""Stories that everyone has: a job, a home, a pet, a hobby and a plan."""

CHANGED_DAILY_LIFE = tuple(_changed_story(raw) for raw in _DAILY_LIFE if "change" in raw)
"""The same stories with a later change; each replaces the story with its topic."""

ONE_SIDED_STORIES = tuple(_story(raw) for raw in read_data("one_sided_stories")["stories"])
"""Stories that only one of the two has; adversarial questions ask about the other."""

OUTINGS = _outings(read_data("outings"))
"""Days out with an image, one for each kind of thing that images show."""
