"""A turn as systems receive it."""

from __future__ import annotations

from datetime import datetime

from locomo_vqa.system import ShownImage, ShownTurn

NOW = datetime(2023, 5, 8)


def turn(number: int, text: str, caption: str | None = None) -> ShownTurn:
    """Return a turn of Ada's; an image has a caption only."""
    image = ShownImage(path=None, media_type=None, caption=caption)
    return ShownTurn(
        id=f"D1:{number}",
        session=1,
        time=NOW,
        speaker="Ada",
        role="user",
        text=text,
        images=(image,) if caption else (),
    )
