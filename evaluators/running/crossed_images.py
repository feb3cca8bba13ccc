"""The images of a conversation in one of a certificate's two runs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, VisualQuestion
from locomo_vqa.errors import OutputError

from .crossing import Crossing
from .plain_copies import COPY_ENDING, plain_pair
from .shuffled_images import ShuffledImages

__all__ = ["CrossedImages"]

_LONG_AGO = 1_000_000_000
"""When every copy was last changed, in seconds since 1970: in September 2001."""


class CrossedImages:
    """Shows a conversation's images, or others in their place, as `crossing` says.

    The copies' names, number, order, dates and sizes are the same whatever the coins say.
    """

    def __init__(
        self,
        benchmark: Benchmark,
        conversation: str,
        crossing: Crossing,
        *,
        copies: Path,
        references: Path,
    ) -> None:
        """Prepare a conversation's images.

        `copies` is the folder for the system, `references` that for whoever answers in its place.
        """
        self._benchmark = benchmark
        self._conversation = conversation
        self._crossing = crossing
        self._folders = (copies, references)
        gold = _answers_by_image(benchmark.visual_questions)
        self._others = ShuffledImages(
            benchmark,
            seed=crossing.secret,
            likeness=lambda a, b: len(gold.get(a, set()) & gold.get(b, set())),
        )
        self._written: dict[str, tuple[Path, Path]] = {}

    def copy(self, sha256: str) -> Path:
        """Return the file that the system is shown for an image of the conversation.

        Raises:
            InputError: an image's file is missing.
            OutputError: the copy can't be written.
        """
        return self._files(sha256)[0]

    def reference(self, sha256: str) -> Path:
        """Return a file with the same bytes in another folder, which the system can't change."""
        return self._files(sha256)[1]

    def _files(self, sha256: str) -> tuple[Path, Path]:
        if sha256 not in self._written:
            data = self._shown(sha256)
            name = f"image-{len(self._written) + 1}.{COPY_ENDING}"
            copy, reference = (folder / name for folder in self._folders)
            for path in (copy, reference):
                _write(path, data)
            self._written[sha256] = (copy, reference)
        return self._written[sha256]

    def _shown(self, sha256: str) -> bytes:
        """Return what is shown for an image; both candidates are made, which takes equally long."""
        read, crossing, name = self._benchmark.read_image, self._crossing, self._conversation
        own, other = plain_pair(
            read(sha256),
            read(self._others.replacement(sha256)),
            crossing.seed(name, sha256),
        )
        return own if crossing.shows_own(name, sha256) else other


def _answers_by_image(questions: Iterable[VisualQuestion]) -> dict[str, set[tuple[str, str]]]:
    answers: dict[str, set[tuple[str, str]]] = {}
    for question in questions:
        gold = (question.type, question.answer.casefold())
        answers.setdefault(question.image, set()).add(gold)
    return answers


def _write(path: Path, data: bytes) -> None:
    try:
        with path.open("xb") as new:  # No link is followed.
            new.write(data)
        os.utime(path, (_LONG_AGO, _LONG_AGO))
    except OSError as error:
        raise OutputError(
            f"{path}: can't be created ({error.strerror}).",
            "Choose a writable folder with enough free space; TMPDIR sets the temporary folder.",
        ) from None
