"""What is known about how a data set was made, for its card; None means not recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import ImageState, QuestionType

__all__ = ["QUALITY_COLUMNS", "ModelFact", "ProbeFact", "PublishFacts"]

QUALITY_COLUMNS: Mapping[str, str] = {
    "self_consistent": "the generator gives the same answer when asked its own question again",
    "guessable": "a model gives the answer without seeing the image",
    "caption_answers": "a model gives the answer from the caption alone",
}
"""The checks of a visual question, each a column of true, false or null (not checked)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFact:
    """A model that took part."""

    name: str
    """Its name, as its publisher writes it."""
    revision: str | None = None
    """The commit or version of its weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFact:
    """How the validator did on one candidate type."""

    type: QuestionType
    n: int
    """Questions that it answered."""
    errors: int
    """Those it answered wrongly."""
    error_rate: float | None = None
    """Their share, 0–1."""
    low: float | None = None
    """Lower end of the share's 95 % interval."""
    high: float | None = None
    """Upper end."""
    declined: int | None = None
    """Images that give no ground for the type, as the generator says."""
    selected: bool = False
    """Whether the data set has this type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishFacts:
    """What the benchmark folder itself does not say."""

    quality: Mapping[str, Mapping[str, bool | None]] | None = None
    """By the visual question's id: the `QUALITY_COLUMNS`; a missing value is published as null."""
    generator: ModelFact | None = None
    """The model that wrote the questions."""
    validator: ModelFact | None = None
    """The model that tried them."""
    prompt_sha256: str | None = None
    """SHA-256 of the generation prompt."""
    probe: Sequence[ProbeFact] | None = None
    """The trial of the candidate types, in the order to show."""
    stability: float | None = None
    """Share of bootstrap samples of the trial's images in which the same types are chosen."""
    remarks: Sequence[str] = ()
    """What a reader should know about the choice, a sentence each."""
    losses: Mapping[ImageState, int] | None = None
    """Images by state; None counts the states in the folder's own `images.jsonl`."""
    removed_images: int | None = None
    """Images taken out because several splits had them."""
    recipe: str | None = None
    """The recipe's text."""
    repository: str | None = None
    """`org/name` on the Hub, for the commands in the card."""
