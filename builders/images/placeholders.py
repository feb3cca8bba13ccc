"""Finds pictures that hosts send in place of what is gone: they are images, but not those wanted.

Some hosts answer every lost address with one picture that says so, or with an empty one, and call
that a success. A question about such a picture would be about nothing in the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote, urlsplit

from locomo_vqa.benchmark import Conversation, ImageRecord

__all__ = ["mark_placeholders", "tells_of_loss"]

LEAST_SIDE = 8
"""The least width and height of an image, in pixels."""

_LOSS = frozenset(
    (
        *("removed", "deleted", "gone", "missing", "expired", "unavailable", "placeholder"),
        *("blank", "error", "notfound", "notavailable", "noimage", "nophoto", "nopicture"),
        *("not", "no", "404", "410"),
    )
)
_OTHER = frozenset(
    (
        *("image", "images", "img", "photo", "picture", "pic", "file", "page", "content", "media"),
        *("this", "has", "been", "is", "found", "available", "longer", "default", "large", "small"),
    )
)
"""Words that the name of such a picture may have besides those of loss."""

_WORDS = re.compile(r"[a-z]+|[A-Z][a-z]*|[0-9]+")


def tells_of_loss(asked: str, answered: str) -> str | None:
    """Return the file name that a redirect led to if only that name says that something is gone.

    It says so if it has words of loss, such as `removed.png` or `image-not-found.jpg`, and no
    others.

    Args:
        asked: the URL that was asked for.
        answered: the URL that the redirects ended at.
    """
    name = _file_name(answered)
    return name if _is_of_loss(name) and not _is_of_loss(_file_name(asked)) else None


def _is_of_loss(name: str) -> bool:
    stem = name.rpartition(".")[0] or name
    words = {word.lower() for word in _WORDS.findall(stem)}
    return bool(words & _LOSS) and words <= _LOSS | _OTHER


def mark_placeholders(
    conversations: Sequence[Conversation], records: Sequence[ImageRecord]
) -> list[ImageRecord]:
    """Return the records, those of placeholders with the state `placeholder` and without an image.

    A placeholder is an image of one colour or of a few pixels, or one image from several unrelated
    addresses: with different file names and with different captions in LoCoMo, which were made from
    the pictures that once were there. Of addresses without captions, it takes three.
    """
    captions = _captions_by_url(conversations)
    repeated = _repeated(records, captions)
    marked = []
    for record in records:
        why = _why(record, repeated)
        marked.append(_without_image(record, why) if why else record)
    return marked


def _why(record: ImageRecord, repeated: Mapping[str, int]) -> str | None:
    """Return why a record's image is a placeholder; None if it is not, or not available."""
    if record.state != "ok" or record.width is None or record.height is None:
        return None
    if min(record.width, record.height) < LEAST_SIDE:
        return f"it has {record.width} × {record.height} pixels"
    if record.phash is None:
        return "it is of one colour, or nearly"
    number = repeated.get(record.sha256 or "")
    return f"{number} unrelated addresses give this one picture" if number else None


def _repeated(
    records: Sequence[ImageRecord], captions: Mapping[str, frozenset[str]]
) -> dict[str, int]:
    """Return the number of addresses of each image, by its hash, that stands for several."""
    urls: dict[str, list[str]] = {}
    for record in records:
        if record.state == "ok" and record.sha256 and record.url and not _is_data(record.url):
            urls.setdefault(record.sha256, []).append(record.url)
    return {
        sha: len(found)
        for sha, found in urls.items()
        if len({_file_name(url) for url in found}) > 1 and _unrelated(found, captions)
    }


def _unrelated(urls: Sequence[str], captions: Mapping[str, frozenset[str]]) -> bool:
    given = [captions[url] for url in urls if captions.get(url)]
    if len(given) < 2:
        return len(urls) > 2
    return not frozenset.intersection(*given)


def _captions_by_url(conversations: Iterable[Conversation]) -> dict[str, frozenset[str]]:
    captions: dict[str, frozenset[str]] = {}
    for conversation in conversations:
        for _, turn in conversation.turns():
            for image in turn.images:
                if image.url and image.caption:
                    caption = " ".join(image.caption.lower().split())
                    captions[image.url] = captions.get(image.url, frozenset()) | {caption}
    return captions


def _without_image(record: ImageRecord, why: str) -> ImageRecord:
    return ImageRecord(url=record.url, state="placeholder", turns=record.turns, detail=why)


def _file_name(url: str) -> str:
    return unquote(urlsplit(url.strip()).path.rstrip("/").rpartition("/")[2])


def _is_data(url: str) -> bool:
    return url[:5].lower() == "data:"
