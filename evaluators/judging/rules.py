"""The judge `rules`: compares words, numbers and dates, and needs no model.

It is for trying things out where no model is available. It knows no synonyms and no language, so
its J is not comparable with a model's, and its signature says that it is by rules. `judge-check`
measures it like any other judge.

An answer is correct if it has every number, month and yes or no of the gold answer, and of the
other words

lenient   at least one
strict    all, and leaves nothing open ("either", "or")

Words of the question don't count, because an answer may repeat them. An answer that negates ("not",
"wrong", "false") where neither question nor gold answer does is wrong. So is one that could list
everything: of more than 100 words, or of ten or more items and more than twice as many as the gold
answer. On the 6,160 verdicts of four published result files, the lenient rules agree with the
files' judges on 84 to 89 % (kappa .55 to .77); a threshold of a half or two thirds of the words
agrees less.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from locomo_vqa.errors import InputError
from locomo_vqa.runs import Usage

from ..metrics.porter import stem
from .dates import MONTHS
from .judge import Judgement, ToJudge, VerdictState
from .rewriting import content_words
from .rubrics import Rubric, RubricPrompt

__all__ = ["BY_RULES", "RULES", "VERSION", "RuleJudge", "compare_words", "rule_rubric"]

RULES = "rules"
"""The name of the judge."""

BY_RULES = (
    "J is by rules that compare words, numbers and dates, not by a model: don't compare it with a "
    "model's J."
)
"""What reports say about such a J."""

VERSION = 1
"""Part of J's signature; it grows when a rule changes."""

_ISO = re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)\b")
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_MONTH = re.compile(
    rf"\b({'|'.join(MONTHS)}|{'|'.join(month[:3] for month in MONTHS)}|sept)\b\.?", re.IGNORECASE
)
_OPEN = frozenset({"either", "or"})
_NEGATION = frozenset({"no", *map(stem, ("wrong", "false", "incorrect", "untrue"))})
_MOST_WORDS = 100
_MANY_ITEMS = 10
_BETWEEN_ITEMS = re.compile(r"[;,\n]|\bor\b", re.IGNORECASE)


def rule_rubric(prompt: RubricPrompt) -> Rubric:
    """Return the rubric that rules follow in place of a prompt.

    Raises:
        InputError: the prompt is the user's own.
    """
    if prompt.rubric == "file":
        raise InputError(
            "`rubric` is a file with a prompt, which the judge of rules doesn't read.",
            "Name a model as `judge`, or choose lenient or strict.",
        )
    return prompt.rubric


class RuleJudge:
    """A judge without a model; see the module for its rules."""

    in_flight = 1
    prompt_sha256 = None

    def __init__(self, rubric: Rubric) -> None:
        self.rubric = rubric

    @property
    def signature(self) -> str:
        """Everything that can change J."""
        return f"j:judge={RULES}-{VERSION},rubric={self.rubric},missing=wrong"

    async def judge(self, item: ToJudge) -> Judgement:
        """Return the verdict on one answer."""
        right, reasoning = compare_words(
            item.question, item.gold, item.answer, strict=self.rubric == "strict"
        )
        state: VerdictState = "correct" if right else "wrong"
        return Judgement(id=item.id, state=state, reasoning=reasoning, usage=Usage())


def compare_words(question: str, gold: str, answer: str, *, strict: bool) -> tuple[bool, str]:
    """Return whether an answer has what the gold answer names, and a sentence that says why."""
    wanted, given = _words(gold), _words(answer)
    exact = {word for word in wanted if word[0].isdigit() or word in ("yes", "no")}
    asked = _words(question)
    if len(answer.split()) > _MOST_WORDS:
        return False, f"The answer has more than {_MOST_WORDS} words."
    items = _count_items(answer)
    if items >= _MANY_ITEMS and items > 2 * _count_items(gold):
        return False, f"The answer lists {items} things."
    if given & _NEGATION and not (wanted | asked) & _NEGATION and "yes" not in wanted & given:
        return False, "The answer negates."
    if missing := sorted(exact - given):
        return False, f"The answer lacks {', '.join(missing)}."
    if strict and given & _OPEN and not wanted & _OPEN:
        return False, "The answer leaves open which it is."
    others = wanted - exact
    telling = others - asked or (others if not exact else set())
    if not telling:
        return bool(exact), "The answer has every number and date of the gold answer."
    found = len(telling & given)
    return found >= (
        len(telling) if strict else 1
    ), f"The answer has {found} of {len(telling)} words of the gold answer."


def _count_items(text: str) -> int:
    return sum(bool(content_words(part)) for part in _BETWEEN_ITEMS.split(text))


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    """Return the stems of a text's content words, with dates and numbers in one form.

    A month is its number with a leading zero and an "m", so that May 7 is not July 5.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    plain = _ISO.sub(lambda date: f"{date[1]} {_month(int(date[2]))} {int(date[3])}", text)
    plain = _ORDINAL.sub(r"\1", plain)
    plain = _MONTH.sub(lambda found: _month(_number(found[1])), plain)
    opened = _OPEN & set(re.findall(r"\w+", plain.lower()))
    words = content_words(plain)
    return frozenset(opened | {word if word[0].isdigit() else stem(word) for word in words})


def _number(month: str) -> int:
    return next(n for n, name in enumerate(MONTHS, 1) if name[:3].lower() == month[:3].lower())


def _month(number: int) -> str:
    return f"{number:02d}m"
