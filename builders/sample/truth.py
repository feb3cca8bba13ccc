"""Decides whether a question and its answer are true of a scene, to measure generators."""

from __future__ import annotations

import re
from collections.abc import Callable
from string import Formatter

from locomo_vqa.benchmark import QuestionType

from .scenes import COLOURS, PARTS, UNUSUAL, Scene, Thing
from .visual_questions import NUMBERS, PHRASINGS, plural, with_article

__all__ = ["applies", "is_true", "premise_holds"]


def applies(scene: Scene, type: QuestionType) -> bool:
    """Return whether a question of this type can be asked about the scene at all."""
    if type in ("unusual-detail", "unusual-count"):
        return bool(scene.unusual)
    return type != "colour" or any(thing.part for thing in scene.things)


def is_true(scene: Scene, type: QuestionType, question: str, answer: str) -> bool | None:
    """Return whether the answer is right and the question is about something in the image.

    A question with a false premise ("the red boats" where there is one, or none) is not true,
    whatever its answer. None: the sample has no such question of this type.
    """
    expected = _right_answers(scene, type, question)
    return None if expected is None else answer.strip().lower() in expected


def premise_holds(scene: Scene, type: QuestionType, question: str) -> bool | None:
    """Return whether what the question speaks of is in the image, whatever its answer.

    A question about how many there are of something takes for granted that there is one. None: the
    sample has no such question of this type.
    """
    expected = _right_answers(scene, type, question)
    return None if expected is None else bool(expected - {NUMBERS[0]})


def _right_answers(scene: Scene, type: QuestionType, question: str) -> _Answers | None:
    """Return the right answers, none for a false premise; None for an unknown question."""
    for pattern in _PATTERNS[type]:
        match = pattern.fullmatch(question.strip())
        if match:
            return _EXPECTED[type](scene, match.groupdict())
    return None


_THING_NAMES = {kind: kind for kind in PARTS} | {plural(kind): kind for kind in PARTS}
_ODD_NAMES = {kind: kind for kind in UNUSUAL} | {plural(kind): kind for kind in UNUSUAL}

_SLOTS = {
    "group": rf"(?:(?P<colour>{'|'.join(COLOURS)}) )?(?P<name>\w+)",
    "name": r"(?P<name>\w+)",
    "things": r"(?P<things>\w+)",
    "part": r"(?P<part>\w+)",
    "odd": r"(?P<odd>an? \w+)",
    "are": "(?P<verb>is|are)",
    "do": "(?P<verb>does|do)",
}
"""What each slot of a phrasing matches."""


def _phrasing_pattern(phrasing: str) -> re.Pattern[str]:
    parts = Formatter().parse(phrasing)
    return re.compile(
        "".join(re.escape(text) + _SLOTS.get(slot or "", "") for text, slot, *_ in parts)
    )


_PATTERNS = {
    type: [_phrasing_pattern(phrasing) for phrasing in phrasings]
    for type, phrasings in PHRASINGS.items()
}

_Words = dict[str, str | None]
_Answers = frozenset[str]
_FALSE_PREMISE: _Answers = frozenset()
"""The right answers to a question with a false premise: the empty set."""


def _well_named(name: str, kind: str, count: int) -> bool:
    """Return whether a noun names the kind, in the singular or plural that the count requires."""
    return name == (kind if count == 1 else plural(kind))


def _things_of_colour(scene: Scene, colour: str | None) -> list[Thing]:
    return [thing for thing in scene.things if colour in (None, thing.colour)]


def _detail(scene: Scene, words: _Words) -> _Answers | None:
    name = words["name"] or ""
    if name not in _THING_NAMES:
        return None
    group = _things_of_colour(scene, words["colour"])
    marks = {thing.mark for thing in group if thing.mark}
    if not _well_named(name, scene.kind, len(group)) or len(marks) != 1:
        return _FALSE_PREMISE
    return frozenset(marks)


def _unusual_detail(scene: Scene, words: _Words) -> _Answers | None:
    name, verb = words["name"] or "", words["verb"]
    if name not in _ODD_NAMES:
        return None
    there = [thing for thing in scene.unusual if thing.kind == _ODD_NAMES[name]]
    agrees = verb in ("is", "does") if len(there) == 1 else verb in ("are", "do")
    if not there or not agrees or not _well_named(name, there[0].kind, len(there)):
        return _FALSE_PREMISE
    return frozenset({there[0].colour})


def _colour(scene: Scene, words: _Words) -> _Answers | None:
    if words["part"] not in PARTS.values() or words.get("name", "boat") not in _THING_NAMES:
        return None
    if words.get("name", scene.kind) != scene.kind:
        return _FALSE_PREMISE
    parts = [thing.part for thing in scene.things if thing.part]
    return frozenset(part.colour for part in parts if part.name == words["part"])


def _count(scene: Scene, words: _Words) -> _Answers | None:
    name = words["name"] or ""
    if name not in _THING_NAMES:
        return None
    if name != plural(scene.kind):
        return _FALSE_PREMISE
    return frozenset({NUMBERS[len(_things_of_colour(scene, words["colour"]))]})


def _unusual_count(scene: Scene, words: _Words) -> _Answers | None:
    name, things = words["name"] or "", words.get("things")
    if name not in _ODD_NAMES:
        return None
    count = sum(plural(thing.kind) == name for thing in scene.unusual)
    if not count or things not in (None, plural(scene.kind)):
        return _FALSE_PREMISE
    return frozenset({NUMBERS[count]})


def _mood(scene: Scene, words: _Words) -> _Answers:
    return frozenset({scene.mood})


def _style(scene: Scene, words: _Words) -> _Answers:
    return frozenset({scene.style})


def _presence(scene: Scene, words: _Words) -> _Answers | None:
    kinds = {with_article(kind): kind for kind in UNUSUAL}
    odd = words["odd"] or ""
    if odd not in kinds:
        return None
    if words.get("things") not in (None, plural(scene.kind)):
        return _FALSE_PREMISE
    there = any(thing.kind == kinds[odd] for thing in scene.unusual)
    return frozenset({"yes" if there else "no"})


_EXPECTED: dict[QuestionType, Callable[[Scene, _Words], _Answers | None]] = {
    "detail": _detail,
    "unusual-detail": _unusual_detail,
    "colour": _colour,
    "count": _count,
    "unusual-count": _unusual_count,
    "mood": _mood,
    "style": _style,
    "presence": _presence,
}
