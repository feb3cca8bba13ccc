"""The part of a card about the data: counts, answers, checks, images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from locomo_vqa.benchmark import (
    CATEGORIES,
    QUESTION_TYPES,
    SPLITS,
    Benchmark,
    VisualQuestion,
)

from ..images.shared_rule import SharedRule
from ..questions.quality import DOMINANT_SHARE
from .facts import QUALITY_COLUMNS, REVIEW_WORDS, PublishFacts
from .markdown import escaped, table

__all__ = ["answers_section", "contents_section", "images_section"]

_STATES: Mapping[str, str] = {
    "ok": "in the data set",
    "not_fetched": "not tried",
    "no_url": "LoCoMo gives a caption and no address",
    "unavailable": "the address no longer answers",
    "bytes_changed": "the address answers with another image",
    "not_an_image": "what came back is not an image",
    "placeholder": "what came back is a picture in place of one that is gone",
    "too_large": "larger than the limits",
    "blocked": "the address is not public, or its host forbids the download",
    "shared_across_splits": "removed because several splits share it",
}


def contents_section(benchmark: Benchmark) -> str:
    """Return the section with counts by split, type and category, and an example of each type."""
    rows = [_count_row("conversations", [c.split for c in benchmark.conversations])]
    rows.append(_count_row("text questions", [q.split for q in benchmark.text_questions]))
    for category, name in CATEGORIES.items():
        splits = [q.split for q in benchmark.text_questions if q.category == category]
        if splits:
            rows.append(_count_row(f"… {name} (category {category})", splits))
    rows.append(_count_row("visual questions", [q.split for q in benchmark.visual_questions]))
    for type, questions in _by_type(benchmark).items():
        rows.append(_count_row(f"… {type}", [q.split for q in questions]))
    asked = {(q.split, q.image) for q in benchmark.visual_questions}
    rows.append(_count_row("images asked about", [split for split, _ in asked]))
    parts = [
        "## What is in it",
        table(("", *SPLITS, "all"), rows, numbers=len(SPLITS) + 1),
        "Whole conversations belong to one split.",
        _text_remarks(benchmark),
    ]
    if benchmark.visual_questions:
        parts += ["An example of each type of visual question:", _examples_table(benchmark)]
    return "\n\n".join(parts)


def _count_row(name: str, splits: Sequence[str]) -> list[str]:
    numbers = [sum(item == split for item in splits) for split in SPLITS]
    return [name, *(f"{number:,}" for number in (*numbers, len(splits)))]


def _by_type(benchmark: Benchmark) -> dict[str, list[VisualQuestion]]:
    groups: dict[str, list[VisualQuestion]] = {type: [] for type in QUESTION_TYPES}
    for question in benchmark.visual_questions:
        groups[question.type].append(question)
    return {type: questions for type, questions in groups.items() if questions}


def _text_remarks(benchmark: Benchmark) -> str:
    duplicates = sum(q.duplicate_of is not None for q in benchmark.text_questions)
    errata = [q.erratum for q in benchmark.text_questions if q.erratum]
    changed = sum(erratum.changes_score for erratum in errata)
    return (
        f"Text questions that repeat an earlier one: {duplicates:,} (`duplicate_of`). "
        f"Text questions whose gold answer is known to be wrong in some way: {len(errata):,}, "
        f"of which {changed:,} change what a right answer scores (`erratum_kind`)."
    )


def _examples_table(benchmark: Benchmark) -> str:
    """Show questions of the training split if there are any, so as not to reveal test answers."""
    rows = []
    for type, questions in _by_type(benchmark).items():
        example = min(questions, key=lambda question: SPLITS.index(question.split))
        rows.append([type, escaped(example.question), escaped(example.answer)])
    return table(("Type", "Question", "Answer"), rows)


def answers_section(benchmark: Benchmark, facts: PublishFacts) -> str:
    """Return the section on the distribution of answers and the checks of questions."""
    if not benchmark.visual_questions:
        return "## Answers\n\nThere are no visual questions."
    rows, warnings = [], []
    for type, questions in _by_type(benchmark).items():
        counts = Counter(question.answer.lower() for question in questions)
        answer = min(counts, key=lambda answer: (-counts[answer], answer))
        share = counts[answer] / len(questions)
        number = f"{len(questions):,}"
        rows.append([type, escaped(answer), number, f"{len(counts):,}", f"{share:.0%}"])
        if share > DOMINANT_SHARE:
            constant = f"always answering “{escaped(answer)}” would be right for {share:.0%}."
            warnings.append(f"- **{type}**: {constant}")
    columns = ("Type", "Most frequent answer", "Questions", "Different answers", "Its share")
    parts = ["## Answers", table(columns, rows, numbers=3)]
    if warnings:
        parts += ["Types in which one answer dominates:", "\n".join(warnings)]
    return "\n\n".join([*parts, _review_section(benchmark, facts), _checks_table(benchmark, facts)])


def _review_section(benchmark: Benchmark, facts: PublishFacts) -> str:
    """Say how many questions people looked at; one that a person rejected is not published."""
    if facts.review is None:
        return "Review by people: not recorded."
    words, rejected = facts.review.published, facts.review.rejected
    total = len(benchmark.visual_questions) + rejected
    if not words and not rejected:
        return f"Review by people: none of the {total:,} questions was looked at."
    rows = []
    for type, questions in _by_type(benchmark).items():
        found = Counter(words.get(question.id) for question in questions)
        rows.append(
            [
                type,
                *(f"{found[word]:,}" for word in REVIEW_WORDS.values()),
                f"{found[None]:,}",
            ]
        )
    columns = ("Type", *(word.capitalize() for word in REVIEW_WORDS.values()), "Not looked at")
    counts = Counter(words.values())
    said = ", ".join(f"{counts[word]:,} {word}" for word in REVIEW_WORDS.values())
    return (
        f"Review by people: {len(words) + rejected:,} of {total:,} questions were looked at: "
        f"{said}, {rejected:,} rejected and left out (`review`).\n\n"
        + table(columns, rows, numbers=3)
    )


def _checks_table(benchmark: Benchmark, facts: PublishFacts) -> str:
    if facts.quality is None:
        return "Checks of the questions (self-consistency, guessing, captions): not recorded."
    rows = []
    for column, meaning in QUALITY_COLUMNS.items():
        values = Counter(
            facts.quality.get(question.id, {}).get(column)
            for question in benchmark.visual_questions
        )
        numbers = (values[True], values[False], values[None])
        rows.append([f"`{column}`", meaning, *(f"{number:,}" for number in numbers)])
    found = table(("Check", "True means", "True", "False", "Not checked"), rows, numbers=3)
    effect = "none of them took a question out"
    if facts.verification is not None and facts.verification.left_out is not None:
        number = facts.verification.left_out
        effect = f"{number:,} that are not agreed were left out, and none for another check"
    return f"Checks of the visual questions; {effect}:\n\n{found}"


def _kept(rule: SharedRule) -> str:
    if rule == "remove-everywhere":
        return ""
    which = "first" if rule == "keep-first" else "last"
    return f" Each stays in the {which} of train, validation and test that has it or a similar one."


def images_section(benchmark: Benchmark, facts: PublishFacts) -> str:
    """Return the section on what happened to the images, and how many were removed."""
    losses: Counter[str] = Counter(record.state for record in benchmark.images)
    if facts.losses is not None:
        losses = Counter({state: n for state, n in facts.losses.items() if n})
    rows = [
        [f"`{state}`", _STATES.get(state, ""), f"{losses[state]:,}"]
        for state in dict.fromkeys([*_STATES, *losses])
        if state in losses
    ]
    number = facts.removed_images or losses["shared_across_splits"]
    known = number or facts.removed_images is not None
    removed = f"{number:,}" if known else "not recorded"
    parts = [
        "## Images",
        table(("State", "Meaning", "Images"), rows, numbers=1) if rows else "There are none.",
        f"Images removed because several splits had them: {removed}.{_kept(facts.shared_images)}",
    ]
    return "\n\n".join(parts)
