"""The optimisers for training: Muon and AdamW, across one or several processes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import distributed, nn

__all__ = ["MATRIX_RATE", "OTHER_RATE", "Learner"]

MATRIX_RATE = 8e-3
"""Muon's learning rate, for the layers' matrices."""

OTHER_RATE = 1.5e-3
"""AdamW's learning rate, for everything else."""


class Learner:
    """Muon for the layers' matrices, which it trains three times as fast; AdamW for the rest."""

    def __init__(
        self,
        parts: Mapping[str, nn.Module],
        *,
        tower: float = 1.0,
        matrix_rate: float = MATRIX_RATE,
        other_rate: float = OTHER_RATE,
    ) -> None:
        """Set up training for named modules; `tower` scales the rates of "vision_tower"."""
        named = [
            (f"{part}.{name}", each)
            for part, module in parts.items()
            for name, each in module.named_parameters()
        ]
        self._parameters = [each for _, each in named]
        matrices: dict[float, list[nn.Parameter]] = {}
        others: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, each in named:
            scale = tower if "vision_tower" in name else 1.0
            if each.ndim == 2 and (".layer" in name or "projector" in name):
                matrices.setdefault(scale, []).append(each)
            else:
                decay = 0.0 if each.ndim < 2 or "embed" in name else 0.02
                others.setdefault((scale, decay), []).append(each)
        self._optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(
                [{"params": each, "rate": matrix_rate * scale} for scale, each in matrices.items()],
                weight_decay=0.02,
                adjust_lr_fn="match_rms_adamw",
            ),
            torch.optim.AdamW(
                [
                    {"params": each, "rate": other_rate * scale, "weight_decay": decay}
                    for (scale, decay), each in others.items()
                ],
                betas=(0.9, 0.98),
            ),
        ]

    def steps(self, count: int, warm: int = 60) -> Iterator[int]:
        """Yield the steps, with learning rates that rise linearly and then fall along a cosine."""
        for step in range(1, count + 1):
            share = 0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * step / count))
            self.set_rates(min(1, step / warm) * share)
            yield step

    def set_rates(self, share: float) -> None:
        """Set every learning rate to a share of its highest."""
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["rate"] * share

    def state_dict(self) -> list[dict[str, Any]]:
        """Return the state of the optimisers, for `load_state_dict`."""
        return [optimizer.state_dict() for optimizer in self._optimizers]

    def load_state_dict(self, states: Sequence[dict[str, Any]]) -> None:
        """Go on from a state that `state_dict` returned."""
        for optimizer, state in zip(self._optimizers, states, strict=True):
            optimizer.load_state_dict(state)

    def learn(self, loss: torch.Tensor) -> None:
        """Take one optimiser step; gradients are averaged over the processes."""
        for optimizer in self._optimizers:
            optimizer.zero_grad()
        loss.backward()
        if distributed.is_initialized():
            _average([each.grad for each in self._parameters if each.grad is not None])
        nn.utils.clip_grad_norm_(self._parameters, 1.0)
        for optimizer in self._optimizers:
            optimizer.step()


def _average(gradients: list[torch.Tensor]) -> None:
    """Replace each gradient by its mean over the processes."""
    flat = torch.cat([each.flatten() for each in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    first = 0
    for each in gradients:
        each.copy_(flat[first : first + each.numel()].view_as(each))
        first += each.numel()
