"""Builds a judge's prompt: a rubric, and the texts to compare, safely quoted as JSON.

Every text is a JSON string on its own line. Characters that could close a string, a fence, or a
chat turn (quotes, line breaks, brackets, backticks, invisible ones) are written as JSON escapes,
so that no answer can end its string early or look like a model's special token. Only a prompt of
the user's own can have them unchanged (see `rubric_files`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from locomo_vqa.files import clean_text
from locomo_vqa.prompts import prompt_hash, prompt_text

__all__ = [
    "MAX_CHARS",
    "NAMES",
    "PROMPTS",
    "RUBRICS",
    "JudgePrompt",
    "Rubric",
    "RubricName",
    "RubricPrompt",
    "VerdictKey",
    "bundled_rubric",
    "data_block",
    "judge_prompt",
    "rubric_hash",
    "rubric_prompt",
]

Rubric = Literal["lenient", "strict"]
"""How strictly an answer is compared with the gold answer:

lenient   correct when it touches on the same topic as the gold answer, or means the same time (as
          in Mem0's evaluation, whose prompt the paper's appendix D.4 uses for J)
strict    correct when it has every fact of the gold answer and contradicts none
"""
RUBRICS: tuple[Rubric, ...] = get_args(Rubric)

RubricName = Literal["lenient", "strict", "file"]
"""The rubric's name in documents and signatures; `file` is a prompt of the user's own."""

VerdictKey = Literal["verdict", "label"]
"""The key under which a reply's JSON object has CORRECT or WRONG."""

NAMES = ("question", "gold_answer", "generated_answer")
"""The names in braces that a prompt of the user's own may have instead of `$data`."""

PROMPTS: Mapping[Rubric, str] = {"lenient": "judge_lenient_v2", "strict": "judge_strict_v1"}
"""The prompt file of each rubric."""

MAX_CHARS = 4000
"""The length in characters after which a question, gold answer, or answer is cut and marked."""

_PACKAGE = "locomo_vqa.evaluators.prompts"
_DATA = re.compile(r"\$(?:data\b|\{data\})")
_BRACED = re.compile(r"\{(" + "|".join(NAMES) + r")\}")
_ESCAPED = frozenset("<>[]{}`")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class RubricPrompt:
    """A rubric's prompt, in which the texts to compare are still to be filled in."""

    rubric: RubricName
    """Which rubric it is."""
    text: str
    """The prompt, with `$data`, or with the three `NAMES` in braces."""
    sha256: str
    """The SHA-256 of the text."""
    key: VerdictKey = "verdict"
    """The key of the verdict that it asks for."""
    verbatim: bool = False
    """Whether the texts are filled in unchanged (in braces) and not quoted (`$data`)."""

    @property
    def signature(self) -> str:
        """The part of J's signature that is about the prompt."""
        name = "file" if self.rubric == "file" else PROMPTS[self.rubric]
        quoting = ",texts=verbatim" if self.verbatim else ""
        return f"rubric={self.rubric},prompt={name}/{self.sha256[:12]}{quoting}"

    def fill(self, fields: Mapping[str, str]) -> str:
        """Return the prompt with the texts; what looks like a name within a text is kept."""
        if not self.verbatim:
            return _DATA.sub(lambda _: data_block(fields), self.text).strip()
        shown = {**fields, "generated_answer": fields["answer"]}
        return _BRACED.sub(lambda name: _verbatim(shown[name[1]]), self.text).strip()


@dataclass(frozen=True, slots=True)
class JudgePrompt:
    """A prompt for a judge."""

    text: str
    """The prompt."""
    cut: tuple[str, ...]
    """The names of the texts that were cut."""


def bundled_rubric(rubric: Rubric) -> RubricPrompt:
    """Return the prompt of a rubric that the toolkit brings."""
    text = prompt_text(_PACKAGE, PROMPTS[rubric])
    return RubricPrompt(rubric, text, rubric_hash(rubric))


def judge_prompt(
    rubric: Rubric | RubricPrompt, *, question: str, gold: str, answer: str
) -> JudgePrompt:
    """Return the prompt that asks for a verdict on one answer."""
    fields = {"question": question, "gold_answer": gold, "answer": answer}
    cut = tuple(name for name, text in fields.items() if len(text) > MAX_CHARS)
    prompt = rubric if isinstance(rubric, RubricPrompt) else bundled_rubric(rubric)
    return JudgePrompt(prompt.fill(fields), cut)


def data_block(fields: Mapping[str, str]) -> str:
    """Return texts as a JSON object, one per line; the key `cut` names texts that were cut."""
    shown = {name: text[:MAX_CHARS] for name, text in fields.items()}
    cuts = [f"{name}: {_cut_note(text)}" for name, text in fields.items() if len(text) > MAX_CHARS]
    if cuts:
        shown["cut"] = "; ".join(cuts)
    lines = ",\n".join(f'  "{name}": {_encode(text)}' for name, text in shown.items())
    return f"{{\n{lines}\n}}"


def rubric_prompt(rubric: Rubric) -> tuple[str, str]:
    """Return a rubric's prompt, with a name in place of the texts, and its SHA-256."""
    return prompt_text(_PACKAGE, PROMPTS[rubric]), rubric_hash(rubric)


def rubric_hash(rubric: Rubric) -> str:
    """Return the SHA-256 of a rubric's prompt file."""
    return prompt_hash((_PACKAGE, PROMPTS[rubric]))


def _verbatim(text: str) -> str:
    """Return a text unchanged; a long one is cut and says so."""
    note = f" [{_cut_note(text)}]" if len(text) > MAX_CHARS else ""
    return clean_text(text[:MAX_CHARS]) + note


def _cut_note(text: str) -> str:
    return f"only the first {MAX_CHARS:,} of {len(text):,} characters are here"


def _encode(text: str) -> str:
    """Return a JSON string that decodes to exactly `text`."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(_escape(c) if _must_escape(c) else c for c in quoted)


def _must_escape(character: str) -> bool:
    return character in _ESCAPED or unicodedata.category(character) in _UNSEEN


def _escape(character: str) -> str:
    if character in _ESCAPED:
        return f"\\u{ord(character):04x}"
    return json.dumps(character)[1:-1]
