"""The training examples of the models that see images."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType
from locomo_vqa.builders.questions.question_types import generation_prompt
from locomo_vqa.builders.sample.scenes import Scene
from locomo_vqa.builders.sample.visual_questions import caption, draw_visual_question
from locomo_vqa.prompts import answer_visual

__all__ = ["DECLINED", "TrainingTurn", "record", "training_turns"]


@dataclass(frozen=True, slots=True)
class TrainingTurn:
    """A prompt, the expected reply, and whether the image is shown before the prompt."""

    prompt: str
    reply: str
    with_image: bool = True
    asks: QuestionType | None = None
    """The type of the question that is asked; None if the reply is a question."""


DECLINED = "Nothing in the picture is out of place."
"""The reason given when a question about something unusual is declined."""

_ANSWERED, _WRITTEN = 4, 4
"""How many questions about each image are answered, and how many are written."""

_WRAPPED = (
    "{q}",
    "{q} Answer in one word.",
    "{q}\nAnswer with a single word.",
    "Question: {q}\nAnswer:",
    "Question: {q}\nAnswer in one word:",
    "Answer the question about the picture.\n{q}",
    "Answer the question about the picture in one word: {q}",
    "Look at the picture. {q} Reply with one word only.",
    "Please look at the image and answer briefly.\nQuestion: {q}\nShort answer:",
    "{p}\n",
    "You are a helpful assistant.\n\n{p}",
    "This picture was shown earlier in the conversation.\n\n{p}",
    "{p} ",
)
"""Other wordings of the answering prompt; {p} is the project's prompt, {q} the question."""

_AROUND = (
    ("", "\n"),
    ("", "\n\nReply with JSON only."),
    ("", "\n\nYour last reply could not be read as JSON. Reply again."),
    ("You are a helpful assistant.\n\n", ""),
    ("", " Be brief."),
)
"""Text that may precede or follow the generation prompt."""


def training_turns(scene: Scene, rng: random.Random) -> list[TrainingTurn]:
    """Return the turns about an image; each is seen without the others."""
    types = rng.sample(QUESTION_TYPES, len(QUESTION_TYPES))
    drawn = [(type, draw_visual_question(scene, type, rng)) for type in types]
    items = [(type, item) for type, item in drawn if item][:_ANSWERED]
    turns = [
        TrainingTurn(_answering_prompt(item.question, scene, rng), item.answer, asks=type)
        for type, item in items
    ]
    turns += [_writing_turn(scene, type, rng) for type in rng.sample(QUESTION_TYPES, _WRITTEN)]
    type, item = rng.choice(items)
    if rng.random() < 0.5:
        shown = caption(scene) if rng.random() < 0.6 else None
        prompt = answer_visual(item.question, caption=shown)
        turns.append(TrainingTurn(prompt, item.answer, with_image=False, asks=type))
    return turns


def _answering_prompt(question: str, scene: Scene, rng: random.Random) -> str:
    if rng.random() < 0.07:
        return answer_visual(question, caption=caption(scene))
    prompt = answer_visual(question)
    if rng.random() < 0.75:
        return prompt
    return rng.choice(_WRAPPED).format(q=question, p=prompt)


def _writing_turn(scene: Scene, type: QuestionType, rng: random.Random) -> TrainingTurn:
    before, after = rng.choice(_AROUND) if rng.random() < 0.12 else ("", "")
    prompt = f"{before}{generation_prompt(type)}{after}"
    return TrainingTurn(prompt, record(scene, type, rng))


def record(scene: Scene, type: QuestionType, rng: random.Random) -> str:
    """Return the JSON of a true question of the type, or of a refusal where it does not apply."""
    item = draw_visual_question(scene, type, rng)
    values = (item.question, item.answer, item.reason) if item else (None, None, DECLINED)
    return json.dumps(dict(zip(("question", "answer", "reason"), values, strict=True)))
