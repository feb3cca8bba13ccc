"""The model of one stage of the pipeline, as the options of a run name it."""

from __future__ import annotations

from locomo_vqa.models.names import EXAMPLES, parse_name

__all__ = ["check_stage_model", "is_model_name"]


def is_model_name(value: str) -> bool:
    """Return whether a value is a model's whole name, not one that the run's endpoint serves."""
    return value.partition(":")[0] in EXAMPLES


def check_stage_model(stage: str, value: str, model: str | None) -> None:
    """Check the model of a stage in a run with `model`.

    Raises:
        InputError: it is neither a model's name nor one that the run's endpoint can serve.
    """
    endpoint = model is not None and parse_name(model).scheme == "openai"
    if is_model_name(value) or not endpoint or "://" in value or not value.strip():
        parse_name(value, parameter=stage)
