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
    """Add the options to a command, which gets them as the one argument `lora`."""

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
    _option("rank", _COUNT, "The LoRA's rank."),
    _option("alpha", _COUNT, "The LoRA is scaled by alpha / rank."),
    _option("dropout", click.FloatRange(0, 1, max_open=True), "The LoRA's dropout."),
    _option("learning-rate", click.FloatRange(0, 1, min_open=True), "AdamW's learning rate."),
    _option("weight-decay", click.FloatRange(0, 1), "AdamW's weight decay."),
    _option("epochs", _COUNT, "Epochs at most."),
    _option("patience", _COUNT, "Stop after so many epochs without a lower validation loss."),
    _option("batch", _COUNT, "Examples a step."),
    _option("at-once", _COUNT, "Examples in one pass; less needs less memory."),
    _option("max-tokens", _COUNT, "Examples with more tokens are left out, and counted."),
    _option("seed", click.IntRange(min=0, max=2**31), "For the LoRA's start, order and dropout."),
)
