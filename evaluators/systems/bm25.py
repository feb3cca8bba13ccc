"""Okapi BM25 over the turns, and a span of the best turn as the answer; no model is asked.

The ranking function is Robertson and Zaragoza's (2009) with k1 = 1.2 and b = 0.75 over Porter
stems, with the idf ln(1 + (N - n + 0.5) / (n + 0.5)), which is never negative.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from locomo_vqa.system import Answer, ConversationInfo, Hit, Services, ShownImage, ShownTurn

from ..metrics.porter import stem

__all__ = ["BM25", "shortest_span"]

K1, B = 1.2, 0.75
TOP_K = 5
"""How many turns are handed back as retrieved."""

_WORD = re.compile(r"[a-z0-9]+")
_T = TypeVar("_T")
_CLAUSE_END = re.compile(r"(?<=[.!?,;:])\s+|\s+-\s+")


class BM25:
    """Answers with the shortest span of the best matching turn."""

    version = "1"
    uses_pictures = False
    uses_model = False

    def __init__(self) -> None:
        self._turns: _Index[ShownTurn] = _Index()
        self._captions: _Index[str] = _Index()
        self._recalls = False

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Note how visual questions are asked; the index lives in memory."""
        self._recalls = conversation.visual == "recalled"

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Index a session's turns, and their captions with speaker and date."""
        for turn in turns:
            self._turns.add(turn, f"{turn.speaker}: {_text(turn)}")
            for image in turn.images:
                if image.caption:
                    shared = f"{turn.speaker} shared on {_date(turn)}: {image.caption}"
                    self._captions.add(image.caption, shared)

    def flush(self) -> None:
        """Nothing is pending."""

    def answer(self, question: str, *, now: datetime) -> Answer:
        """Return a span of the best turn, or nothing where no turn shares a word.

        A turn's span for a question that begins with "when" is the date of its session.
        """
        hits = self._turns.search(question)[:TOP_K]
        if not hits:
            return Answer(text="")
        best = hits[0][1]
        if question.lower().startswith("when"):
            text = _date(best)
        else:
            text = shortest_span(_text(best), set(_terms(question)))
        return Answer(
            text=text,
            retrieved=tuple(
                Hit(text=f"{turn.speaker}: {_text(turn)}", score=round(score, 6), turn=turn.id)
                for score, turn in hits
            ),
        )

    def answer_visual(self, question: str, *, image: ShownImage | None, now: datetime) -> Answer:
        """Return the caption's rarest word that the question does not hold; pixels stay unseen.

        Of a picture that has to be recalled it is the caption that fits the question best.
        """
        caption = image.caption if image else None
        if image is None and self._recalls:
            hits = self._captions.search(question)
            caption = hits[0][1] if hits else None
        if caption is None:
            return Answer(text="")
        asked = set(_terms(question))
        words = [word for word in _WORD.findall(caption.lower()) if stem(word) not in asked]
        return Answer(text=min(words, key=lambda w: self._turns.having[stem(w)], default=""))

    def close(self) -> None:
        """Nothing to let go of."""


class _Index(Generic[_T]):
    """Things with a text each, found by the words of a question."""

    def __init__(self) -> None:
        self.having: Counter[str] = Counter()
        """In how many texts a stem stands."""
        self._things: list[_T] = []
        self._terms: list[Counter[str]] = []

    def add(self, thing: _T, text: str) -> None:
        terms = Counter(_terms(text))
        self._things.append(thing)
        self._terms.append(terms)
        self.having.update(terms.keys())

    def search(self, question: str) -> list[tuple[float, _T]]:
        """Return the things that share a stem with a question with their scores, best first."""
        query = Counter(_terms(question))
        mean = sum(terms.total() for terms in self._terms) / max(1, len(self._terms))
        scored = [
            (self._score(query, terms, mean), -number) for number, terms in enumerate(self._terms)
        ]
        best = sorted((pair for pair in scored if pair[0] > 0), reverse=True)
        return [(score, self._things[-number]) for score, number in best]

    def _score(self, query: Counter[str], terms: Counter[str], mean: float) -> float:
        norm = K1 * (1 - B + B * terms.total() / mean)
        total = 0.0
        for term, times in query.items():
            if frequency := terms.get(term, 0):
                known = self.having[term]
                idf = math.log(1 + (len(self._things) - known + 0.5) / (known + 0.5))
                total += times * idf * frequency * (K1 + 1) / (frequency + norm)
        return total


def shortest_span(text: str, terms: set[str]) -> str:
    """Return the shortest run of whole clauses that holds every one of `terms` the text holds.

    Terms are stems. Of equally short runs (in words) the first is taken; a text without any of the
    terms gives its first clause.
    """
    clauses = [clause for clause in _CLAUSE_END.split(text.strip()) if clause]
    found = [terms.intersection(_terms(clause)) for clause in clauses]
    wanted = set().union(*found)
    best = text.strip() if wanted else (clauses[0] if clauses else "")
    for first in range(len(clauses)):
        held: set[str] = set()
        for last in range(first, len(clauses)):
            held |= found[last]
            if wanted and held == wanted:
                run = " ".join(clauses[first : last + 1])
                if len(run.split()) < len(best.split()):
                    best = run
                break
    return best.rstrip(" ,;:")


def _date(turn: ShownTurn) -> str:
    return f"{turn.time.day} {turn.time:%B %Y}"


def _text(turn: ShownTurn) -> str:
    captions = [f"[{image.caption}]" for image in turn.images if image.caption]
    return " ".join([turn.text, *captions])


def _terms(text: str) -> list[str]:
    return [stem(word) for word in _WORD.findall(text.lower())]
