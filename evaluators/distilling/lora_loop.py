"""Trains for epochs until the loss on the validation examples stops falling."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.progress import ProgressCallback

from .lora_settings import LoraSettings
from .lora_state import TrainingState
from .lora_student import EncodedExample, LoraStudent

__all__ = ["Epoch", "Training", "TrainingProgress"]

_SEED_STEP = 1_000_003


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One epoch; losses are in nats per token of the replies."""

    epoch: int
    """From 1."""
    train_loss: float
    """The mean over the epoch's steps, with dropout."""
    validation_loss: float
    """The loss after the epoch."""


@dataclass(slots=True)
class TrainingProgress:
    """The finished epochs of a training run."""

    before: float
    """The validation loss of the base model alone."""
    epochs: list[Epoch] = field(default_factory=list)
    best: Mapping[str, Any] = field(default_factory=dict)
    """The weights after the best epoch."""

    @property
    def best_epoch(self) -> int:
        """The first epoch with the lowest validation loss; 0 before the first epoch."""
        return min(self.epochs, key=lambda each: each.validation_loss).epoch if self.epochs else 0

    def is_over(self, settings: LoraSettings) -> bool:
        """Return whether the training is complete."""
        done = len(self.epochs)
        return done >= settings.epochs or done - self.best_epoch >= settings.patience


class Training:
    """The loop over epochs."""

    def __init__(
        self,
        student: LoraStudent,
        settings: LoraSettings,
        examples: Sequence[EncodedExample],
        validation: Sequence[EncodedExample],
    ) -> None:
        self.examples, self.validation = examples, validation
        self._torch = import_module("torch")
        self._student = student
        self._settings = settings
        self._optimizer = self._torch.optim.AdamW(
            student.trainable(),
            lr=settings.learning_rate,
            betas=(settings.beta1, settings.beta2),
            weight_decay=settings.weight_decay,
        )

    def run(self, state: TrainingState, report: ProgressCallback) -> TrainingProgress:
        """Train from the last saved state to the end.

        Raises:
            InputError: a loss is not finite.
            OutputError: the state belongs to a different training, or can't be written.
        """
        known = state.read()
        if known is None:
            progress = TrainingProgress(before=_check_finite(self._validation_loss(), 0))
        else:
            progress = TrainingProgress(
                before=known["before"],
                epochs=[Epoch(**epoch) for epoch in known["epochs"]],
                best=known["best"],
            )
            self._student.load(known["weights"])
            self._optimizer.load_state_dict(known["optimizer"])
        while not progress.is_over(self._settings):
            self._epoch(progress, report)
            weights = self._student.weights()
            if progress.best_epoch == len(progress.epochs):
                progress.best = weights
            state.write(
                before=progress.before,
                epochs=[asdict(epoch) for epoch in progress.epochs],
                best=progress.best,
                weights=weights,
                optimizer=self._optimizer.state_dict(),
            )
        return progress

    def _epoch(self, progress: TrainingProgress, report: ProgressCallback) -> None:
        number = len(progress.epochs) + 1
        seed = self._settings.seed + number * _SEED_STEP
        self._torch.manual_seed(seed)
        order = list(self.examples)
        random.Random(seed).shuffle(order)
        steps = list(_batches_of(order, self._settings.batch))
        self._student.model.train()
        total = 0.0
        for done, step in enumerate(steps, 1):
            total += self._step(step)
            report(f"epoch {number}", done, len(steps))
        train = _check_finite(total / sum(each.learned for each in order), number)
        loss = _check_finite(self._validation_loss(), number)
        progress.epochs.append(Epoch(epoch=number, train_loss=train, validation_loss=loss))

    def _step(self, step: Sequence[EncodedExample]) -> float:
        """Update the weights with one batch, and return the sum of its losses."""
        tokens = sum(each.learned for each in step)
        total = 0.0
        self._optimizer.zero_grad()
        for part in _batches_of(step, self._settings.at_once):
            loss = self._student.loss(part)
            (loss / tokens).backward()
            total += loss.item()
        weights = self._student.trainable()
        self._torch.nn.utils.clip_grad_norm_(weights, self._settings.max_norm)
        self._optimizer.step()
        return total

    def _validation_loss(self) -> float:
        self._student.model.eval()
        with self._torch.inference_mode():
            losses = [
                float(self._student.loss(part))
                for part in _batches_of(self.validation, self._settings.at_once)
            ]
        return sum(losses) / sum(each.learned for each in self.validation)


def _batches_of(items: Sequence[EncodedExample], size: int) -> Iterator[Sequence[EncodedExample]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _check_finite(loss: float, epoch: int) -> float:
    if loss - loss != 0.0:
        raise InputError(
            f"The loss of epoch {epoch} is not finite: the training diverged.",
            "Train with a smaller `learning_rate`.",
        )
    return round(loss, 6)
