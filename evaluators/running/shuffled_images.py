"""Somebody else's picture in the place of each: what `--images shuffled` shows.

An answer that stays right when the picture is another one did not come from the picture.
"""

from __future__ import annotations

from collections.abc import Iterable

from locomo_vqa.benchmark import Benchmark, Conversation
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_text
from locomo_vqa.images import ImageFacts, inspect_image
from locomo_vqa.phash import PHASH_DISTANCE, phash_distance

__all__ = ["ShuffledImages"]


class ShuffledImages:
    """Draws for each picture of a benchmark one of a conversation that does not share it.

    The draw depends on the benchmark's revision and on the picture's hash alone, so that a picture
    is replaced by the same one wherever it is shown, in every run and whatever the order. A
    substitute never has the bytes, or the look, of any picture of the conversations in which the
    replaced one is shared.
    """

    def __init__(self, benchmark: Benchmark) -> None:
        self._benchmark = benchmark
        self._pictures = {c.id: _pictures(c) for c in benchmark.conversations}
        self._looks = {r.sha256: r.phash for r in benchmark.images if r.sha256 and r.phash}
        self._flat: set[str] = set()
        self._drawn: dict[str, str] = {}

    def of(self, sha256: str) -> str:
        """Return the SHA-256 of the picture that is shown in this one's place.

        Raises:
            InputError: no other conversation has a picture that looks different, or a picture's
                file is lost.
        """
        if sha256 not in self._drawn:
            self._drawn[sha256] = self._draw(sha256)
        return self._drawn[sha256]

    def check(self, conversations: Iterable[str]) -> None:
        """Draw for every picture of some conversations.

        Raises:
            InputError: as `of` does.
        """
        for conversation in conversations:
            for sha256 in self._pictures[conversation]:
                self.of(sha256)

    def _draw(self, sha256: str) -> str:
        own = [pictures for pictures in self._pictures.values() if sha256 in pictures]
        near = {picture for pictures in own for picture in pictures}
        far = {picture for pictures in self._pictures.values() for picture in pictures} - near
        order = f"{self._benchmark.revision}/{sha256}/"
        for candidate in sorted(far, key=lambda picture: sha256_text(order + picture)):
            if not any(self._alike(candidate, picture) for picture in near):
                return candidate
        raise InputError(
            f"{self._benchmark.name}: no other conversation has a picture to show in the place of "
            f"{sha256[:12]}.",
            "--images shuffled needs two conversations with different pictures; take a larger "
            "benchmark, or another mode.",
        )

    def _alike(self, first: str, second: str) -> bool:
        """Return whether two pictures look alike; those too flat to tell count as alike."""
        a, b = self._look(first), self._look(second)
        if a is None or b is None:
            return a is b
        return phash_distance(a, b) <= PHASH_DISTANCE

    def _look(self, sha256: str) -> str | None:
        """Return a picture's look hash, computed where the benchmark does not have it."""
        if sha256 not in self._looks and sha256 not in self._flat:
            facts = inspect_image(self._benchmark.read_image(sha256))
            if isinstance(facts, ImageFacts) and facts.phash is not None:
                self._looks[sha256] = facts.phash
            else:
                self._flat.add(sha256)
        return self._looks.get(sha256)


def _pictures(conversation: Conversation) -> dict[str, None]:
    """Return the pictures of a conversation that can be shown, in order."""
    return {
        image.sha256: None
        for _, turn in conversation.turns()
        for image in turn.images
        if image.state == "ok" and image.sha256 is not None
    }
