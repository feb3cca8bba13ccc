"""What an entry states about training on the benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..checklist import Checklist

__all__ = ["check_training"]


def check_training(checks: Checklist, metadata: Mapping[str, Any]) -> None:
    """Check that an entry states whether its system was trained on the benchmark, and on what.

    Only the statement is checked: no file shows what a model was trained on.
    """
    disclosure = metadata["disclosure"]
    trained, on = disclosure["trained_on_locomo"], disclosure.get("training_split")
    if on is not None and trained is not True:
        checks.failed(
            "training",
            f"metadata.yaml: disclosure.training_split is {on!r}, but trained_on_locomo is not "
            "true.",
        )
    if trained is None:
        checks.flagged("training", "It is not stated whether the system was trained on LoCoMo.")
    elif trained and on is None:
        checks.flagged("training", "Trained on LoCoMo; it is not stated on which conversations.")
    said = {
        None: "Stated: not trained on LoCoMo.",
        "train": "Stated: trained on the train and validation splits.",
        "leave-one-out": "Stated: each conversation was asked of a system trained on the others.",
        "all": "Stated: trained on all conversations.",
    }
    checks.passed("training", said[on])
