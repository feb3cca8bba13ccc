"""The cause of a wrong answer to a question about what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from locomo_vqa.runs import Prediction

from .causes import Finding
from .content import found_terms, plain, terms_of
from .holding import Entry, holders
from .needs import Need
from .passages import Passages, turns_of
from .records import MemoryRecord, Version

__all__ = ["Keeping", "Seen", "text_finding"]

Keeping = Literal["turns", "everything", "nothing", "unknown"]
"""What a system without a record of its memory keeps of a conversation:

turns        every turn, of which it retrieves some
everything   every turn, and it sends all of them with each question
nothing      nothing
unknown      not known
"""


_MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a system kept and retrieved in one conversation."""

    keeping: Keeping
    record: MemoryRecord | str | None
    """Its own record, or why that can't be used."""
    passages: Passages


def text_finding(needs: Sequence[Need], prediction: Prediction, seen: Seen) -> Finding:
    """Return where on its way into the answer the first of the things needed was lost."""
    if not needs:
        return Finding(
            cause="unknown", why="No turn of the conversation is known to hold the answer."
        )
    if isinstance(seen.record, MemoryRecord):
        record = seen.record
        found = [_by_record(need, prediction, record) for need in needs]
    elif isinstance(seen.record, str):
        return Finding(cause="unknown", why=f"{seen.record[0].upper()}{seen.record[1:]}.")
    elif seen.keeping in ("turns", "everything", "nothing"):
        found = [_by_keeping(need, prediction, seen) for need in needs]
    else:
        found = [_by_passages(need, prediction, seen.passages) for need in needs]
    order = {"never_stored": 0, "unknown": 1, "not_found": 2, "not_used": 3}
    return min(found, key=lambda finding: order[finding.cause])


def _by_record(need: Need, prediction: Prediction, record: MemoryRecord) -> Finding:
    current = [Entry(v.memory, v.text, v.turns) for v in record.current]
    stored = holders(need, current)
    if not stored or (need.by_rare_words and _lost_versions(need, record, current)):
        return _not_kept(need, record, current)
    retrieved = holders(need, _entries_of(prediction, current))
    if not retrieved:
        return Finding(
            cause="not_found",
            stage="retrieval",
            why=f"{_named(stored)} {_says(stored)} it and {_was(stored)} not "
            f"retrieved{_nothing(prediction)}.",
            memories=_names(stored),
            turns=need.turns,
        )
    return Finding(
        cause="not_used",
        stage="generation",
        why=f"{_named(retrieved)} {_says(retrieved)} it and {_was(retrieved)} retrieved.",
        memories=_names(retrieved),
        turns=need.turns,
    )


def _not_kept(need: Need, record: MemoryRecord, current: Sequence[Entry]) -> Finding:
    """Return whether the memory lost it in the update, or never got it from the extraction."""
    direct = [entry for entry in current if entry.turns & frozenset(need.turns)]
    missing = need.missing_in([entry.text for entry in direct if need.is_about(entry.text)])
    if lost := _lost_versions(need, record, current):
        last = lost[-1]
        how = "deleted" if last.ended == "DELETE" else "overwritten"
        by = f" when {', '.join(last.ended_by)} was read" if last.ended_by else ""
        return Finding(
            cause="never_stored",
            stage="update",
            why=f"Memory {last.memory} said it until it was {how}{by}.",
            memories=(last.memory,),
            turns=need.turns,
            missing=missing,
        )
    if record.facts is None:
        return Finding(
            cause="never_stored",
            why="No memory ever said it; the record doesn't say whether it was extracted.",
            memories=_names(direct),
            turns=need.turns,
            missing=missing,
        )
    facts = [Entry("", fact, kept.turns) for kept in record.facts for fact in kept.facts]
    if dropped := holders(need, facts):
        return Finding(
            cause="never_stored",
            stage="update",
            why=f"The fact {_quoted(dropped[0].text)} was extracted and never became a memory.",
            turns=need.turns,
            missing=missing,
        )
    return Finding(
        cause="never_stored",
        stage="extraction",
        why=f"No fact extracted from {', '.join(need.turns)} says it.",
        memories=_names(direct),
        turns=need.turns,
        missing=missing,
    )


def _lost_versions(need: Need, record: MemoryRecord, current: Sequence[Entry]) -> list[Version]:
    """Return the texts of memories that said it and were deleted or overwritten, oldest first.

    What has to be inferred from a turn by its rarer words may be in any fact from that turn: then
    it is a text of which the memory no longer has the half.
    """
    ended = [(Entry(v.memory, v.text, v.turns), v) for v in record.versions if v.ended is not None]
    lost = holders(need, [entry for entry, _ in ended])
    if need.by_rare_words:
        kept = frozenset[str]().union(
            *(terms_of(e.text) for e in current if e.turns & frozenset(need.turns))
        )
        lost = [
            e for e in lost if 2 * len(found_terms(terms_of(e.text), kept)) < len(terms_of(e.text))
        ]
    return [version for entry, version in ended if entry in lost]


def _by_keeping(need: Need, prediction: Prediction, seen: Seen) -> Finding:
    if seen.keeping == "nothing":
        return Finding(cause="never_stored", why="The system remembers nothing.", turns=need.turns)
    if seen.keeping == "everything":
        return Finding(
            cause="not_used",
            stage="generation",
            why="The system sends the whole conversation with every question.",
            turns=need.turns,
        )
    found = _retrieved_turns(need, prediction, seen.passages)
    if found:
        return Finding(
            cause="not_used",
            stage="generation",
            why=f"{', '.join(found)} {'was' if len(found) == 1 else 'were'} retrieved.",
            turns=found,
        )
    return Finding(
        cause="not_found",
        stage="retrieval",
        why=f"The system keeps every turn, and {', '.join(need.turns)} "
        f"{'was' if len(need.turns) == 1 else 'were'} not retrieved{_nothing(prediction)}.",
        turns=need.turns,
    )


def _by_passages(need: Need, prediction: Prediction, passages: Passages) -> Finding:
    held = holders(need, _entries_of(prediction, ()))
    if held or _retrieved_turns(need, prediction, passages):
        return Finding(
            cause="not_used",
            stage="generation",
            why="A retrieved passage says it.",
            turns=need.turns,
        )
    every = list(passages.seen.values())
    if holders(need, [Entry("", hit.text, turns_of(hit)) for hit in every]) or passages.holding(
        need.turns, every
    ):
        return Finding(
            cause="not_found",
            stage="retrieval",
            why="A passage that says it was retrieved for another question, not for this one.",
            turns=need.turns,
        )
    if not every:
        why = "The system keeps no record of its memory and gives no passages."
    else:
        why = (
            "The system keeps no record of its memory, and no passage says it: it was either never "
            "stored or not found."
        )
    return Finding(cause="unknown", why=why, turns=need.turns)


def _retrieved_turns(need: Need, prediction: Prediction, passages: Passages) -> tuple[str, ...]:
    """Return the turns of the evidence that were retrieved word for word."""
    held = passages.holding(need.turns, prediction.retrieved)
    return tuple(turn for turn in need.turns if turn in held)


def _entries_of(prediction: Prediction, current: Sequence[Entry]) -> list[Entry]:
    """Return the retrieved passages, with the ids and turns of the memories that they are."""
    known = {plain(entry.text): entry for entry in current}
    entries = []
    for hit in prediction.retrieved:
        memory = known.get(plain(hit.text))
        turns = turns_of(hit) | (memory.turns if memory else frozenset())
        entries.append(Entry(memory.name if memory else "", hit.text, turns))
    return entries


def _quoted(text: str) -> str:
    shown = text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"
    return f'"{shown}"'


def _names(entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.name for entry in entries if entry.name))


def _named(entries: Sequence[Entry]) -> str:
    names = _names(entries)
    return ", ".join(names) if names else "A passage"


def _says(entries: Sequence[Entry]) -> str:
    return "say" if len(_names(entries)) > 1 else "says"


def _was(entries: Sequence[Entry]) -> str:
    return "were" if len(_names(entries)) > 1 else "was"


def _nothing(prediction: Prediction) -> str:
    return "" if prediction.retrieved else ", as nothing was"
