"""Encodes values for a system in another process; `locomo_vqa.worker` decodes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

__all__ = ["encode"]


def encode(value: Any) -> Any:
    """Return a value of the types in `locomo_vqa.system` as JSON.

    Tuples become lists, and other classes objects with the class's name under `$`.
    """
    if isinstance(value, datetime):
        return {"$": "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return {"$": "date", "value": value.isoformat()}
    if isinstance(value, Path):
        return {"$": "Path", "value": str(value)}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        inner = {field.name: encode(getattr(value, field.name)) for field in fields(value)}
        return {"$": type(value).__name__, "fields": inner}
    return value
