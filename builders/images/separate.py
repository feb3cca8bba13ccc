"""Removes the images that several splits share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from locomo_vqa.benchmark import Conversation, Image, ImageRecord, Split, VisualQuestion

from .duplicates import PHASH_DISTANCE, SharedImage, find_shared
from .shared_rule import SharedRule

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
    rule: SharedRule = "remove-everywhere",
) -> SeparatedSplits:
    """Remove the images that occur in several splits from all of them, or from all but one."""
    splits = {conversation.id: conversation.split for conversation in conversations}
    removed = find_shared(images, splits, phash_distance=phash_distance, rule=rule)
    shared = {each.sha256: each for each in removed}
    records = tuple(part for record in images for part in _parts(record, shared, splits))
    return SeparatedSplits(
        conversations=with_records(conversations, records),
        images=records,
        visual_questions=tuple(
            q for q in visual_questions if q.image not in shared or shared[q.image].kept == q.split
        ),
        removed=tuple(removed),
    )


def _parts(
    record: ImageRecord, shared: Mapping[str, SharedImage], splits: Mapping[str, Split]
) -> list[ImageRecord]:
    """Return an image's record: unchanged, without the image, or one of each for its turns."""
    found = shared.get(record.sha256) if record.sha256 is not None else None
    if found is None:
        return [record]
    stays = [place for place in record.turns if splits[place.partition("/")[0]] == found.kept]
    goes = tuple(place for place in record.turns if place not in stays)
    parts = [replace(record, turns=tuple(stays))] if stays else []
    if goes:
        detail = f"in several splits by {', '.join(found.reasons)}"
        gone = ImageRecord(url=record.url, state="shared_across_splits", turns=goes, detail=detail)
        parts.append(gone)
    return parts


def with_records(
    conversations: Sequence[Conversation], records: Collection[ImageRecord]
) -> tuple[Conversation, ...]:
    """Return the conversations with the state and hash that each image's record gives.

    Shared images also lose their URL there; their records keep it.
    """
    by_url = {record.url: record for record in records if record.url is not None}
    by_place = {(each.url, place): each for each in records for place in each.turns}

    def filled(image: Image, place: str) -> Image:
        if image.url is None:
            return image
        record = by_place.get((image.url, place), by_url[image.url])
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
                        replace(
                            turn,
                            images=tuple(
                                filled(image, f"{conversation.id}/{turn.id}")
                                for image in turn.images
                            ),
                        )
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
