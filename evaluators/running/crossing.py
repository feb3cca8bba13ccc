"""Tosses the coins of a pixel certificate: in which of its two runs an image is the right one.

In the run in which it isn't, another conversation's image is shown in its place. Whoever doesn't
know the secret can't tell the coins; its hash is in both runs' run.json from the start, so that
the secret can't be chosen afterwards.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Literal

from locomo_vqa.files import sha256_text
from locomo_vqa.runs import VisualMode

__all__ = ["Crossing", "Part", "commitment_of", "new_secret"]

Part = Literal[1, 2]
"""Which of the two runs it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """What is shown in one of a certificate's two runs."""

    secret: str = field(repr=False)
    """64 random hexadecimal digits."""
    visual: VisualMode
    """How visual questions are asked; each way has coins of its own."""
    part: Part
    """Which of the two runs it is."""

    @property
    def commitment(self) -> str:
        """The hash that commits to the secret without telling it."""
        return commitment_of(self.secret)

    def shows_own(self, conversation: str, image: str) -> bool:
        """Return whether this run shows a conversation's image itself, by its SHA-256."""
        digits = sha256_text(f"{self.secret}/coin/{self.visual}/{conversation}/{image}")
        return int(digits[:8], 16) % 2 == self.part - 1

    def seed(self, conversation: str, image: str) -> str:
        """Return what the noise in a copy depends on: no two copies of any run have the same."""
        return f"{self.secret}/noise/{self.visual}/{self.part}/{conversation}/{image}"


def new_secret() -> str:
    """Return a secret that was never used."""
    return secrets.token_hex(32)


def commitment_of(secret: str) -> str:
    """Return the hash that commits to a secret."""
    return sha256_text(f"{secret}/commitment")
