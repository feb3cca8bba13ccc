"""Reads what was retrieved for each question, from files of rankings or of answers.

A ranking is a list of ids of turns or sessions, best first; of objects with such an id; of pairs of
id and score; an object from id to score; or a text with ids in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from locomo_vqa.runs import Hit

from .fields import plain_keys, shown
from .keys import EVIDENCE_KEYS, RANKING_KEYS, snake
from .raw_rows import RawRow

__all__ = ["find_ranking_key", "hits_in", "is_traced", "ranking_rows"]

_MOST = 10_000
_DEPTH = 3
_ID_KEYS = (
    *("turn", "turn_id", "dia_id", "dialog_id", "dialogue_id", "doc_id", "docid", "document_id"),
    *("corpus_id", "passage_id", "chunk_id", "memory_id", "source_id", "source", "ref", "id"),
    *("name", "key", "session_id", "session", "session_number"),
)
_LIST_KEYS = ("turns", "turn_ids", "dia_ids", "source_ids", "sources", "sessions", "session_ids")
_TEXT_KEYS = ("text", "content", "passage", "memory", "page_content", "fact", "document")
_INNER = ("metadata", "meta", "payload")

_TURN = re.compile(r"(?:(.{0,80})[^A-Za-z0-9])?D:?0*([1-9]\d{0,5})[:_-]0*([1-9]\d{0,5})", re.I)
_SESSION = re.compile(r"(?:(.{0,80})[^A-Za-z0-9])?(?:session|sess|s|d)[ _-]?0*([1-9]\d{0,5})", re.I)
_NUMBER = re.compile(r"[1-9]\d{0,5}")
_BETWEEN = re.compile(r"[\s,;|\[\]()'\"]+")


def find_ranking_key(rows: Sequence[RawRow]) -> str | None:
    """Return the key of the rows' rankings; None if no usual key holds an id in any row."""
    named: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.fields.items():
            if _is_ranking_name(snake(name)) and value:
                named.setdefault(name, []).append(value)
    ordered = sorted(named, key=lambda name: _priority(snake(name)))
    return next((n for n in ordered if any(is_traced(hits_in(v, n)) for v in named[n])), None)


def is_traced(hits: Collection[Hit]) -> bool:
    """Return whether any passage names something that looks like a turn or a session."""
    return any(hit.sessions or any(_TURN.fullmatch(t) for t in _turns(hit)) for hit in hits)


def hits_in(
    value: Any, key: str = "", *, conversation: str = "", others: Collection[str] = ()
) -> tuple[Hit, ...]:
    """Return a ranking as passages.

    Args:
        value: what a file has.
        key: its key there; numbers under one that names sessions are sessions.
        conversation: the conversation of the question.
        others: the conversations of the benchmark; an id that begins with a different one from the
            question's names none of its turns.
    """
    numbers = "session" in snake(key)
    strange = {name.casefold() for name in others} - {conversation.casefold()}
    found = (_hit(each, strange, numbers) for each in _items(value, _DEPTH))
    return tuple(hit for _, hit in zip(range(_MOST), found, strict=False))


def ranking_rows(
    document: Sequence[tuple[str, Any]], known: Collection[str]
) -> list[tuple[str, Any]]:
    """Return an object from question id to ranking as rows; anything else unchanged."""
    if len(document) != 1 or not isinstance(document[0][1], dict) or not document[0][1]:
        return list(document)
    rankings = document[0][1]
    if not all(isinstance(each, list) or _is_run(each) for each in rankings.values()):
        return list(document)
    if not any(name in known for name in rankings):
        return list(document)
    return [
        (shown(name), {"question_id": name, "retrieved": each}) for name, each in rankings.items()
    ]


def _is_ranking_name(name: str) -> bool:
    return name in RANKING_KEYS or name in EVIDENCE_KEYS or _priority(name) < len(RANKING_KEYS)


def _priority(name: str) -> int:
    if name in RANKING_KEYS:
        return RANKING_KEYS.index(name)
    if name.endswith(("_context", "_contexts", "_retrieved", "_retrieved_ids", "_context_ids")):
        return len(RANKING_KEYS) - 1
    return len(RANKING_KEYS)


def _is_run(value: Any) -> bool:
    """Return whether a value is an object from id to score."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value.values())
    )


def _items(value: Any, depth: int) -> Iterator[Any]:
    if isinstance(value, str):
        parts = [part for part in _BETWEEN.split(value[:100_000]) if part]
        yield from parts if parts and all(map(_TURN.fullmatch, parts)) else [value]
    elif isinstance(value, Mapping) and _is_run(value):
        yield from sorted(value, key=lambda name: -value[name])
    elif isinstance(value, Mapping):
        inner = [v for name, v in value.items() if _is_ranking_name(snake(name))]
        yield from _items(inner[0], depth - 1) if inner and depth else [value]
    elif isinstance(value, list):
        for each in value:
            yield from _items(each, 0) if isinstance(each, str) else [each]
    elif value is not None:
        yield value


def _hit(value: Any, strange: Collection[str], numbers: bool) -> Hit:
    """Return one passage of a ranking."""
    if isinstance(value, Mapping):
        return _hit_of_object(value, strange, numbers)
    if isinstance(value, list) and value:
        value = value[0]  # A pair of id and score.
    turn, session = _read_id(value, strange, numbers)
    if session is not None:
        return Hit(text="", sessions=(session,))
    if turn is None and isinstance(value, str):
        return Hit(text=value) if " " in value.strip() else Hit(text="", turn=value[:200] or None)
    return Hit(text="", turn=turn)


def _hit_of_object(value: Mapping[str, Any], strange: Collection[str], numbers: bool) -> Hit:
    plain = plain_keys(value)
    for name in _INNER:
        if isinstance(inner := plain.get(name), Mapping):
            plain = {**plain_keys(inner), **plain}
    text = next((plain[n] for n in _TEXT_KEYS if isinstance(plain.get(n), str)), "")
    turns: dict[str, None] = {}
    sessions: dict[int, None] = {}
    named = [(n, plain.get(n)) for n in _ID_KEYS]
    named += [(n, each) for n in _LIST_KEYS for each in _listed(plain.get(n))]
    for name, each in named:
        turn, session = _read_id(each, strange, numbers or "session" in name)
        if turn is not None:
            turns[turn] = None
        elif session is not None:
            sessions[session] = None
    own = next((plain[n] for n in _ID_KEYS if isinstance(plain.get(n), str)), None)
    if not turns and not sessions:
        return Hit(text=text, turn=own[:200] if own and not text else None)
    first, *rest = turns or [None]
    return Hit(
        text=text,
        turn=first,
        turns=tuple(turns) if rest else (),
        sessions=() if turns else tuple(sessions),
    )


def _listed(value: Any) -> Sequence[Any]:
    return value[:_MOST] if isinstance(value, list) else [value]


def _read_id(value: Any, strange: Collection[str], numbers: bool) -> tuple[str | None, int | None]:
    """Return the turn or the session that an id names; an id of a strange conversation stays."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (None, value) if numbers and 0 < value < 1_000_000 else (None, None)
    if not isinstance(value, str):
        return None, None
    text = value.strip()
    if found := _TURN.fullmatch(text):
        before = (found[1] or "").casefold()
        return text if before in strange else f"D{found[2]}:{found[3]}", None
    if found := _SESSION.fullmatch(text):
        before = (found[1] or "").casefold()
        return (text, None) if before in strange else (None, int(found[2]))
    return (None, int(text)) if numbers and _NUMBER.fullmatch(text) else (None, None)


def _turns(hit: Hit) -> Sequence[str]:
    return (*((hit.turn,) if hit.turn else ()), *hit.turns)
