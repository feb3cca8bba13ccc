"""How an adapter is trained: every number has a name, and stands in training.json.

Source: MemLoRA (arXiv 2512.04763, appendix D.3) for AdamW, the dropout, bf16, next-token loss and
early stopping. Its text names no rank: 16 is what the adapters' sizes in its table 3 fit. The
rest is our choice; docs/systems.md has the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

__all__ = ["TARGETS", "LoraSettings", "Targets"]

Targets = Literal["all-linear", "query-value"]
"""Which layers of the language model get a LoRA:

all-linear    every linear layer but the output's; MemLoRA's choice for answering
query-value   the attention's query and value projections; for extraction and update
"""
TARGETS: tuple[Targets, ...] = get_args(Targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraSettings:
    """The settings of one training."""

    targets: Targets = "all-linear"
    rank: int = 16
    alpha: int = 32
    """The LoRA is scaled by alpha / rank."""
    dropout: float = 0.1
    learning_rate: float = 2e-4
    """The same from the first step to the last."""
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.01
    max_norm: float = 1.0
    """Longer gradients are cut to this length."""
    epochs: int = 10
    """So many at most."""
    patience: int = 2
    """Training ends after so many epochs without a lower loss on the validation examples."""
    batch: int = 8
    """Examples a step."""
    at_once: int = 8
    """Examples in one pass; less needs less memory, and changes nothing but rounding."""
    max_tokens: int = 4096
    """Examples with more tokens, or with more than the model takes, are left out and counted."""
    seed: int = 0

    def to_json(self) -> Mapping[str, Any]:
        """Return every setting."""
        return asdict(self)
