"""How items are cut into batches."""

from __future__ import annotations

import itertools

from locomo_vqa.builders.spreading.batches import batches


def test_items_about_one_image_stay_together() -> None:
    items = ["a1", "a2", "a3", "b1", "c1", "c2", "d1"]
    assert list(batches(items, lambda item: item[0], least=2)) == [
        ["a1", "a2", "a3"],
        ["b1", "c1", "c2"],
        ["d1"],
    ]


def test_nothing_to_ask() -> None:
    assert list(batches([], str, least=2)) == []


def test_items_are_taken_as_they_are_needed() -> None:
    endless = itertools.count()
    first = next(batches(endless, lambda number: str(number // 3), least=4))
    assert first == [0, 1, 2, 3, 4, 5]
    assert next(endless) == 7
