"""Rows of dataclasses, whose expected values are those of `dataclasses.asdict`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from locomo_vqa.plain_rows import plain_row


@dataclass(frozen=True, slots=True)
class Inner:
    text: str
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Outer:
    inner: Inner
    optional: Inner | None
    several: tuple[Inner, ...]
    by_name: dict[str, Any] = field(default_factory=dict)
    listed: list[Any] = field(default_factory=list)
    time: datetime = datetime(2023, 5, 8, 13, 56)


def test_a_row_is_what_asdict_gives() -> None:
    inner = Inner("a", (1, 2))
    item = Outer(inner, None, (inner, Inner("b")), {"x": inner, "y": [inner, 1]}, [{"z": inner}])
    assert plain_row(item) == asdict(item)
    assert list(plain_row(item)) == list(asdict(item))


def test_lists_and_dicts_are_copies() -> None:
    item = Outer(Inner("a"), None, (), {"x": 1}, [1])
    row = plain_row(item)
    row["by_name"]["x"] = 2
    row["listed"].append(2)
    assert (item.by_name, item.listed) == ({"x": 1}, [1])
