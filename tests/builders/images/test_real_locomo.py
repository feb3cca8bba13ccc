"""LoCoMo's own 862 URLs on a local server, with faults mixed in."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.builders.images.addresses import Addresses
from locomo_vqa.builders.images.duplicates import PHASH_DISTANCE
from locomo_vqa.builders.images.fetch_images import fetch_images
from locomo_vqa.builders.importing import import_locomo
from locomo_vqa.images import ImageFacts, inspect_image
from locomo_vqa.phash import phash_distance

from .conftest import quick
from .drawn import HTML, draw, encode, huge_png, image_bytes
from .image_server import ImageServer, in_turn, reply, serving

FAULTS = {
    0: (reply(404), "unavailable"),
    1: (reply(410), "unavailable"),
    2: (reply(403), "blocked"),
    3: (reply(200, HTML, "Content-Type: image/jpeg"), "not_an_image"),
    4: (reply(200, image_bytes(0, "JPEG")[:400]), "not_an_image"),
    5: (reply(200, huge_png()), "too_large"),
    6: (reply(500), "not_fetched"),
    7: (reply(200, image_bytes(10_000)), "placeholder"),
}
"""By the URL's hash modulo 25; 8 and 9 fail once, 10 looks like the image of another, and 11 is
the same file under the same name elsewhere."""


def number_of(url: str) -> int:
    return int(hashlib.sha256(url.encode()).hexdigest()[:8], 16)


class Rewritten:
    """LoCoMo with every http(s) URL leading to the server, one loopback address a host."""

    def __init__(self, raw: list[dict[str, Any]], server: ImageServer) -> None:
        self.raw = raw
        self.expected: Counter[str] = Counter()
        self._server = server
        self._hosts: dict[str, str] = {}
        self._urls: dict[str, str] = {}
        for sample in raw:
            for session in sample["conversation"].values():
                for turn in session if isinstance(session, list) else ():
                    if "img_url" in turn:
                        turn["img_url"] = [self.url(url) for url in turn["img_url"]]

    def url(self, url: str) -> str:
        if url.startswith("data:"):
            return url
        if url not in self._urls:
            host = re.split("[/?]", url.partition("://")[2])[0]
            number = len(self._hosts) + 1
            address = self._hosts.setdefault(host, f"127.0.{number // 250}.{number % 250 + 1}")
            number, index = number_of(url), len(self._urls)
            path = f"/{index}/kite-{number % 3}.jpg" if number % 25 == 11 else f"/{index}.jpg"
            self._server.routes[path] = self._route(number, index)
            self._urls[url] = self._server.url(path, address)
        return self._urls[url]

    def _route(self, number: int, index: int) -> Any:
        kind = number % 25
        if kind in FAULTS:
            self.expected[FAULTS[kind][1]] += 1
            return FAULTS[kind][0]
        self.expected["ok"] += 1
        good = reply(200, encode(draw(index), "JPEG"))
        if kind in (8, 9):
            return in_turn(reply(503, b"", "Retry-After: 0"), good)
        if kind in (10, 11):
            alike = draw(20_000 + number % 3, (96, 72))
            own = str(index) if kind == 10 else ""  # So that no two files are equal.
            return reply(200, encode(alike, "JPEG", quality=50 + kind, comment=own))
        return good


@pytest.mark.slow
def test_every_url_is_accounted_for_and_splits_share_nothing(
    real_locomo: Path, tmp_path: Path
) -> None:
    with serving("0.0.0.0") as server:
        copy = Rewritten(json.loads(real_locomo.read_text("utf-8")), server)
        (tmp_path / "locomo.json").write_text(json.dumps(copy.raw))
        import_locomo(tmp_path / "locomo.json", out=tmp_path / "source", name="LoCoMo")
        settings = quick(addresses=Addresses(allow_private=True), attempts=2)
        done = fetch_images(tmp_path / "source", out=tmp_path / "out", settings=settings)

    losses = done.losses
    assert losses.urls == 862
    assert sum(losses.by_state.values()) == 862
    lost = ("unavailable", "blocked", "not_an_image", "too_large", "not_fetched", "placeholder")
    for state in lost:
        assert losses.by_state[state] == copy.expected[state], state
    sound = copy.expected["ok"] + 2  # two data: URIs
    assert losses.by_state["ok"] + losses.by_state["shared_across_splits"] == sound
    assert losses.by_state["shared_across_splits"] > 0
    assert sum(row["urls"] for row in losses.reasons) == 862 - losses.by_state["ok"]
    assert sum(row["lost"] for row in losses.by_host) == 862 - losses.by_state["ok"]
    assert {reason for each in losses.removed for reason in each["reasons"]} == {
        "url",
        "bytes",
        "phash",
    }
    check_splits(tmp_path / "out")


def check_splits(folder: Path) -> None:
    """Compare all images of different splits with each other, from the written files."""
    benchmark = load_benchmark(folder)
    urls: dict[str, set[str]] = {}
    hashes: dict[str, set[str]] = {}
    ids: dict[str, set[str]] = {}
    for conversation in benchmark.conversations:
        ids.setdefault(conversation.split, set()).add(conversation.id)
        for _, turn in conversation.turns():
            for image in turn.images:
                if image.state == "ok":
                    assert image.url is not None
                    assert image.sha256 is not None
                    urls.setdefault(conversation.split, set()).add(image.url)
                    hashes.setdefault(conversation.split, set()).add(image.sha256)
    looks = {}
    for name in {name for each in hashes.values() for name in each}:
        facts = inspect_image(benchmark.image_path(name).read_bytes())
        assert isinstance(facts, ImageFacts)
        looks[name] = facts.phash
    for one, other in itertools.combinations(("train", "validation", "test"), 2):
        for by_split in (ids, urls, hashes):
            assert by_split[one]
            assert not by_split[one] & by_split[other]
        for a, b in itertools.product(hashes[one], hashes[other]):
            first, second = looks[a], looks[b]
            assert first is None or second is None or phash_distance(first, second) > PHASH_DISTANCE
