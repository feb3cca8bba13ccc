"""The options of commands that train an adapter."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click

from ..distilling.lora_settings import LoraSettings

__all__ = ["lora_options"]

_DEFAULT = LoraSettings()
_COUNT = click.IntRange(min=1, max=1_000_000)


def lora_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the training options to a command, which gets them as the argument `lora`."""

    @functools.wraps(command)
    def collect(*args: Any, **others: Any) -> Any:
        named = {field.name for field in fields(LoraSettings)}
        given = {name: others.pop(name) for name in list(others) if name in named}
        return command(*args, lora=LoraSettings(**given), **others)

    for option in reversed(_OPTIONS):
        collect = option(collect)
    return collect


def _option(name: str, kind: click.ParamType[Any], help: str) -> Callable[..., Any]:
    default = getattr(_DEFAULT, name.replace("-", "_"))
    return click.option(f"--{name}", type=kind, default=default, show_default=True, help=help)


_OPTIONS = (
    _option("rank", _COUNT, "Set the LoRA's rank."),
    _option("alpha", _COUNT, "Scale the LoRA by alpha / rank."),
    _option("dropout", click.FloatRange(0, 1, max_open=True), "Set the LoRA's dropout."),
    _option("learning-rate", click.FloatRange(0, 1, min_open=True), "Set AdamW's learning rate."),
    _option("weight-decay", click.FloatRange(0, 1), "Set AdamW's weight decay."),
    _option("epochs", _COUNT, "Train for at most this many epochs."),
    _option("patience", _COUNT, "Stop after this many epochs without a lower validation loss."),
    _option("batch", _COUNT, "Use this many examples per step."),
    _option("at-once", _COUNT, "Use this many examples per forward pass; fewer need less memory."),
    _option("max-tokens", _COUNT, "Skip examples with more tokens; they are counted."),
    _option("seed", click.IntRange(min=0, max=2**31), "Seed initial weights, order, and dropout."),
)
