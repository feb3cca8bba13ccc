"""Recognises by rules whether an answer declines: whether it says that the answer isn't known.

An answer declines if it says, before anything else, that what was asked is not known, recorded or
mentioned, that there was no such image, or that the question can't be answered, and if it then
gives no answer. So these are answers:

- a value that is a word for nothing: "None", "no one", "Nothing", "0";
- yes and no, also "No, she did not mention a dog; it was a cat";
- a guess or a part of the answer beside the gap: "Not stated, but probably in Bergen", "Before June
  2025 (exact date not specified)";
- somebody else's not knowing: "He could not remember his password".

What is said about other people than those of the question ("However, Vera plays the cello") does
not answer it. `phrasings.jsonl` has the labelled answers on which the rules are measured.
"""

from __future__ import annotations

import re
import unicodedata

from .phrases import BARE, CLAUSES, PERSON, PREAMBLE, SOURCE_FIRST

__all__ = ["VERSION", "declines"]

VERSION = 1
"""Part of A's signature; it grows when a rule changes."""

_MOST_CHARACTERS = 2000
"""Only the beginning of an answer is looked at."""

_FEW_WORDS = 3
"""So few words before a clause that declines are an answer, such as "Blue, but I'm not sure"."""

_ANSWERS = re.compile(
    r"yes\b|(?:never |not )?to\b|that (?!is\b|was\b|detail|information|never|has\b)|because\b"
    r"|so that\b|no ?body knows|no one knows"
    r"|[a-z]+ (?:said|says|t[o]ld|decided|felt|feels|was t[o]ld|explained|believes|thinks) "
)
"""The beginning of an answer that is one, whatever follows: also what somebody said."""
_CONTRAST = re.compile(
    r"[,;.:–—(-]?\s*\b(?:but|however|although|though|yet|nevertheless|nonetheless|still|except"
    r"|only that|instead|rather|so|while|whereas)\b,?\s*|[;.–—:(]\s+|\s-\s"
)
_GUESS = re.compile(
    r"\b(?:likely|probably|perhaps|maybe|possibly|presumably|it (?:seems|appears|sounds)"
    r"|i(?:'d)? (?:think|guess|believe|would say|assume|suspect)|suggest(?:s|ing)?"
    r"|impl(?:y|ies|ied|ying)|(?:can|could|may) be inferred|inferred|might (?:be|have)"
    r"|may (?:be|have)|guess|around|approximately|roughly|apparently|most (?:likely|probable)"
    r"|at least|or so|estimate[ds]?|seems to)\b"
)
_DATE = re.compile(
    r"\b(?:(?:19|20)\d\d|january|february|march|april|june|july|august|september|october|november"
    r"|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|yesterday"
    r"|last (?:week|month|year|summer|winter|spring|autumn|fall))\b"
)
_PRONOUN = re.compile(
    r"(?:and |that |we know (?:that )?|i know (?:that )?)?(?:it|she|he|they|this|that|the answer"
    r"|there|it's|she's|he's|they're|his|her|their)\b"
)
_NEGATED = re.compile(
    r"\b(?:not|no|nothing|never|none|neither|unknown|unclear|cannot|without|unable)\b|n't\b"
)
_REPORTS = re.compile(
    r"\b(?:mention(?:s|ed)?|sa(?:id|ys)|talk(?:s|ed)?|discuss(?:es|ed)?|refer(?:s|red)?"
    r"|focus(?:es|ed)?|about|only|cover(?:s|ed)?|describe[sd]?|other)\b"
)
_HELP = re.compile(
    r"\b(?:let me know|could you|can you|would you|if you|please|feel free|happy to|provide more"
    r"|ask (?:me|about|again)|may i|do you)\b"
)
_LABEL = re.compile(r"^(?:final answer|answer|response|a)\s*[:=]\s*|^\(?[a-e]\)\s+|^[a-e][.)]\s+")
_FIELD = re.compile(r"^(?:[a-z]+ ){0,2}[a-z]+: ")
_JSON = re.compile(r'\s*\{\s*"\w+"\s*:\s*"([^"]*)"\s*\}\s*')
_NAME = re.compile(r"\b[A-Z][a-z]+\b")

_ASKS_WHEN = re.compile(r"\b(?:when|date|year|month|day|how long|how old)\b", re.IGNORECASE)
_ASKS_HOW_MANY = re.compile(r"how (?:many|much)\b", re.IGNORECASE)
_ASKS_WHAT_NOT = re.compile(r"\bnot\b|n't\b|\bnever\b", re.IGNORECASE)


def declines(answer: str, question: str = "") -> bool:
    """Return whether an answer says that the answer isn't known, and gives none.

    `question` distinguishes people: what is said about others than its own does not answer it.
    """
    text = _plain(answer)
    lower = text.lower()
    if BARE.fullmatch(_FIELD.sub("", lower).strip(" .!?\"'()[]")):
        return True
    if _ANSWERS.match(lower):
        return False
    if _ASKS_HOW_MANY.match(question) and re.fullmatch(r"no \w+(?: \w+)?\W*", lower):
        return False
    found = _first_clause(text, lower, question)
    if found is None:
        return False
    return not _answers_before(text[: found[0]], question) and not _answers_after(
        text[found[1] :], question
    )


def _plain(answer: str) -> str:
    """Return an answer without markup, labels and odd characters, in one line."""
    text = unicodedata.normalize("NFKC", answer.rpartition("</think>")[2][:_MOST_CHARACTERS])
    text = text.replace("\u2019", "'").replace("\u2018", "'").replace("\u02bc", "'")
    text = text.replace("\u201c", '"').replace("\u201d", '"')
    wrapped = _JSON.fullmatch(text)
    text = re.sub(r"[*_`#>]", "", wrapped[1] if wrapped else text)
    text = " ".join(text.split()).strip("\"' ")
    label = _LABEL.match(text.lower())
    return text[label.end() :] if label else text


def _first_clause(text: str, lower: str, question: str) -> tuple[int, int] | None:
    """Return where the first clause that declines is; None without one."""
    places = [found.span() for clause in CLAUSES if (found := clause.search(lower))]
    if not _ASKS_WHAT_NOT.search(question) and (person := PERSON.search(text)):
        places.append(person.span())
    return min(places, default=None)


def _answers_before(before: str, question: str) -> bool:
    """Return whether what stands before the clause that declines is an answer."""
    lower = before.lower().strip()
    if not lower or SOURCE_FIRST.match(lower):
        return False
    if _GUESS.search(lower) or before.count("(") > before.count(")"):
        return True
    if _DATE.search(lower) and _CONTRAST.search(lower) and _may_be_date(question):
        return True
    parts = [part.strip() for part in re.split(r"[,;:.(]", lower) if part.strip()]
    if len(parts) == 1 and "," not in before:  # The subject of the clause itself.
        return False
    telling = next((n for n, part in enumerate(parts) if not PREAMBLE.fullmatch(part)), None)
    if telling is None:
        return lower.startswith("no, ") and not SOURCE_FIRST.match(lower[4:])
    if telling == len(parts) - 1 and lower[-1] not in ",;:.(":  # The clause's own subject.
        return lower.startswith("no, ")
    first = parts[telling]
    if _REPORTS.search(first):
        return False
    names = {name for name in _NAME.findall(before) if name.lower() in first.split()}
    return len(first.split()) <= _FEW_WORDS or not names or bool(names & _names_in(question))


def _answers_after(after: str, question: str) -> bool:
    """Return whether an answer follows the clause that declines."""
    if _GUESS.search(after.lower()) and not _HELP.search(after.lower()):
        return True
    for part in _CONTRAST.split(after)[1:]:
        lower = part.lower().strip()
        if not lower or _NEGATED.search(lower) or _HELP.search(lower):
            continue
        if _DATE.search(lower) and _may_be_date(question):
            return True
        if _REPORTS.search(lower):
            continue
        if _PRONOUN.match(lower) or set(_NAME.findall(part)) & _names_in(question):
            return True
    return False


def _may_be_date(question: str) -> bool:
    return not question or bool(_ASKS_WHEN.search(question))


def _names_in(question: str) -> set[str]:
    return set(_NAME.findall(question))
