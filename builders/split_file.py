"""The splits that an import is given: the table [split] of a TOML file, such as a recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from locomo_vqa.benchmark import SPLITS, Split
from locomo_vqa.bounded_reading import read_bounded_text
from locomo_vqa.errors import InputError
from locomo_vqa.schemas import validate
from locomo_vqa.toml_gate import MAX_TOML_BYTES, load_toml

from .split_choice import chosen_splits, read_split

__all__ = ["read_split_file"]

_REMEDY = "docs/data.md says how [split] gives the splits."


def read_split_file(path: Path) -> Callable[[Sequence[str]], Mapping[str, Split]]:
    """Return how a file divides conversations into splits; it may have other tables, too.

    Raises:
        InputError: it can't be read, or has no usable table [split]. What is returned raises it
            for conversations that the table does not fit.
    """
    text = read_bounded_text(path, what="the file of splits", most=MAX_TOML_BYTES)
    try:
        raw = load_toml(text)
    except ValueError as error:
        raise InputError(f"{path}: is not valid TOML ({error}).", "Correct the file.") from None
    if "split" not in raw:
        raise InputError(f"{path}: has no table [split].", _REMEDY)
    validate(raw, "splits", path=path, remedy=_REMEDY)
    fields = read_split(raw["split"], path)
    named = {split: fields[f"split_{split}"] for split in SPLITS}
    return partial(chosen_splits, counts=fields["split_counts"], named=named)
