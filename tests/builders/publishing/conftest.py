"""The sample, published once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.builders.publishing import (
    ModelFact,
    ProbeFact,
    PublishFacts,
    ReviewFact,
    publish_dataset,
)
from tests.push_server import Hub, local_hub

QUALITY = {
    "sample-01/v/D1:9/detail": {"self_consistent": True, "guessable": False},
    "sample-01/v/D1:9/colour": {"self_consistent": False, "caption_answers": None},
}

FACTS = PublishFacts(
    quality=QUALITY,
    review=ReviewFact(published={"sample-01/v/D1:9/detail": "corrected"}, rejected=4),
    generator=ModelFact(name="Maker-78B", revision="abc123"),
    validator=ModelFact(name="Tester-2B"),
    prompt_sha256="ab" * 32,
    probe=[
        ProbeFact(
            type="colour", n=40, errors=25, error_rate=0.625, low=0.471, high=0.758, selected=True
        ),
        ProbeFact(type="mood", n=0, errors=0, declined=3),
    ],
    losses={"ok": 60, "unavailable": 12},
    removed_images=2,
    recipe='[select]\nkeep = 3\nnote = "```"',
    repository="org/name",
)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as a published folder."""
    return publish_dataset(
        load_benchmark("sample"), tmp_path_factory.mktemp("p") / "published", FACTS
    )


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The server; the client does not wait between its retries, and sends without Xet."""
    with local_hub(monkeypatch) as hub:
        yield hub
