"""Replaces each image with one from another conversation, for `images="shuffled"`.

An answer that is still correct with another image did not come from the image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from locomo_vqa.benchmark import Benchmark, Conversation
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_text
from locomo_vqa.images import ImageFacts, inspect_image
from locomo_vqa.phash import PHASH_DISTANCE, phash_distance

__all__ = ["ShuffledImages"]


class ShuffledImages:
    """Draws a replacement for each image of a benchmark, from a conversation that doesn't share it.

    The draw depends only on the benchmark's revision, the image's hash and the seed, if there is
    one, so an image has the same replacement everywhere, in every run and in any order. The
    replacement never has the bytes or the perceptual hash of an image in the conversations that
    share the original.
    """

    def __init__(
        self,
        benchmark: Benchmark,
        *,
        seed: str = "",
        likeness: Callable[[str, str], int] = lambda image, other: 0,
    ) -> None:
        """Prepare the draw, which also depends on `seed`.

        Of the possible replacements, those with the least `likeness` to the image are drawn from.
        """
        self._benchmark = benchmark
        self._seed = seed
        self._likeness = likeness
        self._images = {c.id: _shown_images(c) for c in benchmark.conversations}
        self._hashes = {r.sha256: r.phash for r in benchmark.images if r.sha256 and r.phash}
        self._flat: set[str] = set()
        self._drawn: dict[str, str] = {}

    def replacement(self, sha256: str) -> str:
        """Return the SHA-256 of the image to show instead of this one.

        Raises:
            InputError: no other conversation has an image that looks different, or an image's file
                is missing.
        """
        if sha256 not in self._drawn:
            self._drawn[sha256] = self._draw(sha256)
        return self._drawn[sha256]

    def check(self, conversations: Iterable[str]) -> None:
        """Check that every image in some conversations has a replacement.

        Raises:
            InputError: see `replacement`.
        """
        for conversation in conversations:
            for sha256 in self._images[conversation]:
                self.replacement(sha256)

    def _draw(self, sha256: str) -> str:
        own = [images for images in self._images.values() if sha256 in images]
        near = {image for images in own for image in images}
        far = {image for images in self._images.values() for image in images} - near
        order = f"{self._seed}{self._benchmark.revision}/{sha256}/"
        for candidate in sorted(
            far, key=lambda image: (self._likeness(sha256, image), sha256_text(order + image))
        ):
            if not any(self._look_alike(candidate, image) for image in near):
                return candidate
        raise InputError(
            f"{self._benchmark.name}: no other conversation has an image to show instead of "
            f"{sha256[:12]}.",
            "The mode shuffled needs two conversations with different images; choose another "
            "benchmark, or other `images`.",
        )

    def _look_alike(self, first: str, second: str) -> bool:
        """Return whether two images look alike; images too uniform to hash always do."""
        a, b = self._phash(first), self._phash(second)
        if a is None or b is None:
            return a is b
        return phash_distance(a, b) <= PHASH_DISTANCE

    def _phash(self, sha256: str) -> str | None:
        """Return an image's perceptual hash, computed if the benchmark does not have it."""
        if sha256 not in self._hashes and sha256 not in self._flat:
            facts = inspect_image(self._benchmark.read_image(sha256))
            if isinstance(facts, ImageFacts) and facts.phash is not None:
                self._hashes[sha256] = facts.phash
            else:
                self._flat.add(sha256)
        return self._hashes.get(sha256)


def _shown_images(conversation: Conversation) -> dict[str, None]:
    """Return the images of a conversation that can be shown, in order."""
    return {
        image.sha256: None
        for _, turn in conversation.turns()
        for image in turn.images
        if image.state == "ok" and image.sha256 is not None
    }
