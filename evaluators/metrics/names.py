"""How metrics are called on the command line and in tables."""

from __future__ import annotations

from collections.abc import Mapping

from locomo_vqa.errors import InputError

from ..scoring.score import ALL_METRICS

__all__ = ["TITLES", "parse_metric_names"]

TITLES: Mapping[str, str] = {
    "l": "L",
    "j": "J",
    "v": "V",
    "rouge1": "ROUGE-1",
    "meteor": "METEOR",
    "bertscore": "BERTScore",
    "sbert": "SBERT",
    "f1": "F1",
    "bleu1": "BLEU-1",
}
"""Each metric's title in tables and figures."""


def parse_metric_names(metrics: str) -> list[str]:
    """Return the names that the option `--metrics` lists, each once.

    Raises:
        InputError: there is none, or one is unknown.
    """
    names = [name.strip().lower() for name in metrics.split(",") if name.strip()]
    for name in names:
        if name not in ALL_METRICS:
            raise InputError(
                f"--metrics {metrics}: there is no metric {name!r}.",
                f"The metrics are {', '.join(ALL_METRICS)}.",
            )
    if not names:
        raise InputError("--metrics names no metric.", f"Choose of {', '.join(ALL_METRICS)}.")
    return list(dict.fromkeys(names))
