"""The rank of every turn and session in what a system retrieved for one question.

Places are counted in distinct turns, not in passages, so that a memory from five turns is worth as
much as five passages of one turn each, and a passage that names a whole session gains nothing. A
turn that is named again takes no place. What can't be traced to a turn of the conversation takes
one place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from locomo_vqa.runs import Hit

__all__ = ["RetrievedRanks", "rank_retrieved"]


@dataclass(slots=True, kw_only=True)
class RetrievedRanks:
    """What was retrieved for one question, best first."""

    turns: dict[str, int] = field(default_factory=dict)
    """The rank of each turn of the conversation, from 1."""
    sessions: dict[int, int] = field(default_factory=dict)
    """The rank of each of its sessions, from 1, counted in distinct sessions."""
    passages: int = 0
    """The number of passages."""
    untraced: int = 0
    """The number of passages that name neither a turn nor a session."""
    unknown: tuple[str, ...] = ()
    """The ids that name no turn or session of the conversation, each once."""
    whole: bool = False
    """Whether a passage is the whole conversation, in which nothing is ranked."""


def rank_retrieved(hits: Iterable[Hit], known: Mapping[str, int]) -> RetrievedRanks:
    """Return the ranks of what was retrieved.

    Args:
        hits: the passages, best first.
        known: the session of each turn of the conversation, by the turn's id.
    """
    found = RetrievedRanks()
    unknown: dict[str, None] = {}
    sessions = set(known.values())
    turn_place = session_place = 0
    for hit in hits:
        found.passages += 1
        named = _named(hit)
        if len(named) >= len(known) > 1 and known.keys() <= set(named):
            found.whole = True
            continue
        for turn in named:
            if turn in known and turn not in found.turns:
                turn_place += 1
                found.turns[turn] = turn_place
            elif turn not in known and turn not in unknown:
                turn_place += 1
                unknown[turn] = None
        for session in _sessions(hit, named, known):
            if session in sessions and session not in found.sessions:
                session_place += 1
                found.sessions[session] = session_place
            elif session not in sessions and f"session {session}" not in unknown:
                session_place += 1
                unknown[f"session {session}"] = None
        if not named:
            turn_place += 1
            session_place += not hit.sessions
            found.untraced += not hit.sessions
    found.unknown = tuple(unknown)
    return found


def _named(hit: Hit) -> Collection[str]:
    """Return the turns that a passage names, each once, in order."""
    first = (hit.turn,) if hit.turn else ()
    return dict.fromkeys((*first, *hit.turns)) if hit.turns else first


def _sessions(hit: Hit, named: Iterable[str], known: Mapping[str, int]) -> Collection[int]:
    """Return the sessions of the turns that a passage names, and those that it names itself."""
    listed = [known[turn] for turn in named if turn in known]
    return (*dict.fromkeys(listed), *hit.sessions) if hit.sessions else listed
