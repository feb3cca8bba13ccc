"""What several splits share, found by URL, by bytes and by look."""

from __future__ import annotations

import itertools
import random
import time

import pytest

from locomo_vqa.benchmark import SPLITS, ImageRecord, Split
from locomo_vqa.builders.images.duplicates import SimilarImage, find_shared
from locomo_vqa.builders.images.shared_rule import SharedRule
from locomo_vqa.files import sha256_text
from locomo_vqa.phash import phash_distance

CONVERSATIONS: dict[str, Split] = {"a": "train", "b": "train", "v": "validation", "t": "test"}


def record(name: str, phash: str | None, *turns: str, bytes_of: str = "") -> ImageRecord:
    return ImageRecord(
        url=f"https://pictures.example/{name}",
        state="ok",
        sha256=sha256_text(bytes_of or name),
        phash=phash,
        turns=tuple(f"{turn}/D1:{number}" for number, turn in enumerate(turns, 1)),
    )


def h(*bits: int) -> str:
    return f"{sum(1 << bit for bit in bits):016x}"


def test_each_reason() -> None:
    far = [h(*random.Random(n).sample(range(64), 32)) for n in range(10)]
    records = [
        record("one-split", far[0], "a", "b"),
        record("url", far[1], "a", "t"),
        record("bytes-1", far[2], "a", bytes_of="same"),
        record("bytes-2", far[2], "v", bytes_of="same"),
        record("alike-1", h(), "b"),
        record("alike-2", h(1, 20, 63), "t"),
        record("alike-in-one-split-1", h(*range(40)), "a"),
        record("alike-in-one-split-2", h(*range(41)), "b"),
        record("flat-1", None, "a"),
        record("flat-2", None, "t"),
        ImageRecord(url="https://pictures.example/dead", state="unavailable", turns=("a/1", "t/1")),
    ]
    found = find_shared(records, CONVERSATIONS, phash_distance=3)
    assert [(each.reasons, each.splits) for each in found] == [
        (("url",), ("train", "test")),
        (("bytes",), ("train", "validation")),
        (("phash",), ("train",)),
        (("phash",), ("test",)),
    ]
    assert found[1].places == ("a/D1:1", "v/D1:1")
    assert len(found[1].urls) == 2
    assert found[2].similar_to == SimilarImage(sha256=sha256_text("alike-2"), distance=3)
    assert len(find_shared(records, CONVERSATIONS, phash_distance=2)) == 2


@pytest.mark.parametrize("distance", [0, 1, 6, 10])
def test_equals_comparing_all_with_all(distance: int) -> None:
    rng = random.Random(distance)
    centres = [rng.getrandbits(64) for _ in range(30)]
    records, names = [], list(CONVERSATIONS)
    for number in range(400):
        value = rng.choice(centres)
        for bit in rng.sample(range(64), rng.randrange(9)):
            value ^= 1 << bit
        records.append(record(str(number), f"{value:016x}", rng.choice(names)))
    expected = set()
    for one, other in itertools.combinations(records, 2):
        splits = {CONVERSATIONS[each.turns[0][0]] for each in (one, other)}
        if len(splits) > 1 and phash_distance(one.phash or "", other.phash or "") <= distance:
            expected |= {one.sha256, other.sha256}
    found = find_shared(records, CONVERSATIONS, phash_distance=distance)
    assert {each.sha256 for each in found} == expected
    assert expected


@pytest.mark.slow
def test_a_hundred_thousand_images_are_compared_in_seconds() -> None:
    """The bound is loose: comparing all with all in Python would take an hour."""
    rng = random.Random(0)
    names = ("a", "v", "t")
    records = [record(str(n), f"{rng.getrandbits(64):016x}", names[n % 3]) for n in range(100_000)]
    records.append(record("twin", records[0].phash, "v"))
    began = time.process_time()
    found = find_shared(records, CONVERSATIONS)
    assert time.process_time() - began < 30
    assert {records[0].sha256, records[-1].sha256} <= {each.sha256 for each in found}
    assert len(found) < 10
    assert set(found[0].splits) <= set(SPLITS)


@pytest.mark.parametrize("rule", ["keep-first", "keep-last"])
def test_no_two_similar_images_stay_in_different_splits(rule: SharedRule) -> None:
    """By comparing all with all; an image stays if no similar one is before it in the order."""
    rng = random.Random(rule)
    centres = [rng.getrandbits(64) for _ in range(40)]
    records, names = [], list(CONVERSATIONS)
    for number in range(300):
        value = rng.choice(centres)
        for bit in rng.sample(range(64), rng.randrange(6)):
            value ^= 1 << bit
        turns = rng.sample(names, rng.choice([1, 1, 2, 3]))
        records.append(record(str(number), f"{value:016x}", *turns))
    found = {r.sha256: r for r in find_shared(records, CONVERSATIONS, phash_distance=4, rule=rule)}
    order = SPLITS if rule == "keep-first" else SPLITS[::-1]
    own = {r.sha256: {CONVERSATIONS[turn[0]] for turn in r.turns} for r in records}
    stays = {}
    for one in records:
        splits = set(own[one.sha256])
        for other in records:
            if phash_distance(one.phash or "", other.phash or "") <= 4:
                splits |= own[other.sha256]
        first = min(splits, key=order.index)
        if len(splits) > 1:
            kept = first if first in own[one.sha256] else None
            assert found[str(one.sha256)].kept == kept
            stays[one.sha256] = kept
        else:
            assert one.sha256 not in found
            stays[one.sha256] = first
    for one, other in itertools.combinations(records, 2):
        if phash_distance(one.phash or "", other.phash or "") <= 4:
            kept_in = {stays[one.sha256], stays[other.sha256]} - {None}
            assert len(kept_in) <= 1
    assert {each.kept for each in found.values()} >= {None, *order[:2]}
