"""The training examples of `embedded:verifier`: questions true and false, with the verdict."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType
from locomo_vqa.builders.sample.scenes import COLOURS, MARKS, MOODS, PARTS, STYLES, UNUSUAL, Scene
from locomo_vqa.builders.sample.truth import is_true, premise_holds
from locomo_vqa.builders.sample.visual_questions import draw_visual_question
from locomo_vqa.models.embedded.verifier import VerifierPrompt

__all__ = ["VerifierTurn", "WrittenQuestion", "otherwise", "verifier_turns"]

_ALTERED: tuple[QuestionType, ...] = (
    *("detail", "detail", "count", "unusual-detail", "unusual-count", "presence", "colour"),
    "style",
)
"""The types of questions about slightly different images."""


@dataclass(frozen=True, slots=True)
class WrittenQuestion:
    """A question about an image, by a generator or drawn from another image."""

    type: QuestionType
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class VerifierTurn:
    """A prompt, and the word that answers it."""

    prompt: VerifierPrompt
    word: str


def verifier_turns(
    scene: Scene, written: Sequence[WrittenQuestion], rng: random.Random
) -> list[VerifierTurn]:
    """Return the turns about an image.

    They check some of what a generator wrote, with every false gold more often, and questions that
    would be true of a slightly different image; and they ask questions that are true of it.
    """
    false = [each for each in written if not _true(scene, each)]
    details = [each for each in written if each.type == "detail"]
    chosen = [*false[:2], *details, *rng.sample(written, min(2, len(written)))]
    for _ in range(3):
        type = rng.choice(_ALTERED)
        drawn = draw_visual_question(otherwise(scene, rng), type, rng)
        if drawn:
            chosen.append(WrittenQuestion(type, drawn.question, drawn.answer))
    if scene.unusual:
        chosen += _about_the_oddity(scene, rng)
    turns = [turn for each in chosen if (turn := _checking_turn(scene, each, rng))]
    for type in rng.sample(QUESTION_TYPES, 3):
        drawn = draw_visual_question(scene, type, rng)
        if drawn:
            turns.append(VerifierTurn(VerifierPrompt("ask", drawn.question), drawn.answer))
    return turns


def _checking_turn(
    scene: Scene, written: WrittenQuestion, rng: random.Random
) -> VerifierTurn | None:
    """Return a turn about a question's premise or its answer; None where truth has no rule."""
    question, answer, type = written.question, written.answer, written.type
    holds, true = premise_holds(scene, type, question), is_true(scene, type, question, answer)
    if holds is None or true is None:
        return None
    if rng.random() < 0.4:
        return VerifierTurn(VerifierPrompt("premise", question), _word(holds))
    return VerifierTurn(VerifierPrompt("verdict", question, answer), _word(true))


def _about_the_oddity(scene: Scene, rng: random.Random) -> list[WrittenQuestion]:
    """Return a question about what is unusual; half of these take it for something else."""
    odd, drawn = scene.unusual, rng.random()
    if drawn < 0.4:
        kind = rng.choice([each for each in UNUSUAL if each != odd[0].kind])
        odd = tuple(replace(thing, kind=kind) for thing in odd)
    elif drawn < 0.5:
        odd = odd * 2 if len(odd) == 1 else odd[:1]
    drew = draw_visual_question(replace(scene, unusual=odd), "unusual-detail", rng)
    return [WrittenQuestion("unusual-detail", drew.question, drew.answer)] if drew else []


def _true(scene: Scene, written: WrittenQuestion) -> bool:
    return bool(is_true(scene, written.type, written.question, written.answer))


def _word(value: bool) -> str:
    return "yes" if value else "no"


def otherwise(scene: Scene, rng: random.Random) -> Scene:
    """Return the scene with one or two differences, as a careless look would take it for."""
    for _ in range(1 if rng.random() < 0.7 else 2):
        scene = rng.choice(_CHANGES)(scene, rng)
    return scene


def _another_colour(scene: Scene, rng: random.Random) -> Scene:
    colours = sorted({thing.colour for thing in scene.things})
    old = rng.choice(colours)
    new = rng.choice([each for each in COLOURS if each not in colours])
    things = (replace(t, colour=new) if t.colour == old else t for t in scene.things)
    return replace(scene, things=tuple(things))


def _another_number(scene: Scene, rng: random.Random) -> Scene:
    things = list(scene.things)
    chosen = rng.choice(things)
    if len(things) < 5 and (len(things) == 2 or rng.random() < 0.6):
        things.append(replace(chosen, part=None))
    else:
        things.remove(chosen)
    return replace(scene, things=tuple(things))


def _another_group(scene: Scene, rng: random.Random) -> Scene:
    """Count one thing to the other group of things."""
    if len({thing.colour for thing in scene.things}) < 2:
        return _another_number(scene, rng)
    index = rng.randrange(len(scene.things))
    old = scene.things[index]
    other = next(thing for thing in scene.things if thing.colour != old.colour)
    changed = replace(old, colour=other.colour, mark=other.mark)
    return replace(scene, things=(*scene.things[:index], changed, *scene.things[index + 1 :]))


def _another_mark(scene: Scene, rng: random.Random) -> Scene:
    old = rng.choice([thing.mark for thing in scene.things])
    new = rng.choice([mark for mark in MARKS if mark != old])
    return replace(
        scene, things=tuple(replace(t, mark=new) if t.mark == old else t for t in scene.things)
    )


def _another_kind(scene: Scene, rng: random.Random) -> Scene:
    kind = rng.choice(list(PARTS))
    things = (
        replace(t, kind=kind, part=replace(t.part, name=PARTS[kind]) if t.part else None)
        for t in scene.things
    )
    return replace(scene, things=tuple(things))


def _another_part(scene: Scene, rng: random.Random) -> Scene:
    things = (
        replace(t, part=replace(t.part, colour=rng.choice(COLOURS)) if t.part else None)
        for t in scene.things
    )
    return replace(scene, things=tuple(things))


def _another_oddity(scene: Scene, rng: random.Random) -> Scene:
    if not scene.unusual:
        first = replace(scene.things[0], mark=None, part=None)
        return replace(
            scene,
            unusual=(replace(first, kind=rng.choice(UNUSUAL), colour=rng.choice(COLOURS)),)
            * rng.randint(1, 3),
        )
    first, drawn = scene.unusual[0], rng.random()
    kind = rng.choice(UNUSUAL) if drawn < 0.4 else first.kind
    colour = rng.choice(COLOURS) if drawn > 0.7 else first.colour
    count = rng.randint(1, 3) if 0.4 <= drawn <= 0.7 else len(scene.unusual)
    return replace(scene, unusual=(replace(first, kind=kind, colour=colour),) * count)


def _another_air(scene: Scene, rng: random.Random) -> Scene:
    return replace(scene, mood=rng.choice(MOODS), style=rng.choice(STYLES))


_CHANGES = (
    *(_another_colour, _another_colour, _another_number, _another_group, _another_group),
    *(_another_mark, _another_kind, _another_part, _another_oddity, _another_oddity, _another_air),
)
"""The differences; those that generators confuse most often are listed twice."""
