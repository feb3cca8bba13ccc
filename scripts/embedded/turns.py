"""What the models are asked in training, and what they should reply."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType
from locomo_vqa.builders.questions.question_types import generation_prompt
from locomo_vqa.builders.sample.scenes import Scene
from locomo_vqa.builders.sample.visual_questions import caption, draw_visual_question
from locomo_vqa.prompts import answer_visual

__all__ = ["DECLINED", "Turn", "record", "turns"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A prompt, the reply wanted, and whether the picture stands before the prompt."""

    prompt: str
    reply: str
    picture: bool = True


DECLINED = "Nothing in the picture is out of place."
"""Why a question about something unusual is declined."""

ANSWERS, RECORDS = 4, 4
"""Questions answered and questions written about each picture."""

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
"""Other wordings of the answering prompt; {p} is the project's own."""

_AROUND = (
    ("", "\n"),
    ("", "\n\nReply with JSON only."),
    ("", "\n\nYour last reply could not be read as JSON. Reply again."),
    ("You are a helpful assistant.\n\n", ""),
    ("", " Be brief."),
)
"""What may stand before and after the generation prompt."""


def turns(scene: Scene, rng: random.Random) -> list[Turn]:
    """Return the turns of a picture; each is seen without the others."""
    types = rng.sample(QUESTION_TYPES, len(QUESTION_TYPES))
    drawn = [(type, draw_visual_question(scene, type, rng)) for type in types]
    items = [(type, item) for type, item in drawn if item][:ANSWERS]
    found = [Turn(_answering(item.question, scene, rng), item.answer) for _, item in items]
    found += [_writing(scene, type, rng) for type in rng.sample(QUESTION_TYPES, RECORDS)]
    _, item = rng.choice(items)
    if rng.random() < 0.5:
        shown = caption(scene) if rng.random() < 0.6 else None
        prompt = answer_visual(item.question, caption=shown)
        found.append(Turn(prompt, item.answer, picture=False))
    return found


def _answering(question: str, scene: Scene, rng: random.Random) -> str:
    if rng.random() < 0.07:
        return answer_visual(question, caption=caption(scene))
    prompt = answer_visual(question)
    if rng.random() < 0.75:
        return prompt
    return rng.choice(_WRAPPED).format(q=question, p=prompt)


def _writing(scene: Scene, type: QuestionType, rng: random.Random) -> Turn:
    before, after = rng.choice(_AROUND) if rng.random() < 0.12 else ("", "")
    return Turn(f"{before}{generation_prompt(type)}{after}", record(scene, type, rng))


def record(scene: Scene, type: QuestionType, rng: random.Random) -> str:
    """Return the JSON of a true question of the type, or of declining."""
    item = draw_visual_question(scene, type, rng)
    values = (item.question, item.answer, item.reason) if item else (None, None, DECLINED)
    return json.dumps(dict(zip(("question", "answer", "reason"), values, strict=True)))
