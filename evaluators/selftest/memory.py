"""Checks of what is remembered, and when it happened."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from .ingest_checks import unread
from .observations import Observations
from .result import CheckResult, failed, passed, skipped, warned
from .script import Fact
from .trial import Reply

__all__ = ["dates", "facts", "todays_words"]

_YEAR = 2021
_DAYS = ((3, 8), (5, 11), (5, 12))  # the sessions, and the day that is mentioned
_NO_ANSWER = "a question got no answer (see the check of answers)"
_TOLD = re.compile(r"\b(2021|1[12](th)?( of)? may|may 1[12](th)?|0?5[-/.]1[12]|1[12][-/.]0?5)\b")


def facts(seen: Observations) -> CheckResult:
    """Check that three facts from two sessions are remembered."""
    id, title = "facts", "it remembers three facts"
    reason = unread(seen)
    if reason is not None:
        return skipped(id, title, reason)
    asked = [*seen.at_once, *seen.later]
    if any(reply.failure for reply in asked):
        return skipped(id, title, _NO_ANSWER)
    wanted = seen.script.facts
    by_fact = list(zip(wanted, seen.at_once, seen.later, strict=True))
    said = [fact for fact, *replies in by_fact if any(r.says(fact.word) for r in replies)]
    known = [fact for fact, *replies in by_fact if any(r.knows(fact.word) for r in replies)]
    if len(said) == len(wanted) or (seen.system.only_retrieves and len(known) == len(wanted)):
        return passed(id, title)
    if seen.excuse is not None:
        detail = f"{len(said)} of 3, and {seen.excuse}"
        return warned(id, title, detail, "Do nothing if it isn't meant to know more.")
    if len(known) == len(wanted):
        return warned(
            id,
            title,
            f"all three are retrieved, but the answers have {len(said)} of 3",
            "Pass what is retrieved to the model, or try a better model.",
        )
    if (seen.model or "").startswith("embedded:"):
        return warned(
            id,
            title,
            f"{len(said)} of 3: {seen.model} was trained on the words of the sample, and these are "
            "others",
            "Check with a larger model whether the system itself remembers.",
        )
    return failed(
        id,
        title,
        _unknown_facts(wanted, seen.later, known),
        "Keep what add() reads, with its speakers, and answer from it.",
    )


def dates(seen: Observations) -> CheckResult:
    """Check that "yesterday" is dated by the conversation's time, not by the clock."""
    id, title = "dates", "it dates things by the conversation's time"
    reply = seen.date
    reason = unread(seen)
    if reason is not None or reply is None:
        return skipped(id, title, reason or "nothing was asked")
    if reply.failure:
        return skipped(id, title, _NO_ANSWER)
    texts = [reply.text, *reply.retrieved]
    found = next((word for word in todays_words(date.today()) if _has_word(texts, word)), None)
    if found is not None:
        return failed(
            id,
            title,
            f"asked for a day in May 2021, it answered with {found}, which is today's date",
            "Use turn.time and now, never the clock; tell the model that now is today.",
        )
    if any(_TOLD.search(text.casefold()) for text in texts):
        return passed(id, title)
    if seen.excuse is not None:
        return skipped(id, title, f"{seen.excuse}, and gave no date")
    return warned(
        id,
        title,
        f"“{reply.question}” was answered without a date: {_shortened(reply.text)}",
        "Store turn.time with each memory, and show it to the model.",
    )


def todays_words(today: date) -> list[str]:
    """Return the words for today's date, in lower case, which can only come from the clock."""
    words = []
    for day in (today, today - timedelta(days=1)):
        if day.year != _YEAR:
            words.append(str(day.year))
        if (day.month, day.day) not in _DAYS:
            month = f"{day:%B}".casefold()
            words += [f"{day.day} {month}", f"{month} {day.day}", f"{day:%m-%d}"]
    return list(dict.fromkeys(words))


def _has_word(texts: Iterable[str], word: str) -> bool:
    pattern = re.compile(rf"(?<!\d){re.escape(word)}(?!\d)")
    return any(pattern.search(text.casefold()) for text in texts)


def _unknown_facts(wanted: Iterable[Fact], replies: Iterable[Reply], known: list[Fact]) -> str:
    pairs = zip(wanted, replies, strict=True)
    return "; ".join(
        f"“{fact.question}” was answered: {_shortened(reply.text)}"
        for fact, reply in pairs
        if fact not in known
    )


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    if not words:
        return "(nothing)"
    return words if len(words) <= 80 else f"{words[:79]}…"
