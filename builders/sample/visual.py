"""Questions of the eight types about a scene, its caption, and an annotator's search text."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import QuestionType

from .scenes import COLOURS, MARKS, MOODS, STYLES, UNUSUAL, Scene, Thing

__all__ = [
    "ANSWERS",
    "NUMBERS",
    "PLACES",
    "VisualItem",
    "ask",
    "caption",
    "plural",
    "search_query",
    "with_article",
]

NUMBERS = ("zero", "one", "two", "three", "four", "five")
"""Counts as answers say them."""

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


@dataclass(frozen=True, slots=True)
class VisualItem:
    """A question that only the picture answers, with its one-word answer and why."""

    question: str
    answer: str
    reason: str


def ask(scene: Scene, type: QuestionType, rng: random.Random) -> VisualItem | None:
    """A question of that type about the scene; None where the type does not apply.

    `rng` chooses the phrasing and, where there is a choice, what is asked about.
    """
    return _ASK[type](scene, rng)


def caption(scene: Scene) -> str:
    """What a captioning model would write: the kind of things and where, nothing that is asked."""
    rng = random.Random(scene.grain)
    start = rng.choice(("a drawing of", "a picture of", "an illustration of"))
    amount = rng.choice(("some", "a group of"))
    return f"{start} {amount} {plural(scene.kind)} {PLACES[scene.setting]}"


def search_query(scene: Scene) -> str:
    """What an annotator would type to find the picture; it gives details away.

    Real files carry such texts, and they must never reach a system.
    """
    words = [scene.mood, scene.things[0].colour, plural(scene.kind), scene.things[0].mark or ""]
    if scene.unusual:
        words += [NUMBERS[len(scene.unusual)], scene.unusual[0].colour, scene.unusual[0].kind]
    return " ".join([*words, scene.style])


PLACES = {
    "water": "on the water",
    "meadow": "in a meadow",
    "sand": "on the sand",
    "street": "on a street",
    "snow": "in the snow",
    "table": "on a wooden table",
}
"""Settings as a caption says them."""

_PLURALS = {"box": "boxes", "hourglass": "hourglasses", "cactus": "cacti"}


def plural(kind: str) -> str:
    """More than one thing of a kind."""
    return _PLURALS.get(kind, f"{kind}s")


def with_article(noun: str) -> str:
    """The noun after "a" or "an"."""
    return f"{'an' if noun[0] in 'aeiou' or noun == 'hourglass' else 'a'} {noun}"


def _group(scene: Scene, colour: str) -> str:
    """How a question names the things of one colour.

    The colour is named only where the picture has things in another one.
    """
    count = sum(thing.colour == colour for thing in scene.things)
    noun = scene.kind if count == 1 else plural(scene.kind)
    return noun if count == len(scene.things) else f"{colour} {noun}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _pick(rng: random.Random, phrasings: Sequence[str], **words: str) -> str:
    return rng.choice(phrasings).format(**words)


def _detail(scene: Scene, rng: random.Random) -> VisualItem:
    thing: Thing = rng.choice(scene.things)
    name = _group(scene, thing.colour)
    question = _pick(
        rng,
        (
            "Which symbol is painted on the {name}?",
            "What symbol can be seen on the {name}?",
            "What is the sign on the {name}?",
        ),
        name=name,
    )
    mark = thing.mark or ""
    return VisualItem(
        question, mark, f"{with_article(mark).capitalize()} is painted on the {name}."
    )


def _unusual_detail(scene: Scene, rng: random.Random) -> VisualItem | None:
    if not scene.unusual:
        return None
    odd, count = scene.unusual[0], len(scene.unusual)
    name = odd.kind if count == 1 else plural(odd.kind)
    question = _pick(
        rng,
        (
            "What colour {are} the {name}?",
            "What is the colour of the {name} that {do} not belong here?",
            "In what colour {are} the out-of-place {name} drawn?",
        ),
        are=_are(count),
        do="does" if count == 1 else "do",
        name=name,
    )
    return VisualItem(question, odd.colour, f"The {name} {_are(count)} {odd.colour}.")


def _colour(scene: Scene, rng: random.Random) -> VisualItem | None:
    owner = next((thing for thing in scene.things if thing.part), None)
    if owner is None or owner.part is None:
        return None
    part, noun = owner.part, scene.kind
    question = _pick(
        rng,
        (
            "What colour is the {part} of the {noun}?",
            "What is the colour of the small {part}?",
            "Which colour does the {part} have?",
        ),
        part=part.name,
        noun=noun,
    )
    return VisualItem(question, part.colour, f"The {part.name} is {part.colour}.")


def _count(scene: Scene, rng: random.Random) -> VisualItem:
    colours = sorted({thing.colour for thing in scene.things})
    whole = len(colours) == 1 or rng.random() < 0.5
    asked = [thing for thing in scene.things if whole or thing.colour == colours[-1]]
    colour = "" if whole else f"{colours[-1]} "
    question = _pick(
        rng,
        (
            "How many {name} are there?",
            "How many {name} can you count?",
            "What is the number of {name} in the picture?",
        ),
        name=colour + plural(scene.kind),
    )
    name = colour + (scene.kind if len(asked) == 1 else plural(scene.kind))
    number = NUMBERS[len(asked)]
    return VisualItem(question, number, f"There {_are(len(asked))} {number} {name}.")


def _unusual_count(scene: Scene, rng: random.Random) -> VisualItem | None:
    if not scene.unusual:
        return None
    kind, count = scene.unusual[0].kind, len(scene.unusual)
    question = _pick(
        rng,
        (
            "How many {odd} are among the {things}?",
            "How many out-of-place {odd} are there?",
            "What is the number of {odd} that do not belong here?",
        ),
        odd=plural(kind),
        things=plural(scene.kind),
    )
    name = kind if count == 1 else plural(kind)
    return VisualItem(question, NUMBERS[count], f"There {_are(count)} {NUMBERS[count]} {name}.")


def _mood(scene: Scene, rng: random.Random) -> VisualItem:
    question = _pick(
        rng,
        (
            "What mood does the picture convey?",
            "Which mood does the scene have?",
            "How would you describe the mood of the picture?",
        ),
    )
    return VisualItem(question, scene.mood, f"Sky and light make the picture {scene.mood}.")


def _style(scene: Scene, rng: random.Random) -> VisualItem:
    question = _pick(
        rng,
        (
            "What is the artistic style of the picture?",
            "In which style is the picture made?",
            "Which drawing style was used?",
        ),
    )
    return VisualItem(question, scene.style, f"The style of the whole picture is {scene.style}.")


def _presence(scene: Scene, rng: random.Random) -> VisualItem:
    """Asks about what is there more often than not, so that "yes" is about half of all."""
    there = {thing.kind for thing in scene.unusual}
    missing = [kind for kind in UNUSUAL if kind not in there]
    kind = rng.choice(sorted(there)) if there and rng.random() < 0.8 else rng.choice(missing)
    question = _pick(
        rng,
        (
            "Is there {odd} in the picture?",
            "Can you see {odd} among the {things}?",
            "Does {odd} appear anywhere?",
        ),
        odd=with_article(kind),
        things=plural(scene.kind),
    )
    if kind in there:
        return VisualItem(question, "yes", f"The picture has {with_article(kind)}.")
    return VisualItem(question, "no", f"The picture has no {kind}.")


_ASK: dict[QuestionType, Callable[[Scene, random.Random], VisualItem | None]] = {
    "detail": _detail,
    "unusual-detail": _unusual_detail,
    "colour": _colour,
    "count": _count,
    "unusual-count": _unusual_count,
    "mood": _mood,
    "style": _style,
    "presence": _presence,
}
