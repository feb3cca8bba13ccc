"""The training settings of an adapter; training.json records all of them.

AdamW, the dropout, bf16, next-token loss and early stopping are from MemLoRA (arXiv 2512.04763,
appendix D.3). The paper does not state the rank; 16 fits the adapter sizes in its table 3. The
other values are our choice; docs/reference-systems.md lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

__all__ = ["TARGETS", "LoraSettings", "Targets"]

Targets = Literal["all-linear", "query-value"]
"""The layers of the language model that get a LoRA:

all-linear    every linear layer except the output layer; MemLoRA's choice for answering
query-value   the attention's query and value projections; for extraction and update
"""
TARGETS: tuple[Targets, ...] = get_args(Targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraSettings:
    """The settings of one training run."""

    targets: Targets = "all-linear"
    rank: int = 16
    alpha: int = 32
    """The LoRA is scaled by alpha / rank."""
    dropout: float = 0.1
    learning_rate: float = 2e-4
    """The learning rate, constant over all steps."""
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.01
    max_norm: float = 1.0
    """Gradients with a larger norm are clipped to this one."""
    epochs: int = 10
    """The maximum number of epochs."""
    patience: int = 2
    """Training stops after this many epochs without a lower validation loss."""
    batch: int = 8
    """Examples per step."""
    at_once: int = 8
    """Examples per forward pass; fewer need less memory and change only rounding."""
    max_tokens: int = 4096
    """Examples longer than this, or than the model's context, are skipped and counted."""
    seed: int = 0

    def to_json(self) -> Mapping[str, Any]:
        """Return all settings."""
        return asdict(self)
