"""What the sessions of a conversation are made of: the sizes that its cost grows with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import Conversation

__all__ = ["COLUMNS", "SessionSize", "columns_of", "sizes_of"]

COLUMNS = ("session", "turns", "text", "images", "text so far", "text so far, each turn")
"""What a session's cost may be proportional to. The last two make a conversation's cost grow
faster than its length: a prompt with all that came before, once a session or once a turn."""


@dataclass(frozen=True, slots=True)
class SessionSize:
    """The size of one session."""

    turns: int
    text: int
    """UTF-8 bytes of the turns and captions."""
    images: int


def sizes_of(conversation: Conversation) -> list[SessionSize]:
    """Return the size of each session."""
    return [
        SessionSize(
            turns=len(session.turns),
            text=sum(
                len(text.encode("utf-8", "replace"))
                for turn in session.turns
                for text in (turn.text, *(image.caption or "" for image in turn.images))
            ),
            images=sum(len(turn.images) for turn in session.turns),
        )
        for session in conversation.sessions
    ]


def columns_of(sizes: Sequence[SessionSize]) -> list[tuple[float, ...]]:
    """Return the values of `COLUMNS` for each session of a conversation."""
    rows: list[tuple[float, ...]] = []
    before = 0
    for size in sizes:
        here = before + size.text
        middle = (before + here) / 2
        rows.append((1.0, size.turns, size.text, size.images, here, size.turns * middle))
        before = here
    return rows
