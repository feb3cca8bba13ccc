"""Answers with a span of the turn that Okapi BM25 finds, without a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from locomo_vqa.system import (
    Answer,
    ConversationInfo,
    Hit,
    RecalledImage,
    Services,
    ShownImage,
    ShownTurn,
)

from ..metrics.porter import stem
from .okapi import OkapiIndex, terms_of, words_of

__all__ = ["BM25", "shortest_span"]

TOP_K = 50
"""The number of turns returned as retrieved: the largest k at which recall is measured."""

_CLAUSE_END = re.compile(r"(?<=[.!?,;:])\s+|\s+-\s+")


class BM25:
    """Answers with the shortest matching span of the best turn."""

    version = "1"
    uses_images = False
    uses_model = False

    def __init__(self) -> None:
        self._turns: OkapiIndex[ShownTurn] = OkapiIndex()
        self._captions: OkapiIndex[str] = OkapiIndex()

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Begin without turns; the index is kept in memory."""

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Index the turns of a session, and their captions with speaker and date."""
        for turn in turns:
            self._turns.add(turn, f"{turn.speaker}: {_text_with_captions(turn)}")
            for image in turn.images:
                if image.caption:
                    shared = f"{turn.speaker} shared on {_date_in_words(turn)}: {image.caption}"
                    self._captions.add(image.caption, shared)

    def flush(self) -> None:
        """Do nothing: there is no pending work."""

    def answer(self, question: str, *, now: datetime) -> Answer:
        """Return a span of the best turn, or an empty answer if no turn shares a word.

        For a question that begins with "when", the answer is the date of the turn's session.
        """
        hits = self._turns.search(question)[:TOP_K]
        if not hits:
            return Answer(text="")
        best = hits[0][1]
        if question.lower().startswith("when"):
            text = _date_in_words(best)
        else:
            text = shortest_span(_text_with_captions(best), set(terms_of(question)))
        return Answer(
            text=text,
            retrieved=tuple(
                Hit(
                    text=f"{turn.speaker}: {_text_with_captions(turn)}",
                    score=round(score, 6),
                    turn=turn.id,
                )
                for score, turn in hits
            ),
        )

    def answer_visual(
        self,
        question: str,
        *,
        image: ShownImage | None,
        now: datetime,
        recalled: RecalledImage | None = None,
    ) -> Answer:
        """Return the caption's rarest word that is not in the question; pixels are not used.

        For an image that must be recalled, BM25 finds the caption by the question's words.
        """
        caption = image.caption if image else None
        if image is None and recalled is not None:
            hits = self._captions.search(question)
            caption = hits[0][1] if hits else None
        if caption is None:
            return Answer(text="")
        asked = set(terms_of(question))
        words = [word for word in words_of(caption) if stem(word) not in asked]
        return Answer(
            text=min(words, key=lambda w: self._turns.document_frequency[stem(w)], default="")
        )

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


def shortest_span(text: str, terms: set[str]) -> str:
    """Return the shortest run of whole clauses that contains all terms of the text.

    Terms are stems. Ties (in words) go to the first run; for a text without any of the terms, the
    first clause is returned.
    """
    clauses = [clause for clause in _CLAUSE_END.split(text.strip()) if clause]
    found = [terms.intersection(terms_of(clause)) for clause in clauses]
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


def _date_in_words(turn: ShownTurn) -> str:
    return f"{turn.time.day} {turn.time:%B %Y}"


def _text_with_captions(turn: ShownTurn) -> str:
    captions = [f"[{image.caption}]" for image in turn.images if image.caption]
    return " ".join([turn.text, *captions])
