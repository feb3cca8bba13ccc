"""Questions of the eight types about a scene, its caption, and an annotator's search query."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType

from .data_files import read_data
from .scenes import COLOURS, MARKS, MOODS, STYLES, UNUSUAL, Scene, Thing
from .times import NUMBER_WORDS

__all__ = [
    "ANSWERS",
    "NUMBERS",
    "PHRASINGS",
    "SETTING_PHRASES",
    "SceneQuestion",
    "caption",
    "draw_visual_question",
    "plural",
    "search_query",
    "with_article",
]

NUMBERS = NUMBER_WORDS[:6]
"""Counts as answers say them: "zero" to "five"."""

ANSWERS: dict[QuestionType, tuple[str, ...]] = {
    "detail": MARKS,
    "unusual-detail": COLOURS,
    "colour": COLOURS,
    "count": NUMBERS[1:],
    "unusual-count": NUMBERS[1:4],
    "mood": MOODS,
    "style": STYLES,
    "presence": ("yes", "no"),
}
"""Every answer that a question of a type can have."""

_DATA = read_data("visual_questions")

PHRASINGS: Mapping[QuestionType, Sequence[str]] = {type: _DATA[type] for type in QUESTION_TYPES}
"""The phrasings of each type, with slots that `data/visual_questions.toml` describes."""

SETTING_PHRASES = {
    "water": "on the water",
    "meadow": "in a meadow",
    "sand": "on the sand",
    "street": "on a street",
    "snow": "in the snow",
    "table": "on a wooden table",
}
"""Settings as a caption says them."""

_PLURALS = {"box": "boxes", "hourglass": "hourglasses", "cactus": "cacti"}


@dataclass(frozen=True, slots=True)
class SceneQuestion:
    """A question that only the image answers, with its one-word answer and the reason for it."""

    question: str
    answer: str
    reason: str


def draw_visual_question(
    scene: Scene, type: QuestionType, rng: random.Random
) -> SceneQuestion | None:
    """Return a question of this type about the scene, or None if the type does not apply.

    `rng` chooses the phrasing and, if there is a choice, the subject of the question.
    """
    return _QUESTION_OF[type](scene, rng)


def caption(scene: Scene) -> str:
    """Return the caption that a model would write: the kind of things, and where they are.

    It reveals nothing that a question asks about.
    """
    rng = random.Random(scene.grain)
    start = rng.choice(("a drawing of", "a picture of", "an illustration of"))
    amount = rng.choice(("some", "a group of"))
    return f"{start} {amount} {plural(scene.kind)} {SETTING_PHRASES[scene.setting]}"


def search_query(scene: Scene) -> str:
    """Return what an annotator would type to find the image; it reveals details.

    Real files carry such queries, and they must never reach a memory system.
    """
    words = [scene.mood, scene.things[0].colour, plural(scene.kind), scene.things[0].mark or ""]
    if scene.unusual:
        words += [NUMBERS[len(scene.unusual)], scene.unusual[0].colour, scene.unusual[0].kind]
    return " ".join([*words, scene.style])


def plural(kind: str) -> str:
    """Return the noun for several things of a kind."""
    return _PLURALS.get(kind, f"{kind}s")


def with_article(noun: str) -> str:
    """Return the noun after "a" or "an"."""
    return f"{'an' if noun[0] in 'aeiou' or noun == 'hourglass' else 'a'} {noun}"


def _group_name(scene: Scene, colour: str) -> str:
    """Return a question's phrase for the things of one colour.

    The colour is named only if the image has things of another colour.
    """
    count = sum(thing.colour == colour for thing in scene.things)
    noun = scene.kind if count == 1 else plural(scene.kind)
    return noun if count == len(scene.things) else f"{colour} {noun}"


def _is_or_are(count: int) -> str:
    return "is" if count == 1 else "are"


def _draw_phrasing(rng: random.Random, type: QuestionType, **slots: str) -> str:
    return rng.choice(PHRASINGS[type]).format(**slots)


def _detail(scene: Scene, rng: random.Random) -> SceneQuestion:
    thing: Thing = rng.choice(scene.things)
    group = _group_name(scene, thing.colour)
    question = _draw_phrasing(rng, "detail", group=group)
    mark = thing.mark or ""
    return SceneQuestion(
        question, mark, f"{with_article(mark).capitalize()} is painted on the {group}."
    )


def _unusual_detail(scene: Scene, rng: random.Random) -> SceneQuestion | None:
    if not scene.unusual:
        return None
    odd, count = scene.unusual[0], len(scene.unusual)
    name = odd.kind if count == 1 else plural(odd.kind)
    do = "does" if count == 1 else "do"
    question = _draw_phrasing(rng, "unusual-detail", are=_is_or_are(count), do=do, name=name)
    return SceneQuestion(question, odd.colour, f"The {name} {_is_or_are(count)} {odd.colour}.")


def _colour(scene: Scene, rng: random.Random) -> SceneQuestion | None:
    part = next((thing.part for thing in scene.things if thing.part), None)
    if part is None:
        return None
    question = _draw_phrasing(rng, "colour", part=part.name, name=scene.kind)
    return SceneQuestion(question, part.colour, f"The {part.name} is {part.colour}.")


def _count(scene: Scene, rng: random.Random) -> SceneQuestion:
    colours = sorted({thing.colour for thing in scene.things})
    whole = len(colours) == 1 or rng.random() < 0.5
    counted = [thing for thing in scene.things if whole or thing.colour == colours[-1]]
    colour = "" if whole else f"{colours[-1]} "
    question = _draw_phrasing(rng, "count", group=colour + plural(scene.kind))
    name = colour + (scene.kind if len(counted) == 1 else plural(scene.kind))
    number = NUMBERS[len(counted)]
    return SceneQuestion(question, number, f"There {_is_or_are(len(counted))} {number} {name}.")


def _unusual_count(scene: Scene, rng: random.Random) -> SceneQuestion | None:
    if not scene.unusual:
        return None
    kind, count = scene.unusual[0].kind, len(scene.unusual)
    question = _draw_phrasing(rng, "unusual-count", name=plural(kind), things=plural(scene.kind))
    name = kind if count == 1 else plural(kind)
    number = NUMBERS[count]
    return SceneQuestion(question, number, f"There {_is_or_are(count)} {number} {name}.")


def _mood(scene: Scene, rng: random.Random) -> SceneQuestion:
    question = _draw_phrasing(rng, "mood")
    return SceneQuestion(question, scene.mood, f"Sky and light make the picture {scene.mood}.")


def _style(scene: Scene, rng: random.Random) -> SceneQuestion:
    question = _draw_phrasing(rng, "style")
    return SceneQuestion(question, scene.style, f"The style of the whole picture is {scene.style}.")


def _presence(scene: Scene, rng: random.Random) -> SceneQuestion:
    """Ask about what is there more often than not, so that "yes" is about half of all answers."""
    there = {thing.kind for thing in scene.unusual}
    missing = [kind for kind in UNUSUAL if kind not in there]
    kind = rng.choice(sorted(there)) if there and rng.random() < 0.8 else rng.choice(missing)
    odd = with_article(kind)
    question = _draw_phrasing(rng, "presence", odd=odd, things=plural(scene.kind))
    if kind in there:
        return SceneQuestion(question, "yes", f"The picture has {odd}.")
    return SceneQuestion(question, "no", f"The picture has no {kind}.")


_QUESTION_OF: dict[QuestionType, Callable[[Scene, random.Random], SceneQuestion | None]] = {
    "detail": _detail,
    "unusual-detail": _unusual_detail,
    "colour": _colour,
    "count": _count,
    "unusual-count": _unusual_count,
    "mood": _mood,
    "style": _style,
    "presence": _presence,
}
