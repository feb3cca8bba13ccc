"""The one table of metrics: what each is called, what its value means, and how it is shown.

How a metric is computed is in `evaluators/metrics/`, in the module of the metric's name. R comes
from what was retrieved (`evaluators/retrieval/`), J
from a judge (`evaluators/judging/`), reported J from the verdicts that a file already carries.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["METRICS", "METRIC_GROUPS", "MetricInfo", "metric_title", "with_groups"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInfo:
    """What every part of the toolkit needs to know about a metric."""

    title: str
    """Its name in tables, figures and sentences."""
    meaning: str
    """What its value says, for a reader who sees it for the first time."""
    scale: float = 1.0
    """The value of a perfect answer: what a mean over questions is multiplied by."""
    lowest: float = 0.0
    """The lowest possible value of an answer; the highest is 1."""
    interval_from: float = 0.0
    """Where the scale of a mean's interval begins; lower values of single answers count as this."""
    questions: Literal["text", "visual"] = "text"
    """The questions that it scores: those about the conversation, or those about an image."""
    overlap: bool = True
    """Whether it compares wording, so that it depends on the length of an answer."""
    proportion: bool = False
    """Whether an answer is either right or wrong, so that the value is a percentage of answers."""
    needs: Literal["nothing", "encoder", "judge", "verdicts", "retrieved", "abstention"] = "nothing"
    """What it needs besides the two texts: a text encoder, a judge model, or a file's verdicts. Of
    `retrieved`, it needs no answer, but what was retrieved for it; of `abstention`, answers to
    questions in which nothing is to be found."""
    contributes: bool = False
    """Whether a question's value is what it contributes to the mean, which may be off the scale."""
    on_board: bool = True
    """Whether the board has it."""


_BY_RULES = "j:judge=rules-"
"""How the signature of a J begins whose judge is `rules`."""

METRICS: dict[str, MetricInfo] = {
    "l": MetricInfo(
        title="L",
        meaning="similarity to the gold answer in wording and meaning: 100 is equal, and answers "
        "without anything in common are near 0",
        scale=100.0,
        lowest=-0.5,
        needs="encoder",
    ),
    "j": MetricInfo(
        title="J",
        meaning="answers that the judge model accepts, in percent",
        scale=100.0,
        overlap=False,
        proportion=True,
        needs="judge",
    ),
    "reported_j": MetricInfo(
        title="reported J",
        meaning="answers that the verdicts in the file itself accept, in percent; not J",
        scale=100.0,
        overlap=False,
        proportion=True,
        needs="verdicts",
    ),
    "v": MetricInfo(
        title="V",
        meaning="visual questions answered with exactly the gold word, in percent",
        scale=100.0,
        questions="visual",
        overlap=False,
        proportion=True,
    ),
    "v_numbers": MetricInfo(
        title="V (numbers)",
        meaning="visual questions answered with the gold word, or with the same number in digits "
        "or as a word, in percent",
        scale=100.0,
        questions="visual",
        overlap=False,
        proportion=True,
        on_board=False,
    ),
    "a": MetricInfo(
        title="A",
        meaning="share declined where nothing is to be found, minus share declined where something "
        "is, in percent: 0 for a system that always declines, and for one that never does",
        scale=100.0,
        lowest=-1.0,
        interval_from=-1.0,
        overlap=False,
        needs="abstention",
        contributes=True,
    ),
    "r_any": MetricInfo(
        title="R@10 any",
        meaning="questions with any of the turns that hold the answer among the first ten "
        "retrieved, in percent",
        scale=100.0,
        overlap=False,
        proportion=True,
        needs="retrieved",
    ),
    "r_complete": MetricInfo(
        title="R@10 complete",
        meaning="questions with all of the turns that hold the answer among the first ten "
        "retrieved, in percent",
        scale=100.0,
        overlap=False,
        proportion=True,
        needs="retrieved",
    ),
    "rouge1": MetricInfo(title="ROUGE-1", meaning="word stems shared with the gold answer, 0 to 1"),
    "meteor": MetricInfo(
        title="METEOR", meaning="words, stems and synonyms shared, in order, 0 to 1"
    ),
    "bertscore": MetricInfo(
        title="BERTScore",
        meaning="similarity of the words in their context, at most 1",
        lowest=-1.0,
        interval_from=-1.0,
        needs="encoder",
    ),
    "sbert": MetricInfo(
        title="SBERT",
        meaning="cosine of the sentence embeddings of answer and gold answer, -1 to 1",
        lowest=-1.0,
        interval_from=-1.0,
        needs="encoder",
    ),
    "f1": MetricInfo(title="F1", meaning="words shared with the gold answer, 0 to 1"),
    "bleu1": MetricInfo(
        title="BLEU-1", meaning="share of the answer's words that are in the gold answer, 0 to 1"
    ),
}
"""Every metric by its name in options and files, in the order of tables.

To add one, add a line here and a module of that name in `evaluators/metrics/`.
"""


METRIC_GROUPS: dict[str, tuple[str, ...]] = {"r": ("r_any", "r_complete")}
"""Metrics that are only shown together, by the name that means all of them.

Of a question whose answer is in several turns, one of them is found easily and all of them seldom:
either number alone misleads.
"""


def with_groups(metrics: Sequence[str] | None) -> Sequence[str] | None:
    """Return names of metrics with each group, or any part of one, replaced by its metrics."""
    if metrics is None or isinstance(metrics, str) or not isinstance(metrics, Collection):
        return metrics  # A wrong argument is refused where names are checked.
    whole = {name: group for group in METRIC_GROUPS.values() for name in group} | METRIC_GROUPS
    named = [whole.get(name, (name,)) if isinstance(name, str) else (name,) for name in metrics]
    return list(dict.fromkeys(each for group in named for each in group))


def metric_title(name: str, signature: str | None = None) -> str:
    """Return a metric's title, or its name if this version doesn't know it.

    With the metric's signature, a J by rules says so: it is not a model's.
    """
    title = METRICS[name].title if name in METRICS else name
    return f"{title} (by rules)" if (signature or "").startswith(_BY_RULES) else title
