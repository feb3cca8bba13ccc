"""Removes the images that several splits share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from locomo_vqa.benchmark import Conversation, Image, ImageRecord, VisualQuestion

from .duplicates import PHASH_DISTANCE, SharedImage, find_shared

__all__ = ["SeparatedSplits", "separate_splits", "with_records"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparatedSplits:
    """A benchmark's content without the images that several splits share."""

    conversations: tuple[Conversation, ...]
    """The conversations; removed images have the state `shared_across_splits` and no bytes."""
    images: tuple[ImageRecord, ...]
    """The image records, changed in the same way."""
    visual_questions: tuple[VisualQuestion, ...]
    """The questions whose image was kept."""
    removed: tuple[SharedImage, ...]
    """The removed images, and why they were removed."""


def separate_splits(
    conversations: Sequence[Conversation],
    images: Sequence[ImageRecord],
    visual_questions: Sequence[VisualQuestion],
    *,
    phash_distance: int = PHASH_DISTANCE,
) -> SeparatedSplits:
    """Remove the images that occur in several splits from all of them, as the paper does."""
    splits = {conversation.id: conversation.split for conversation in conversations}
    removed = find_shared(images, splits, phash_distance=phash_distance)
    reasons = {each.sha256: f"in several splits by {', '.join(each.reasons)}" for each in removed}
    records = tuple(_without_image(record, reasons) for record in images)
    return SeparatedSplits(
        conversations=with_records(conversations, records),
        images=records,
        visual_questions=tuple(q for q in visual_questions if q.image not in reasons),
        removed=tuple(removed),
    )


def _without_image(record: ImageRecord, reasons: Mapping[str, str]) -> ImageRecord:
    if record.sha256 is None or record.sha256 not in reasons:
        return record
    return ImageRecord(
        url=record.url,
        state="shared_across_splits",
        turns=record.turns,
        detail=reasons[record.sha256],
    )


def with_records(
    conversations: Sequence[Conversation], records: Collection[ImageRecord]
) -> tuple[Conversation, ...]:
    """Return the conversations with the state and hash that each image's record gives.

    Shared images also lose their URL there; their records keep it.
    """
    by_url = {record.url: record for record in records if record.url is not None}

    def filled(image: Image) -> Image:
        if image.url is None:
            return image
        record = by_url[image.url]
        return replace(
            image,
            url=None if record.state == "shared_across_splits" else image.url,
            state=record.state,
            sha256=record.sha256 if record.state == "ok" else None,
        )

    return tuple(
        replace(
            conversation,
            sessions=tuple(
                replace(
                    session,
                    turns=tuple(
                        replace(turn, images=tuple(map(filled, turn.images)))
                        if turn.images
                        else turn
                        for turn in session.turns
                    ),
                )
                for session in conversation.sessions
            ),
        )
        for conversation in conversations
    )
