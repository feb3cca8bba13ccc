"""Finds the model that a reply says it comes from."""

from __future__ import annotations

import re

from locomo_vqa.json_gate import load_json

__all__ = ["answered_model"]

_MODEL = re.compile(rb'(?<!\\)"model"\s*:\s*("(?:[^"\\]|\\.){1,300}")')
_ENDS = 4096
"""The model is named before or after the content, which may be long."""


def answered_model(reply: bytes | bytearray | None) -> str | None:
    """Return the model that a reply names, which may be more exact than the one that was asked.

    In a string of JSON the quotation marks are escaped, so words of the content are not mistaken
    for it.
    """
    for part in (reply[:_ENDS], reply[-_ENDS:]) if reply else ():
        for found in _MODEL.finditer(part):
            try:
                name = load_json(found[1])
            except ValueError:
                continue
            if isinstance(name, str) and name.isprintable():
                return name
    return None
