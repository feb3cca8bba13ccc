"""The steps of a row: calls of the library, which the command line shows as commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from locomo_vqa.models.names import hide_credentials

__all__ = ["Call", "Step"]

Call = Literal["import_locomo", "build", "distill_memlora", "run", "score", "efficiency"]
"""The public function that a step calls."""

_FIRST: Mapping[Call, str] = {
    "import_locomo": "source",
    "build": "recipe",
    "distill_memlora": "benchmark",
    "run": "system",
    "score": "source",
    "efficiency": "runs",
}
"""The argument that is given by its position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A call of a public function of the library."""

    call: Call
    """The function's name."""
    arguments: Mapping[str, Any]
    """Its arguments by name; those that have their default are left out."""

    @property
    def first(self) -> str:
        """The argument that is given by its position."""
        return str(self.arguments[_FIRST[self.call]])

    @property
    def named(self) -> dict[str, Any]:
        """The arguments that are given by name."""
        return {k: v for k, v in self.arguments.items() if k != _FIRST[self.call]}

    @property
    def key(self) -> str:
        """What two equal steps have in common."""
        return json.dumps([self.call, self.arguments], sort_keys=True, default=str)

    def to_json(self) -> dict[str, Any]:
        """Return the function's name and its arguments, without credentials."""
        return {"call": self.call, "arguments": _without_credentials(self.arguments)}

    def __repr__(self) -> str:
        shown = [repr(hide_credentials(self.first))]
        shown += [f"{k}={v!r}" for k, v in _without_credentials(self.named).items()]
        return f"lv.{self.call}({', '.join(shown)})"


def _without_credentials(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_credentials(each) for key, each in value.items()}
    return hide_credentials(value) if isinstance(value, str) else value
