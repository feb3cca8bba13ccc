"""The request to the generator for each question type, in our own words.

The eight candidate types are from the MemLoRA paper, appendix C.1 (arXiv 2512.04763).
"""

from __future__ import annotations

from collections.abc import Mapping

from locomo_vqa.benchmark import QuestionType
from locomo_vqa.files import sha256_text
from locomo_vqa.prompts import fill, prompt_text

__all__ = ["GENERATION_PROMPT_SHA256", "PROMPT", "TYPE_DESCRIPTIONS", "generation_prompt"]

TYPE_DESCRIPTIONS: Mapping[QuestionType, str] = {
    "detail": "about a detail of one of the objects in the picture",
    "unusual-detail": "about a detail of an object that one would not expect in such a picture",
    "colour": "about the colour of a small part of the picture",
    "count": (
        "about how many there are of something in the picture that can be counted, as a word such "
        "as three"
    ),
    "unusual-count": (
        "about how many there are of something that can be counted and that one would not expect "
        "in such a picture, as a word such as three"
    ),
    "mood": "about the mood that the picture conveys",
    "style": "about the artistic style of the picture",
    "presence": (
        "about whether an object that one would not expect in such a picture is there or not"
    ),
}
"""By type; they end the prompt, so that a server can reuse what comes before.

A counted number is asked for as a word, so that golds have one form.
"""

PROMPT = "generate_question_v1"
_PACKAGE = "locomo_vqa.builders.prompts"
GENERATION_PROMPT_SHA256 = sha256_text(
    "\n".join([prompt_text(_PACKAGE, PROMPT), *TYPE_DESCRIPTIONS.values()])
)
"""SHA-256 of the prompt's file and the descriptions of the types."""


def generation_prompt(type: QuestionType) -> str:
    """Return the prompt that the generator gets with the image."""
    return fill(_PACKAGE, PROMPT, kind=TYPE_DESCRIPTIONS[type])
