"""V of LoCoMo-VQA for `evaluate.load`; see README.md in this folder."""

from importlib import import_module
from typing import Any

# `evaluate` runs a copy of this file in another folder, where relative imports fail.
_base = import_module("locomo_vqa.evaluators.hf_metrics.base")
_values = import_module("locomo_vqa.evaluators.hf_metrics.values")


class LocomoV(_base.TextMetric):  # type: ignore[misc,name-defined]
    """The percentage of visual questions that are answered with the gold word."""

    name_of_folder = "locomo_v"

    def _compute(self, **given: Any) -> Any:
        return _values.compute_v(**given)
