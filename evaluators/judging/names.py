"""The names of judges: a model's, or `rules`."""

from __future__ import annotations

from locomo_vqa.arguments import nearest
from locomo_vqa.errors import InputError
from locomo_vqa.models.names import parse_name

from .rules import RULES

__all__ = ["check_judge"]


def check_judge(name: str) -> None:
    """Check a judge's name.

    Raises:
        InputError: it is neither `rules` nor a model's name.
    """
    if name == RULES:
        return
    try:
        parse_name(name, parameter="judge")
    except InputError as error:
        if nearest(name, [RULES]):
            raise InputError(error.message, f"Did you mean {RULES}?") from None
        remedy = error.remedy.removesuffix(".")
        raise InputError(error.message, f"{remedy}, or {RULES}, which need no model.") from None
