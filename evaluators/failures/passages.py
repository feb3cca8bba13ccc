"""What the retrieved passages of a run show about a system."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from locomo_vqa.runs import Hit, Prediction

from .about import ConversationWords
from .content import plain

__all__ = ["Passages", "shortened", "turns_of"]

_SHORTEST = 12
"""A turn of fewer characters is found in too many passages to be recognised."""

_MOST_OF_ANSWER = 150_000
"""How many characters are read of what was retrieved for one question: more than the longest
conversation of LoCoMo has."""
_MOST_OF_CONVERSATION = 2_000_000
"""How many characters are read of the different passages for all questions of a conversation."""


def shortened(prediction: Prediction, most: int = _MOST_OF_ANSWER) -> Prediction:
    """Return an answer with the beginning of what was retrieved for it, which is enough to read."""
    if sum(len(hit.text) for hit in prediction.retrieved) <= most:
        return prediction
    hits, left = [], most
    for hit in prediction.retrieved:
        hits.append(replace(hit, text=hit.text[:left]))
        left -= len(hits[-1].text)
    return replace(prediction, retrieved=tuple(hits))


def turns_of(hit: Hit) -> frozenset[str]:
    """Return the ids of all turns that a passage comes from, as far as the system says."""
    return frozenset([*hit.turns, *([hit.turn] if hit.turn else [])])


@dataclass(frozen=True, slots=True)
class Passages:
    """The passages that were retrieved in a run for the questions of one conversation."""

    words: ConversationWords
    seen: Mapping[str, Hit]
    """Every passage, by its text."""
    are_turns: bool
    """Whether every one of them is a turn, word for word."""

    @classmethod
    def of(cls, predictions: Iterable[Prediction], words: ConversationWords) -> Passages:
        """Collect the passages of a conversation's answers."""
        seen: dict[str, Hit] = {}
        left = _MOST_OF_CONVERSATION
        for hit in (hit for each in predictions for hit in each.retrieved):
            left -= 0 if hit.text in seen else len(hit.text)
            if hit.text in seen or left >= 0:
                seen[hit.text] = hit
        are_turns = bool(seen) and all(_is_turn(hit, words) for hit in seen.values())
        return cls(words, seen, are_turns)

    def holds_turn(self, hit: Hit, turn: str) -> bool:
        """Return whether a passage has all words of a turn."""
        said = _plain_turn(turn, self.words)
        if turn in turns_of(hit):
            return bool(said) and said in plain(hit.text)
        return len(said) >= _SHORTEST and said in plain(hit.text)

    def holding(self, turns: Collection[str], hits: Sequence[Hit]) -> frozenset[str]:
        """Return those of the turns that the passages hold word for word."""
        return frozenset(t for t in turns if any(self.holds_turn(hit, t) for hit in hits))


def _is_turn(hit: Hit, words: ConversationWords) -> bool:
    return any(
        turn in words.turns and _plain_turn(turn, words) in plain(hit.text)
        for turn in turns_of(hit)
    )


def _plain_turn(turn: str, words: ConversationWords) -> str:
    return plain(words.turns[turn][1].text) if turn in words.turns else ""
