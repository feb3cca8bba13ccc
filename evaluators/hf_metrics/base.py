"""The modules' base class; this file imports `evaluate`, so no command may import it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import evaluate  # type: ignore[import-untyped]
from datasets import Features, Value  # type: ignore[import-untyped]

from .folders import ModuleName, path

__all__ = ["TextMetric"]


class TextMetric(evaluate.Metric):  # type: ignore[misc]
    """A metric of texts; a missing answer is None."""

    name_of_folder: ModuleName
    """The module's folder, which contains the card."""
    inputs: Sequence[str] = ("predictions", "references")
    """The inputs that are given for every question."""

    def _info(self) -> evaluate.MetricInfo:
        card = Path(path(self.name_of_folder), "README.md").read_text(encoding="utf-8")
        return evaluate.MetricInfo(
            description=type(self).__doc__ or "",
            inputs_description=card,
            citation="",
            features=Features({name: Value("string") for name in self.inputs}),
            license="Apache-2.0",
        )

    def _enforce_nested_string_type(self, schema: Any, obj: Any) -> None:
        """Allow the first answer to be missing, like any other."""
        if obj is not None:
            super()._enforce_nested_string_type(schema, obj)
