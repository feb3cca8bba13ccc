"""What a text must say so that a question can be answered from it.

Where the gold answer is in the words of the evidence, that is the gold answer: its dates (relative
ones resolved), numbers, and more than half of its other words; a list needs each of its items.
Where it is not, because it has to be inferred, it is what the evidence itself says: its names and
numbers, or else enough of its rarer words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from locomo_vqa.benchmark import TextQuestion

from ..judging.dates import MONTHS
from ..judging.rewriting import list_items
from .about import YES_OR_NO, About, ConversationWords, said_in
from .content import found_terms, has_term, names_in, terms_of
from .time_spans import DAYS, TimeSpan, find_spans, without_spans

__all__ = ["Need", "needs_of"]

_MULTI_HOP = 1
_RARE_TURNS = 3
"""A word that occurs in at most this many turns of a conversation is rare."""
_HALF = 0.5
_ENOUGH = 0.2
"""The share of the evidence's rare words that stands for what it says."""
_MORE_ITEMS = re.compile(r"\s*(?:,|;|\band\b)\s*")
_CALENDAR = frozenset(term for name in (*MONTHS, *DAYS) for term in terms_of(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that a text must say: the gold answer, one of its items, or the evidence."""

    turns: tuple[str, ...]
    """The evidence that says it."""
    terms: frozenset[str] = frozenset()
    """Stems, of which more than half (or `enough`) must be there."""
    numbers: frozenset[str] = frozenset()
    """Numbers, which must all be there."""
    spans: tuple[TimeSpan, ...] = ()
    """Days, which must all be there."""
    enough: float = _HALF
    """The share of terms to exceed."""
    inferred: bool = False
    """Whether it is what the evidence says, as the gold answer is not in its words."""
    about: About
    """What the question is about."""

    @property
    def by_rare_words(self) -> bool:
        """Whether it is inferred from the evidence's rarer words, as it has no names."""
        return self.inferred and self.enough < _HALF

    def is_in(self, text: str, *, said: date | None = None) -> bool:
        """Return whether a text says all of it."""
        return not self.missing_in([text], said=said)

    def missing_in(self, texts: Sequence[str], *, said: date | None = None) -> tuple[str, ...]:
        """Return what texts don't say together; nothing if they say enough."""
        terms: frozenset[str] = frozenset[str]().union(*(terms_of(text) for text in texts))
        named = [span for text in texts for span in find_spans(text, said)]
        missing = [n for n in sorted(self.numbers) if n not in terms]
        missing += [s.text for s in self.spans if not any(each.names(s) for each in named)]
        found = found_terms(self.terms, terms)
        if self.terms and len(found) <= self.enough * len(self.terms):
            missing += sorted(self.terms - found)
        return tuple(missing)

    def is_about(self, text: str) -> bool:
        """Return whether a text is not about the wrong person alone."""
        terms = terms_of(text)
        about = self.about
        return bool(not about.people or about.people & terms or not about.others & terms)

    def on_topic(self, text: str, *, at_least: float) -> bool:
        """Return whether a text has that share of the question's terms, and the person."""
        terms = terms_of(text)
        topic = self.about.topic
        if not topic:
            return at_least == 0
        shared = len(found_terms(topic, terms)) / len(topic)
        return shared >= at_least and shared > 0


def needs_of(
    question: TextQuestion, evidence: Sequence[str], words: ConversationWords
) -> list[Need]:
    """Return all that has to be known to answer a question, each with the turns that say it."""
    about = About.of(question, words)
    gold = (question.answer or "").strip()
    items = _items(gold) if question.category == _MULTI_HOP else ()
    needs: list[Need] = []
    for item in items or (gold,):
        need = _gold_need(item, evidence, words, about)
        if need is None:
            return _inferred_needs(question, evidence, words, about)
        needs.append(need)
    return needs


def _items(gold: str) -> Sequence[str]:
    items = list_items(gold)
    if items:
        return items
    parts = [part for part in _MORE_ITEMS.split(gold.strip(" .")) if part]
    short = all(len(part.split()) <= 4 and terms_of(part) for part in parts)
    return parts if len(parts) > 1 and short and not find_spans(gold) else ()


def _gold_need(
    gold: str, evidence: Sequence[str], words: ConversationWords, about: About
) -> Need | None:
    """Return what to look for of a gold answer; None if the evidence doesn't say it."""
    spans = find_spans(gold)
    every = terms_of(without_spans(gold)) - YES_OR_NO
    terms = every - about.asked or every
    numbers = frozenset(term for term in terms if term[0].isdigit())
    terms -= numbers
    if not (terms or numbers or spans):
        return None
    texts = {turn: said_in(words.turns[turn][1]) for turn in evidence}
    days = {turn: words.turns[turn][0] for turn in evidence}
    said = {turn: terms_of(text) for turn, text in texts.items()}
    known = [t for t in terms if any(has_term(each, t) for each in said.values())]
    dated = {
        turn
        for turn in evidence
        if spans and all(_says(texts[turn], days[turn], span) for span in spans)
    }
    if (terms and 2 * len(known) <= len(terms)) or (spans and not dated):
        return None
    if any(not any(number in each for each in said.values()) for number in numbers):
        return None
    holding = [
        turn
        for turn in evidence
        if turn in dated or (numbers & said[turn]) or found_terms(known, said[turn])
    ]
    return Need(
        turns=tuple(holding or evidence),
        terms=frozenset(known),
        numbers=numbers,
        spans=spans,
        about=about,
    )


def _says(text: str, day: date, span: TimeSpan) -> bool:
    if any(each.names(span) or span.names(each) for each in find_spans(text, day)):
        return True
    return span.first <= day <= span.last


def _inferred_needs(
    question: TextQuestion,
    evidence: Sequence[str],
    words: ConversationWords,
    about: About,
) -> list[Need]:
    """Return a need for each turn of the evidence, or one for all of them together.

    A multi-hop answer needs every turn; another one is taken to need any of them.
    """
    needs = []
    decides = bool(terms_of(question.answer or "") & YES_OR_NO)
    for turn in evidence:
        terms, enough = _telling_terms(turn, about.topic, words, decides=decides)
        if terms:
            needs.append(
                Need(turns=(turn,), terms=terms, enough=enough, inferred=True, about=about)
            )
    if question.category == _MULTI_HOP or len(needs) < 2:
        return needs
    best = max(needs, key=lambda need: len(found_terms(about.topic, need.terms)))
    return [best]


def _telling_terms(
    turn: str, topic: Collection[str], words: ConversationWords, *, decides: bool
) -> tuple[frozenset[str], float]:
    """Return the terms that stand for what a turn says, and the share of them that is enough.

    Where the answer is not a yes or no (`decides`), it follows from names if there are any, such as
    the country from the city; names that the turn is the first to mention come first.
    """
    text = said_in(words.turns[turn][1])
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", text) if part.strip()]
    near = {
        place + step
        for place, part in enumerate(sentences)
        if found_terms(topic, terms_of(part))
        for step in (-1, 0, 1)
    }
    chosen = [part for place, part in enumerate(sentences) if not near or place in near]
    ignored = frozenset(words.people) | _CALENDAR | YES_OR_NO
    terms = frozenset[str]().union(*(terms_of(part) for part in chosen)) - ignored
    named = frozenset[str]().union(*(names_in(part) for part in chosen)) & terms
    if named and not decides:
        return frozenset(name for name in named if words.first.get(name) == turn) or named, _HALF
    rare = frozenset(term for term in terms if words.frequency.get(term, 0) <= _RARE_TURNS)
    return rare or terms, _ENOUGH
