"""Checks the options of a run that name the model of one stage of the pipeline."""

from __future__ import annotations

from locomo_vqa.models.names import EXAMPLES, parse_name

__all__ = ["check_stage_model", "is_model_name"]


def is_model_name(value: str) -> bool:
    """Return whether a value is a full model name, not a name on the run's endpoint."""
    return value.partition(":")[0] in EXAMPLES


def check_stage_model(stage: str, value: str, model: str | None) -> None:
    """Check the model named for a stage; `model` is the run's model.

    Raises:
        InputError: it is neither a full model name nor one that the run's endpoint can serve.
    """
    endpoint = model is not None and parse_name(model).scheme == "openai"
    if is_model_name(value) or not endpoint or "://" in value or not value.strip():
        parse_name(value, parameter=stage)
