"""Converts turns to passages with the day, the speaker, the text, and image captions."""

from __future__ import annotations

from locomo_vqa.system import Hit, ShownTurn

__all__ = ["passage_of"]


def passage_of(turn: ShownTurn) -> Hit | None:
    """Return a turn as a passage without a score, or None if it has neither text nor captions."""
    shared = [f"[shares a picture: {image.caption}]" for image in turn.images if image.caption]
    said = " ".join([part for part in (turn.text.strip(), *shared) if part])
    if not said:
        return None
    return Hit(text=f"{turn.time.day} {turn.time:%B %Y}, {turn.speaker}: {said}", turn=turn.id)
