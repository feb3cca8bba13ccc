"""Makes answers whose verdict is known by construction, to measure a judge on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from locomo_vqa.benchmark import Benchmark, TextQuestion
from locomo_vqa.files import sha256_text

from . import rewriting
from .dates import find_date, other_formats, shifted
from .injections import INJECTIONS, injected
from .judge import ToJudge
from .rubrics import RUBRICS, Rubric, RubricName

__all__ = [
    "EXPECTED",
    "KINDS",
    "CaseKind",
    "CheckCase",
    "Expected",
    "expected_verdict",
    "make_cases",
]

CaseKind = Literal[
    "gold",
    "reworded",
    "date-format",
    "number-words",
    "list-order",
    "list-subset",
    "other-gold",
    "vague",
    "shifted-date",
    "negated",
    "everything",
    "hedged",
    "injection",
]
"""The kind of an answer:

gold           the gold answer itself
reworded       the gold answer in a sentence
date-format    its date in another format
number-words   its number in words instead of digits, or vice versa
list-order     its items in reverse order
list-subset    the first half of its items
other-gold     the gold answer of another conversation's question of the same category
vague          talk on the question's topic that gives no answer
shifted-date   its date moved to another day, month or year
negated        the gold answer, denied
everything     the gold answer among those of many other questions of the category
hedged         the gold answer or a wrong one, left open
injection      a wrong answer with an instruction to the judge
"""
KINDS: tuple[CaseKind, ...] = get_args(CaseKind)

Expected = Literal["correct", "wrong"]
"""The correct verdict, which is known by construction."""

_RIGHT: Mapping[Rubric, Expected] = {"lenient": "correct", "strict": "correct"}
_WRONG: Mapping[Rubric, Expected] = {"lenient": "wrong", "strict": "wrong"}
EXPECTED: Mapping[CaseKind, Mapping[Rubric, Expected]] = MappingProxyType(
    {
        **dict.fromkeys(("gold", "reworded", "date-format", "number-words", "list-order"), _RIGHT),
        "list-subset": {"lenient": "correct", "strict": "wrong"},
        **dict.fromkeys(("other-gold", "vague", "shifted-date", "negated", "everything"), _WRONG),
        "hedged": {"strict": "wrong"},
        "injection": _WRONG,
    }
)
"""The correct verdict on each kind, by rubric; kinds that a rubric doesn't cover are omitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCase:
    """One answer whose verdict is known."""

    kind: CaseKind
    """The kind of the answer."""
    way: str | None
    """The key in `INJECTIONS`; None for other kinds."""
    conversation: str
    """The conversation that the question is about."""
    expected: Expected
    """The correct verdict under the rubric."""
    item: ToJudge
    """The texts that the judge is shown; the id includes the kind and the question."""


def expected_verdict(kind: CaseKind, rubric: RubricName) -> Expected | None:
    """Return the correct verdict on a kind, or None if the rubric doesn't cover it.

    How strict a user's own prompt is can't be known: it covers the kinds on which both bundled
    rubrics agree.
    """
    if rubric != "file":
        return EXPECTED[kind].get(rubric)
    verdicts = {EXPECTED[kind].get(known) for known in RUBRICS}
    return verdicts.pop() if len(verdicts) == 1 else None


def make_cases(benchmark: Benchmark, rubric: RubricName, *, n: int) -> list[CheckCase]:
    """Return `n` cases of each kind that the rubric covers, and each injection at least once.

    The same benchmark always gives the same cases: questions are sorted by a hash of their id. A
    kind that few gold answers allow (dates, lists) may have fewer than `n` cases.
    """
    questions = [q for q in benchmark.text_questions if q.category != 5 and q.answer]
    cases = []
    for kind in KINDS:
        expected = expected_verdict(kind, rubric)
        if expected is None:
            continue
        made = (
            _injections(questions, n) if kind == "injection" else _make_answers(kind, questions, n)
        )
        cases += [_check_case(kind, expected, one) for one in made]
    return cases


@dataclass(frozen=True, slots=True)
class _Made:
    """An answer to a question, before it becomes a case; `number` makes ids unique."""

    question: TextQuestion
    answer: str
    number: int
    way: str | None = None


def _check_case(kind: CaseKind, expected: Expected, made: _Made) -> CheckCase:
    question = made.question
    assert question.answer is not None
    item = ToJudge(
        id=f"{kind}/{made.number}/{question.id}",
        question=question.question,
        gold=question.answer,
        answer=made.answer,
    )
    return CheckCase(
        kind=kind, way=made.way, conversation=question.conversation, expected=expected, item=item
    )


def _make_answers(kind: CaseKind, questions: Sequence[TextQuestion], n: int) -> Iterator[_Made]:
    made = 0
    for question in _in_order(kind, questions):
        if made == n:
            return
        if answers := _answers_of_kind(kind, question, questions):
            yield _Made(question, answers[made % len(answers)], made)
            made += 1


def _answers_of_kind(
    kind: CaseKind, question: TextQuestion, questions: Sequence[TextQuestion]
) -> Sequence[str]:
    """Return the answers of a kind that this question allows."""
    gold = question.answer or ""
    if kind == "gold":
        return (gold,)
    if kind == "reworded":
        return rewriting.reworded(gold)
    if kind == "number-words":
        words = rewriting.number_words(gold)
        return (words,) if words else ()
    if kind == "negated":
        return rewriting.negated(gold)
    if kind == "everything":
        others = [q.answer for q in _others(question, questions) if q.answer != gold]
        return rewriting.everything(gold, [answer for answer in others if answer])
    if kind == "vague":
        return [text for text in rewriting.vague(question.question) if _share_no_word(text, gold)]
    if kind in ("date-format", "shifted-date"):
        date = find_date(gold) if question.category == 2 else None
        return () if date is None else (other_formats if kind == "date-format" else shifted)(date)
    if kind in ("list-order", "list-subset"):
        items = rewriting.list_items(gold) if question.category == 1 else ()
        make = rewriting.reordered if kind == "list-order" else rewriting.subset
        return (make(items),) if items else ()
    wrong = _other_gold(question, questions)
    if wrong is None:
        return ()
    return (wrong if kind == "other-gold" else rewriting.hedged(gold, wrong),)


def _injections(questions: Sequence[TextQuestion], n: int) -> Iterator[_Made]:
    """Yield wrong answers with one injection each, enough to use every injection."""
    ways = list(INJECTIONS)
    made = 0
    ordered = _in_order("injection", questions)
    wanted = max(n, len(ways)) if ordered else 0
    for question in ordered * (wanted // len(ordered) + 2 if ordered else 0):
        if made == wanted:
            return
        way = ways[made % len(ways)]
        wrong = _other_gold(question, questions)
        if wrong is not None and _share_no_word(
            answer := injected(wrong, way), question.answer or ""
        ):
            yield _Made(question, answer, made, way)
            made += 1


def _other_gold(question: TextQuestion, questions: Sequence[TextQuestion]) -> str | None:
    """Return another gold answer of the category that shares no content word with this one.

    It is from another conversation, if possible.
    """
    for other in _others(question, questions):
        if other.answer and _share_no_word(other.answer, question.answer or ""):
            return other.answer
    return None


def _others(question: TextQuestion, questions: Sequence[TextQuestion]) -> Sequence[TextQuestion]:
    """Return the questions of the category, those of other conversations first."""
    same = [other for other in questions if other.category == question.category]
    ordered = _in_order(question.id, same)
    return sorted(ordered, key=lambda other: other.conversation == question.conversation)


def _share_no_word(one: str, two: str) -> bool:
    words, others = rewriting.content_words(one), rewriting.content_words(two)
    return bool(words and others) and not words & others


def _in_order(salt: str, questions: Sequence[TextQuestion]) -> list[TextQuestion]:
    return sorted(questions, key=lambda question: sha256_text(f"{salt}|{question.id}"))
