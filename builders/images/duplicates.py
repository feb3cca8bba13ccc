"""Images that occur in several splits: by URL, by bytes, and by perceptual hash.

Two images are alike when their hashes (`locomo_vqa.phash.perceptual_hash`) differ in at most a
few bits. If two hashes of 64 bits differ in at most t bits and are cut into t + 1 bands, at least
one band is equal; so only images that share a band are compared.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from locomo_vqa.benchmark import SPLITS, ImageRecord, Split
from locomo_vqa.phash import PHASH_DISTANCE

from .shared_rule import SharedRule

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

__all__ = ["PHASH_DISTANCE", "Reason", "SharedImage", "SimilarImage", "find_shared"]

Reason = Literal["url", "bytes", "phash"]
"""Why images are taken to be the same: equal URLs, equal bytes, or similar perceptual hashes."""

_ROWS = 1024
"""How many images at a time are compared with the others of their band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarImage:
    """The most similar image in another split."""

    sha256: str
    """Its bytes' SHA-256."""
    distance: int
    """The number of bits in which the hashes differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedImage:
    """An image that must be removed from every split."""

    sha256: str
    """Its bytes' SHA-256."""
    reasons: tuple[Reason, ...]
    """Every reason that applies."""
    splits: tuple[Split, ...]
    """The splits that it occurs in itself; the image in `similar_to` is in others."""
    places: tuple[str, ...]
    """The turns that share it: `<conversation>/<turn>`."""
    urls: tuple[str, ...]
    """The URL that it came from."""
    similar_to: SimilarImage | None
    """The similar image in another split, if that is a reason."""

    kept: Split | None = None
    """The only split that it stays in; None if it goes from all of them."""

    def to_json(self) -> dict[str, Any]:
        """Return its fields, with `kept` only if it stays in a split."""
        fields = asdict(self)
        if self.kept is None:
            del fields["kept"]
        return fields


@dataclass(slots=True)
class _Image:
    """One distinct file, with one or more URLs."""

    splits: set[Split]
    places: list[str]
    urls: list[str]
    phash: str | None
    url_splits: int = 0
    """The largest number of splits that one of its URLs occurs in."""


def find_shared(
    records: Sequence[ImageRecord],
    splits: Mapping[str, Split],
    *,
    phash_distance: int = PHASH_DISTANCE,
    rule: SharedRule = "remove-everywhere",
) -> list[SharedImage]:
    """Return the images with state `ok` that several splits share, in the order of the records.

    `splits` gives each conversation's split, and `rule` where an image stays. Of two images that
    look alike in different splits, both are returned.
    """
    images = _by_bytes(records, splits)
    names = [sha for sha, image in images.items() if image.phash is not None]
    masks = {sha: sum(map(_bit, p.splits)) for sha, p in images.items()}
    twins, near = _most_similar(names, images, masks, phash_distance)
    found = []
    for sha, image in images.items():
        reasons: list[Reason] = []
        if image.url_splits > 1:
            reasons.append("url")
        if len(image.splits) > 1 and len(image.urls) > 1:
            reasons.append("bytes")
        if sha in twins:
            reasons.append("phash")
        if reasons:
            found.append(
                SharedImage(
                    sha256=sha,
                    reasons=tuple(reasons),
                    splits=tuple(split for split in SPLITS if split in image.splits),
                    places=tuple(image.places),
                    urls=tuple(image.urls),
                    similar_to=twins.get(sha),
                    kept=_kept_split(masks[sha], near.get(sha, 0), rule),
                )
            )
    return found


def _kept_split(own: int, near: int, rule: SharedRule) -> Split | None:
    """Return the split that an image stays in, from the splits of it and of similar images.

    Of the splits that it or a similar image is in, the rule's first one keeps what it has. Then no
    two similar images stay in different splits: each stays only where the other is not before it.
    """
    if rule == "remove-everywhere":
        return None
    order = SPLITS if rule == "keep-first" else tuple(reversed(SPLITS))
    first = next(split for split in order if (own | near) & _bit(split))
    return first if own & _bit(first) else None


def _bit(split: Split) -> int:
    return 1 << SPLITS.index(split)


def _by_bytes(records: Sequence[ImageRecord], splits: Mapping[str, Split]) -> dict[str, _Image]:
    images: dict[str, _Image] = {}
    for record in records:
        if record.state != "ok" or record.sha256 is None:
            continue
        own = {splits[place.partition("/")[0]] for place in record.turns}
        image = images.setdefault(record.sha256, _Image(set(), [], [], record.phash))
        image.splits |= own
        image.places += record.turns
        image.urls.append(record.url or "")
        image.url_splits = max(image.url_splits, len(own))
    return images


def _most_similar(
    names: Sequence[str],
    images: Mapping[str, _Image],
    masks: Mapping[str, int],
    phash_distance: int,
) -> tuple[dict[str, SimilarImage], dict[str, int]]:
    """Return the most similar image of another split, and the splits of all similar ones."""
    import numpy

    hashes = numpy.array([int(images[n].phash or "0", 16) for n in names], dtype=numpy.uint64)
    mask = numpy.array([masks[name] for name in names], dtype=numpy.uint8)
    nearest = numpy.full(len(names), 65, dtype=numpy.uint8)
    twin = numpy.zeros(len(names), dtype=numpy.int64)
    near = numpy.zeros(len(names), dtype=numpy.uint8)
    for group in _groups_by_band(hashes, phash_distance + 1):
        for start in range(0, len(group), _ROWS):
            rows = group[start : start + _ROWS]
            distance = numpy.bitwise_count(hashes[rows][:, None] ^ hashes[group][None, :])
            together = numpy.bitwise_count(mask[rows][:, None] | mask[group][None, :])
            itself = rows[:, None] == group[None, :]
            distance[(together < 2) | itself] = 65
            close = numpy.where(distance <= phash_distance, mask[group][None, :], 0)
            near[rows] |= numpy.bitwise_or.reduce(close, axis=1).astype(numpy.uint8)
            best = distance.argmin(axis=1)
            value = distance[numpy.arange(len(rows)), best]
            better = value < nearest[rows]
            nearest[rows[better]] = value[better]
            twin[rows[better]] = group[best[better]]
    found = {
        name: SimilarImage(sha256=names[twin[i]], distance=int(nearest[i]))
        for i, name in enumerate(names)
        if nearest[i] <= phash_distance
    }
    return found, {name: int(near[i]) for i, name in enumerate(names)}


def _groups_by_band(hashes: NDArray[numpy.uint64], bands: int) -> Iterator[NDArray[numpy.int64]]:
    """Yield the indices of hashes that share a band, for every band and value."""
    import numpy

    edges = [64 * band // bands for band in range(bands + 1)]
    for low, high in itertools.pairwise(edges):
        value = (hashes >> numpy.uint64(low)) & numpy.uint64((1 << (high - low)) - 1)
        order = numpy.argsort(value, kind="stable")
        cuts = numpy.flatnonzero(numpy.diff(value[order])) + 1
        yield from (group for group in numpy.split(order, cuts) if len(group) > 1)
