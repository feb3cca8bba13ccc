"""Facts about how a data set was made, for its card; None means not recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import ImageState, QuestionType

from ..images.shared_rule import SharedRule

__all__ = [
    "QUALITY_COLUMNS",
    "REVIEW_WORDS",
    "ModelFact",
    "ProbeFact",
    "PublishFacts",
    "ReviewFact",
    "VerificationFact",
]

QUALITY_COLUMNS: Mapping[str, str] = {
    "self_consistent": "the generator gives the same answer when asked its own question again",
    "guessable": "a model gives the answer without seeing the image",
    "caption_answers": "a model gives the answer from the caption alone",
    "answers_again": "the verifier gives the answer when asked in other words",
    "premise_holds": "the verifier says that what the question takes for granted is true",
    "answer_holds": "the verifier says that the answer is right, and the only right one",
    "agreed": "the question passed as many of the verifier's checks as the recipe asks for",
}
"""The checks of a visual question; each column is true, false or null (not checked)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFact:
    """A model that was used."""

    name: str
    """Its name, as its publisher spells it."""
    revision: str | None = None
    """The commit or version of its weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFact:
    """The validator's results on one candidate type."""

    type: QuestionType
    n: int
    """The number of questions that it answered."""
    errors: int
    """How many of these it answered wrong."""
    error_rate: float | None = None
    """Their proportion, from 0 to 1."""
    low: float | None = None
    """Lower end of the 95 % interval of `error_rate`."""
    high: float | None = None
    """Upper end."""
    declined: int | None = None
    """The number of images that don't suit the type, according to the generator."""
    selected: bool = False
    """Whether the data set includes this type."""
    agreed_n: int | None = None
    """The number of agreed questions that it answered; None if questions were not verified."""
    agreed_errors: int | None = None
    """How many of these it answered wrong."""
    agreed_rate: float | None = None
    """Their proportion, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationFact:
    """How the questions were verified."""

    verifier: ModelFact
    """The model that checked them."""
    checks: Sequence[str]
    """What it was asked; see `locomo_vqa.builders.questions.checks`."""
    needed: int
    """How many of the checks a question must pass to be agreed."""
    prompts_sha256: str
    """SHA-256 of the prompts."""
    left_out: int | None = None
    """How many questions were left out because they are not agreed; None if all are published."""


REVIEW_WORDS: Mapping[str, str] = {"accept": "accepted", "correct": "corrected"}
"""What the column `review` says of a published question, by the decision about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFact:
    """What people decided about the questions."""

    published: Mapping[str, str]
    """One of `REVIEW_WORDS` by id, for published questions that a person looked at."""
    rejected: int
    """How many questions were rejected, and are not published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishFacts:
    """Facts that the benchmark folder itself does not record."""

    quality: Mapping[str, Mapping[str, bool | None]] | None = None
    """The `QUALITY_COLUMNS` by visual question id; a missing value is published as null."""
    review: ReviewFact | None = None
    """What people decided; None if that was not recorded."""
    generator: ModelFact | None = None
    """The model that wrote the questions."""
    validator: ModelFact | None = None
    """The model that tried to answer them."""
    verification: VerificationFact | None = None
    """How they were verified; None if they were not, or that was not recorded."""
    prompt_sha256: str | None = None
    """SHA-256 of the generation prompt."""
    probe: Sequence[ProbeFact] | None = None
    """The trial of the candidate types, in display order."""
    stability: float | None = None
    """The share of bootstrap samples of the trial's images in which the same types are chosen."""
    remarks: Sequence[str] = ()
    """Remarks on the choice, one sentence each."""
    losses: Mapping[ImageState, int] | None = None
    """Images by state; None counts the states in the folder's own `images.jsonl`."""
    removed_images: int | None = None
    """The number of images removed because several splits shared them."""
    shared_images: SharedRule = "remove-everywhere"
    """What was done with images that several splits shared."""
    recipe: str | None = None
    """The recipe's text."""
    limit: int | None = None
    """In a trial, the most images that questions were written about."""
    repository: str | None = None
    """`org/name` on the Hub, for the commands in the card."""
