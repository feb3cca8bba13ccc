"""Whether a question and its answer are true of a scene, to measure generators with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from locomo_vqa.benchmark import QuestionType

from .scenes import COLOURS, PARTS, UNUSUAL, Scene, Thing
from .visual import NUMBERS, plural, with_article

__all__ = ["applies", "is_true"]


def applies(scene: Scene, type: QuestionType) -> bool:
    """Whether a question of that type can be asked about the scene at all."""
    if type in ("unusual-detail", "unusual-count"):
        return bool(scene.unusual)
    return type != "colour" or any(thing.part for thing in scene.things)


def is_true(scene: Scene, type: QuestionType, question: str, answer: str) -> bool | None:
    """Whether the answer is the right one and the question asks for what is there.

    A question with a false premise ("the red boats" where there is one, or none) is not true,
    whatever its answer. None where the question is none that the sample world asks of this type.
    """
    for pattern in _PATTERNS[type]:
        match = re.fullmatch(pattern, question.strip())
        if match:
            expected = _EXPECTED[type](scene, match.groupdict())
            if expected is None:
                return None
            return answer.strip().lower() in expected
    return None


_THING_NAMES = {kind: kind for kind in PARTS} | {plural(kind): kind for kind in PARTS}
_ODD_NAMES = {kind: kind for kind in UNUSUAL} | {plural(kind): kind for kind in UNUSUAL}

_GROUP = rf"(?:(?P<colour>{'|'.join(COLOURS)}) )?(?P<name>\w+)"
_PATTERNS: dict[QuestionType, Sequence[str]] = {
    "detail": (
        rf"Which symbol is painted on the {_GROUP}\?",
        rf"What symbol can be seen on the {_GROUP}\?",
        rf"What is the sign on the {_GROUP}\?",
    ),
    "unusual-detail": (
        r"What colour (?P<verb>is|are) the (?P<name>\w+)\?",
        r"What is the colour of the (?P<name>\w+) that (?P<verb>does|do) not belong here\?",
        r"In what colour (?P<verb>is|are) the out-of-place (?P<name>\w+) drawn\?",
    ),
    "colour": (
        r"What colour is the (?P<part>\w+) of the (?P<name>\w+)\?",
        r"What is the colour of the small (?P<part>\w+)\?",
        r"Which colour does the (?P<part>\w+) have\?",
    ),
    "count": (
        rf"How many {_GROUP} are there\?",
        rf"How many {_GROUP} can you count\?",
        rf"What is the number of {_GROUP} in the picture\?",
    ),
    "unusual-count": (
        r"How many (?P<name>\w+) are among the (?P<things>\w+)\?",
        r"How many out-of-place (?P<name>\w+) are there\?",
        r"What is the number of (?P<name>\w+) that do not belong here\?",
    ),
    "mood": (
        r"What mood does the picture convey\?",
        r"Which mood does the scene have\?",
        r"How would you describe the mood of the picture\?",
    ),
    "style": (
        r"What is the artistic style of the picture\?",
        r"In which style is the picture made\?",
        r"Which drawing style was used\?",
    ),
    "presence": (
        r"Is there (?P<odd>an? \w+) in the picture\?",
        r"Can you see (?P<odd>an? \w+) among the (?P<things>\w+)\?",
        r"Does (?P<odd>an? \w+) appear anywhere\?",
    ),
}

_Words = dict[str, str | None]
_Right = frozenset[str]
_NOTHING: _Right = frozenset()
"""The right answers of a question with a false premise."""


def _well_named(name: str, kind: str, count: int) -> bool:
    """Whether a noun is in the number that so many of the kind want."""
    return name == (kind if count == 1 else plural(kind))


def _group(scene: Scene, colour: str | None) -> list[Thing]:
    return [thing for thing in scene.things if colour in (None, thing.colour)]


def _detail(scene: Scene, words: _Words) -> _Right | None:
    name = words["name"] or ""
    if name not in _THING_NAMES:
        return None
    group = _group(scene, words["colour"])
    marks = {thing.mark for thing in group if thing.mark}
    if not _well_named(name, scene.kind, len(group)) or len(marks) != 1:
        return _NOTHING
    return frozenset(marks)


def _unusual_detail(scene: Scene, words: _Words) -> _Right | None:
    name, verb = words["name"] or "", words["verb"]
    if name not in _ODD_NAMES:
        return None
    there = [thing for thing in scene.unusual if thing.kind == _ODD_NAMES[name]]
    agrees = verb in ("is", "does") if len(there) == 1 else verb in ("are", "do")
    if not there or not agrees or not _well_named(name, there[0].kind, len(there)):
        return _NOTHING
    return frozenset({there[0].colour})


def _colour(scene: Scene, words: _Words) -> _Right | None:
    if words["part"] not in PARTS.values() or words.get("name", "boat") not in _THING_NAMES:
        return None
    if words.get("name", scene.kind) != scene.kind:
        return _NOTHING
    parts = [thing.part for thing in scene.things if thing.part]
    return frozenset(part.colour for part in parts if part.name == words["part"])


def _count(scene: Scene, words: _Words) -> _Right | None:
    name = words["name"] or ""
    if name not in _THING_NAMES:
        return None
    if name != plural(scene.kind):
        return _NOTHING
    return frozenset({NUMBERS[len(_group(scene, words["colour"]))]})


def _unusual_count(scene: Scene, words: _Words) -> _Right | None:
    name, things = words["name"] or "", words.get("things")
    if name not in _ODD_NAMES:
        return None
    count = sum(plural(thing.kind) == name for thing in scene.unusual)
    if not count or things not in (None, plural(scene.kind)):
        return _NOTHING
    return frozenset({NUMBERS[count]})


def _mood(scene: Scene, words: _Words) -> _Right:
    return frozenset({scene.mood})


def _style(scene: Scene, words: _Words) -> _Right:
    return frozenset({scene.style})


def _presence(scene: Scene, words: _Words) -> _Right | None:
    kinds = {with_article(kind): kind for kind in UNUSUAL}
    odd = words["odd"] or ""
    if odd not in kinds:
        return None
    if words.get("things") not in (None, plural(scene.kind)):
        return _NOTHING
    there = any(thing.kind == kinds[odd] for thing in scene.unusual)
    return frozenset({"yes" if there else "no"})


_EXPECTED: dict[QuestionType, Callable[[Scene, _Words], _Right | None]] = {
    "detail": _detail,
    "unusual-detail": _unusual_detail,
    "colour": _colour,
    "count": _count,
    "unusual-count": _unusual_count,
    "mood": _mood,
    "style": _style,
    "presence": _presence,
}
